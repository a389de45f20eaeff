"""Argo Workflows' kinds as Workflows of ours. Start reading at `translate.py`."""
