"""`sluice lint FILE...`: exit code 0 without faults (warnings are allowed), 1 with faults, 2 on wrong usage."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from sluice.cli.lint.check import Report, Source, check
from sluice.cli.lint.source import Finding, read_json, read_yaml
from sluice.cli.printable import printable

_SUFFIXES = {".yaml", ".yml", ".json"}


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
    report = check(map(_source, _expand(files)), chart_has_image=default_image)
    for file, findings in report.findings.items():
        for finding in findings:
            path = f"{finding.path}: " if finding.path else ""
            click.echo(printable(f"{file}:{finding.line}: {path}{finding.message}"))
        for warning in report.warnings[file]:
            click.echo(printable(f"{file}:{warning.line}: {warning.path}: warning: {warning.message}"))
    click.echo(printable(_summary(report)), err=True)
    sys.exit(1 if any(report.findings.values()) else 0)


def _expand(files: Iterable[str]) -> Iterator[str]:
    """Each file once; a directory's manifests are sorted by path."""
    seen = set()
    for name in files:
        path = Path(name)
        expanded = sorted(map(str, _manifests(path))) if name != "-" and path.is_dir() else [name]
        for file in expanded:
            if file not in seen:
                seen.add(file)
                yield file


def _manifests(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if path.suffix in _SUFFIXES and path.is_file() and not hidden:
            yield path


def _source(name: str) -> Source:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise click.UsageError(printable(f"{name}: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Source(_display_name(name), [Finding(line, "", "this is not UTF-8 text")])
    read = read_json if name.endswith(".json") else read_yaml
    return Source(_display_name(name), list(read(text)))


def _display_name(name: str) -> str:
    return "<stdin>" if name == "-" else name


def _summary(report: Report) -> str:
    faulty = {file: findings for file, findings in report.findings.items() if findings}
    if faulty:
        summary = f"{_count(sum(map(len, faulty.values())), 'fault')} in {_count(len(faulty), 'file')}"
    elif report.checked:
        *others, last = [_count(count, kind) for kind, count in sorted(report.checked.items())]
        kinds = " and ".join(filter(None, (", ".join(others), last)))
        summary = f"{kinds} {'is' if report.checked.total() == 1 else 'are'} fine"
    else:
        summary = "there is no Workflow in these files"
    if report.ignored:
        summary += f" (passed over: {', '.join(f'{count} {kind}' for kind, count in sorted(report.ignored.items()))})"
    return summary


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
