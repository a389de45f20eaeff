"""`sluice plan`: what a file, or a past run under other limits, would do.

`command` is the verb, `known` what the cluster shows, `prepare` makes of both what `core.whatif.plan` simulates, and
`text`, `markdown` and `json` say what came of it.
"""
