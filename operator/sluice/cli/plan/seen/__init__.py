"""What the cluster shows of a file. `look` reads it into `known`, with the `history` and the runs that are `going`."""
