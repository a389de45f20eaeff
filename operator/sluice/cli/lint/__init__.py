"""`sluice lint`: every fault in some manifests at once, each with its line.

source    text -> documents: their values, and the line of each value
check     documents -> findings
pools     Workflow and Pools -> warnings about claims that cannot be met
command   files -> documents; findings -> the terminal
"""
