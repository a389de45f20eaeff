"""`sluice plan`: what a file, or a past run under other limits, would do.

`command` is the verb. `look` and `history` read what the cluster shows (`known`). `prepare` makes of that and the file
what `core.whatif.plan` simulates. `text`, `facts`, `markdown` and `as_json` say what came of it (`planned`).
"""
