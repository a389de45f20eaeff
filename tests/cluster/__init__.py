"""A real Kubernetes for tests, benchmarks and the demo, from nothing but Python: see README.md."""

from .cluster import Cluster, open_cluster
from .errors import ClusterError

__all__ = ["Cluster", "ClusterError", "open_cluster"]
