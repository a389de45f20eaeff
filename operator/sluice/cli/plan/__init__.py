"""`sluice plan`: what a file, or a past run under other limits, would do.

`command` is the verb. `look`, `history` and `going` read what the cluster shows (`known`). `prepare` and `beside` make
of that and the file what `core.whatif.plan` simulates. `text`, `facts`, `markdown` and `as_json` say what came of it
(`planned`).
"""
