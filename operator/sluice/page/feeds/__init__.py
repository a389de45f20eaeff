"""What goes into a stream: each feed sends what there is, then each change, without end.

latest      the newest state, for a tab that is slower than the cluster
rows        lists: runs, Workflows
run         one run, its graph and its tasks
logs        the logs of a run
run_view    these two, and child runs, for a tab that shows a run
objects     Pools, Backfills
"""
