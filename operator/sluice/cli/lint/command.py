"""`sluice lint FILE...`: exit code 0 without faults (warnings are allowed), 1 with faults, 2 on wrong usage or where
`--cluster` could not be asked.
"""

import sys
from typing import TYPE_CHECKING

import click

from sluice.cli.cluster import access_options, with_client
from sluice.cli.printable import printable
from sluice.cli.words import counted
from sluice.client.access import Access

if TYPE_CHECKING:
    from sluice.cli.lint.check import Report
    from sluice.client.api import Client


@click.command("lint", short_help="Say everything that is wrong in files.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True), metavar="FILE...")
@click.option(
    "--default-image",
    is_flag=True,
    help="Tasks may go without an image: the operator has one for them (taskDefaults.image of the chart).",
)
@click.option(
    "--cluster",
    "ask",
    is_flag=True,
    help="Ask the cluster whether the operator has such an image. The options below say which cluster.",
)
@access_options
def command(files: tuple[str, ...], access: Access, *, default_image: bool, ask: bool) -> None:
    """Say everything that is wrong with the Workflows, WorkflowRuns and Pools in files.

    A FILE is YAML or JSON, a directory of such files, or - for standard input; one in Python is rendered, for which it
    is run. Objects of other kinds are passed over. A WorkflowRun is checked against its Workflow, and a Workflow
    against its Pools, if they are among the files.

    Example: sluice lint examples/
    """
    from sluice.cli.lint import files as manifests  # noqa: PLC0415  # not for --help
    from sluice.cli.lint.check import check  # noqa: PLC0415

    has_image = default_image or (ask and with_client(access, _has_default_image))
    report = check(map(manifests.read, manifests.expand(files)), chart_has_image=has_image)
    for file, findings in report.findings.items():
        for finding in findings:
            click.echo(printable(f"{file}:{finding}"))
        for warning in report.warnings[file]:
            click.echo(printable(f"{file}:{warning.line}: {warning.path}: warning: {warning.message}"))
    click.echo(printable(_summary(report)), err=True)
    sys.exit(1 if any(report.findings.values()) else 0)


async def _has_default_image(client: "Client") -> bool:
    from sluice.client.defaults import read  # noqa: PLC0415  # not for --help

    defaults = await read(client)
    if defaults is None:
        click.echo("The chart's defaults are unknown here, so tasks need an image of their own.", err=True)
    return defaults is not None and bool(defaults.task_defaults.image)


def _summary(report: "Report") -> str:
    faulty = {file: findings for file, findings in report.findings.items() if findings}
    if faulty:
        summary = f"{counted(sum(map(len, faulty.values())), 'fault')} in {counted(len(faulty), 'file')}"
    elif report.checked:
        *others, last = [counted(count, kind) for kind, count in sorted(report.checked.items())]
        kinds = " and ".join(filter(None, (", ".join(others), last)))
        summary = f"{kinds} {'is' if report.checked.total() == 1 else 'are'} fine"
    else:
        summary = "there is no Workflow in these files"
    if report.ignored:
        summary += f" (passed over: {', '.join(f'{count} {kind}' for kind, count in sorted(report.ignored.items()))})"
    return summary
