"""Argo Workflows' kinds as Workflows of ours. Start reading at `translate.py`.

Each wing knows only those above it in this list; import-linter holds the order.

- `documents`: YAML with its lines, texts with tags in them, the templates that documents name
- `expressions`: `{{=…}}`, `when`, `depends`, and what names in them stand for
- `pod`: what one template runs: its program, artifacts, retries and pod fields
- `loops`: `withItems`, `withParam` and `withSequence` as `forEach`
- `graph`: steps, DAGs and hooks as tasks with an order
- `workflow`: a document with its limits, times and locks
"""
