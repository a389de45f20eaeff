"""`sluice import argo FILE|DIR...`: workflows of Argo's as Workflows of ours."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sluice.cli.import_.output import deliver, options
from sluice.cli.printable import printable

if TYPE_CHECKING:
    from sluice.importers.argo.translate import ArgoFile

_SUFFIXES = (".yaml", ".yml", ".json")


@click.command("argo")
@click.argument("files", nargs=-1, required=True, metavar="FILE|DIR...")
@click.option("--each", is_flag=True, help="Make a Workflow of each template that no entrypoint names.")
@options
def command(files: tuple[str, ...], output: Path | None, *, each: bool, check: bool, verbose: bool) -> None:
    """Make Workflows of Argo's.

    Takes Workflow, WorkflowTemplate, ClusterWorkflowTemplate and CronWorkflow, all files together, so that they can
    refer to each other. `-` reads standard input; of a folder all YAML and JSON files are read.

    Example: helm template chart | sluice import argo -
    """
    from sluice.importers.argo.translate import translate  # noqa: PLC0415  # not for --help

    deliver(translate(_sources(files), each=each), output, check=check, verbose=verbose)


def _sources(files: tuple[str, ...]) -> Iterator["ArgoFile"]:
    from sluice.importers.argo.translate import ArgoFile  # noqa: PLC0415

    for file in files:
        if file == "-":
            yield ArgoFile("standard input", sys.stdin.read())
            continue
        path = Path(file)
        found = sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES) if path.is_dir() else [path]
        for each in found:
            try:
                yield ArgoFile(str(each), each.read_text(encoding="utf-8"))
            except OSError as error:
                raise click.UsageError(printable(f"{each}: {error.strerror}")) from error
            except UnicodeDecodeError as error:
                raise click.UsageError(printable(f"{each}: is no UTF-8")) from error
