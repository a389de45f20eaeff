"""What all verbs share that change something: `--dry-run`, `-o`, and the kubectl line that does the same.

@write_options
def command(access: Access, writing: Writing) -> None: ...

changed = await writing.patch(client, RUNS, name, {"spec": {"state": "Stopped"}})
changed.say(f"{name}: stopping")
"""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from sluice.cli import objects
from sluice.cli.printable import printable
from sluice.client.access import Access
from sluice.client.resources import Resource
from sluice.core import Json

if TYPE_CHECKING:
    from sluice.client.api import Client


@dataclass(frozen=True, slots=True)
class Applied:
    """One object as it is after a write, or would be after a dry run. `line` is the kubectl line of that."""

    resource: Resource
    found: Json
    line: str
    dry_run: bool
    output: str | None

    @property
    def name(self) -> str:
        return str(self.found["metadata"]["name"])

    def say(self, words: str, *, progress: bool = False) -> None:
        """Prints the words, or the object as `-o` asks; after a dry run also the line. `progress`: one of several."""
        if progress and self.output is not None:
            return
        if self.output == "name":
            click.echo(objects.reference(self.resource, self.name))
        elif self.output is not None:
            click.echo(objects.written(self.found, self.output))
        else:
            lines = "\n".join(map(printable, words.splitlines()))
            click.echo(lines + (" (dry run)" if self.dry_run else ""))
        if self.dry_run and self.output is None:
            click.echo(self.line)


@dataclass(frozen=True, slots=True)
class Writing:
    """How to write: what the flags say."""

    access: Access
    dry_run: bool
    output: str | None

    async def patch(self, client: "Client", resource: Resource, name: str, change: Json) -> Applied:
        """By a merge patch."""
        found = await client.patch(resource, name, change, dry_run=self.dry_run)
        line = self._kubectl(client, "patch", resource.full_name, name, "--type=merge", "-p", _compact(change))
        return Applied(resource, found, line, self.dry_run, self.output)

    async def create(self, client: "Client", resource: Resource, manifest: Json) -> Applied:
        found = await client.create(resource, manifest, dry_run=self.dry_run)
        line = f"echo {shlex.quote(_compact(manifest))} | {self._kubectl(client, 'create', '-f', '-')}"
        return Applied(resource, found, line, self.dry_run, self.output)

    async def apply(self, client: "Client", resource: Resource, manifest: Json, file: str) -> Applied:
        """By server-side apply. `file` is where the manifest stands."""
        found = await client.apply(resource, manifest, dry_run=self.dry_run)
        line = self._kubectl(client, "apply", "--server-side", "-f", file)
        return Applied(resource, found, line, self.dry_run, self.output)

    def _kubectl(self, client: "Client", *arguments: str) -> str:
        flags = replace(self.access, namespace=client.namespace).flags()
        return shlex.join(["kubectl", *flags, *arguments])


def write_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--dry-run` and `-o`. The command gets them as `writing`, and must have `access_options` as well, above."""

    @wraps(command)
    def with_writing(*, access: Access, dry_run: bool, output: str | None, **rest: Any) -> Any:
        return command(access=access, writing=Writing(access, dry_run, output), **rest)

    with_writing = click.option(
        "-o", "--output", type=click.Choice(objects.OUTPUTS), help="Print the changed object for programs."
    )(with_writing)
    return click.option(
        "--dry-run", is_flag=True, help="Change nothing; show what would be done, and the kubectl line that does it."
    )(with_writing)


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
