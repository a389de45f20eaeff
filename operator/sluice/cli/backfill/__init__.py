"""`sluice backfill`: runs of a Workflow for a range of past times. `count` says how many there will be."""
