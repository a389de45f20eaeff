"""Names for shell completion. Whatever goes wrong, there are none, within two seconds.

@click.argument("run", shell_complete=complete.runs)
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from sluice.client.access import Access
from sluice.client.names import newest_first, parse
from sluice.client.resources import RUNS, WORKFLOWS
from sluice.core.base.errors import SluiceError

if TYPE_CHECKING:
    from sluice.client.api import Client

_PATIENCE_S = 2.0


def workflows(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Of the namespace."""
    return _items(_asked(context, _workflows), incomplete)


def workflows_or_files(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Workflows, or the files of the shell where no Workflow begins so."""
    return _items(_asked(context, _workflows), incomplete) or [CompletionItem(incomplete, type="file")]


def runs_or_files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Runs and Workflows, or the files of the shell where none begins so."""
    return runs(context, parameter, incomplete) or [CompletionItem(incomplete, type="file")]


def runs(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Runs and Workflows; after a slash the tasks."""
    target, slash, _rest = incomplete.rpartition("/")
    if slash and target not in ("run", "workflow"):
        tasks = _asked(context, lambda client: _tasks(client, target))
        return _items([f"{target}/{task}" for task in tasks], incomplete)
    return _items(_asked(context, _runs), incomplete)


def tasks(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The tasks of the run that stands before."""
    named = context.params.get("run")
    return _items(_asked(context, lambda client: _tasks(client, named or "")), incomplete)


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _asked(context: click.Context, ask: Callable[["Client"], Awaitable[list[str]]]) -> list[str]:
    from sluice.client.api import Client  # noqa: PLC0415  # not for --help

    said = context.params
    access = Access(said.get("kubeconfig"), said.get("context"), said.get("namespace"), said.get("as_user"))

    async def connected() -> list[str]:
        async with asyncio.timeout(_PATIENCE_S), await Client.connect(access) as client:
            return await ask(client)

    try:
        return asyncio.run(connected())
    except (SluiceError, TimeoutError):
        return []


async def _workflows(client: "Client") -> list[str]:
    return [row.name for row in await client.table(WORKFLOWS)]


async def _runs(client: "Client") -> list[str]:
    rows = await client.table(RUNS)
    workflows = dict.fromkeys(row.cell("Workflow") for row in rows)
    return [*workflows, *(row.name for row in newest_first(rows))]


async def _tasks(client: "Client", named: str) -> list[str]:
    from sluice.client import find, graphs  # noqa: PLC0415  # not for --help

    run = await find.run(client, parse(named))
    graph = await graphs.graph_of_run(client, run)
    return [task["name"] for task in graph["tasks"]] if graph else list(run.get("status", {}).get("tasks") or ())
