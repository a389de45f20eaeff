"""Lists our clusters, with the health of the local ones."""

from __future__ import annotations

from . import cache
from .local import cluster, plan, teardown


def report() -> str:
    """A line for each cluster that has files in the cache."""
    lines = [_line(directory.name) for directory in sorted(cache.directory("clusters").iterdir()) if directory.is_dir()]
    lines += [f"{directory.name}: in Docker, by kind" for directory in sorted(cache.directory("kind").iterdir())]
    return "\n".join(lines) or "no clusters"


def _line(name: str) -> str:
    found = plan.read(name)
    if found is None:
        return f"{name}: half started or half gone ({len(teardown.remains(name))} traces); up or down puts it right"
    problems = cluster.problems(found)
    place = f"{found.server}, pods {found.subnet} on {found.bridge}" if found.node else f"{found.server}, no real node"
    return f"{name}: {'healthy' if not problems else '; '.join(problems)} ({place}, kubeconfig {found.kubeconfig})"
