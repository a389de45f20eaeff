"""`sluice ui`: a web server and its page, with the rights of whoever started it or, in a cluster, of each visitor.

    serve       the server from its start to its end
    guard       which requests are let in: Host, Origin, who asks; and the headers of every answer
    visitors    whose rights a request has
    sessions    one-time links, and the keys that they are traded for
    assets      the page's own files, and which script may run
    routes      all that can be asked, and nothing else is forwarded to the cluster
    live        the stream of one tab
    channel     its server-sent events, and how many streams there may be
    feeds       what goes into it: lists of runs, one run, logs, Pools, Backfills
    downloads   a log as a file
    look        what is asked once: why, what differs, YAML
    graph       where the tasks of a run are drawn
    timeline    what the time of its tasks went to
    workflow    one Workflow: how its runs went, when it runs next
    plans       what a new run would do, and what a run would have done under other limits
    backfill    one Backfill: how each of its times stands
    actions     what changes something, and the kubectl line that does the same

The script is in `static/script`: start at `main.js`. Its third-party modules are put beside it by `operator/page`.
"""
