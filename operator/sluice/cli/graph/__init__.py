"""`sluice graph`: `look` reads a file, a Workflow or a run; each form in which it is printed is a file of its own."""
