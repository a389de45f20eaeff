"""Sluice runs task graphs on Kubernetes: each ready task is started as its own pod."""

__version__ = "0.1.0"
