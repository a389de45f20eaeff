"""`sluice render FILE.py`: the manifests of the workflows in it. Exit code 0, or 2 with all mistakes."""

from pathlib import Path

import click

from sluice.cli.printable import printable


@click.command("render")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.py")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Instead of standard output.")
def command(file: Path, output: Path | None) -> None:
    """Make manifests of the workflows in a Python file.

    The file is run, as any module that is imported.

    Example: sluice render etl.py | kubectl apply -f -
    """
    text = rendered(file)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(printable(f"{output}: {error.strerror}")) from error


def rendered(file: Path) -> str:
    """As YAML. Raises WorkflowFault with all mistakes."""
    from sluice.importers.report import Imported  # noqa: PLC0415  # not for --help
    from sluice.importers.write import to_yaml  # noqa: PLC0415
    from sluice.sdk.load import render_file  # noqa: PLC0415

    return to_yaml([Imported(manifest) for manifest in render_file(file)])
