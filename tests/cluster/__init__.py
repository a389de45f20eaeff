"""A real Kubernetes for tests, benchmarks and the demo; README.md says how. Needs nothing but Python to begin with."""

from .cluster import Cluster, open_cluster
from .errors import ClusterError

__all__ = ["Cluster", "ClusterError", "open_cluster"]
