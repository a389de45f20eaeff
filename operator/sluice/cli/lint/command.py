"""`sluice lint FILE...`: exit code 0 without faults (warnings are allowed), 1 with faults, 2 on wrong usage."""

import sys
from typing import TYPE_CHECKING

import click

from sluice.cli.printable import printable
from sluice.cli.words import counted

if TYPE_CHECKING:
    from sluice.cli.lint.check import Report


@click.command("lint")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True), metavar="FILE...")
@click.option(
    "--default-image",
    is_flag=True,
    help="Tasks may go without an image: the operator has one for them (taskDefaults.image of the chart).",
)
def command(files: tuple[str, ...], *, default_image: bool) -> None:
    """Say everything that is wrong with the Workflows, WorkflowRuns and Pools in files.

    A FILE is YAML or JSON, a directory of such files, or - for standard input. Objects of other kinds are passed
    over. A WorkflowRun is checked against its Workflow, and a Workflow against its Pools, if they are among the files.
    """
    from sluice.cli.lint import files as manifests  # noqa: PLC0415  # not for --help
    from sluice.cli.lint.check import check  # noqa: PLC0415

    report = check(map(manifests.read, manifests.expand(files)), chart_has_image=default_image)
    for file, findings in report.findings.items():
        for finding in findings:
            path = f"{finding.path}: " if finding.path else ""
            click.echo(printable(f"{file}:{finding.line}: {path}{finding.message}"))
        for warning in report.warnings[file]:
            click.echo(printable(f"{file}:{warning.line}: {warning.path}: warning: {warning.message}"))
    click.echo(printable(_summary(report)), err=True)
    sys.exit(1 if any(report.findings.values()) else 0)


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
