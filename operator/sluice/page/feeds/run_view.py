"""What a tab that shows a run gets: the run, child runs that are drawn in its graph, and logs.

Loaded when a tab shows one, as `looks` is.
"""

from asyncio import TaskGroup

from multidict import MultiMapping

from sluice.cli.logs.selection import Selection
from sluice.client.api import Client
from sluice.page.channel import Channel
from sluice.page.feeds.logs import feed_logs
from sluice.page.feeds.run import feed_child, feed_run
from sluice.page.graph import MOST_CHILDREN

_MAX_DIGITS = 9


def feed_run_view(channel: Channel, client: Client, query: MultiMapping[str], group: TaskGroup) -> None:
    """`query` is that of the stream's address."""
    name = query.get("name", "")
    feed_run(channel, client, name, group)
    for path, child in _children(query.get("inside", "")):
        feed_child(channel, client, path, child, group)
    if "logs" in query:
        feed_logs(channel, client, name, selection(query["logs"], query.get("item", "")), group)


def _children(inside: str) -> list[tuple[str, str]]:
    """Of each child run that is shown the task that called it, and its name: a line each, `load=etl-1-load-1-x`."""
    lines = inside.splitlines()[:MOST_CHILDREN]
    return [(path, name) for path, equals, name in (line.partition("=") for line in lines) if equals and name]


def selection(task: str, item: str) -> Selection:
    """Whose logs; '' is all."""
    items = frozenset({int(item)}) if item.isascii() and item.isdigit() and len(item) <= _MAX_DIGITS else None
    return Selection(frozenset({task} - {""}), items)
