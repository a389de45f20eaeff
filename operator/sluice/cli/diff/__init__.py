"""`sluice diff`: what differs between two runs."""
