"""`sluice lint`: everything that is wrong with manifests, at once, each fault with its line.

source    text -> documents: their values, and the line of each value
check     documents -> findings
command   files -> documents; findings -> the terminal
"""
