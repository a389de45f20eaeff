"""`sluice graph`: exit code 0, or 2 if there is nothing to draw."""

from typing import TYPE_CHECKING

import click

from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.cli.run.command import is_file
from sluice.cli.terminal import Terminal
from sluice.client.access import Access
from sluice.client.names import parse

if TYPE_CHECKING:
    from sluice.cli.graph.drawing import Drawing


@click.command("graph", short_help="Draw the graph of a Workflow or of a run.")
@click.argument("what", metavar="[FILE|RUN|WORKFLOW]", default="", shell_complete=complete.runs_or_files)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["term", "svg", "mermaid", "dot", "json"]),
    default="term",
    show_default=True,
    help="For the terminal, a browser, Markdown, Graphviz or programs.",
)
@click.option("--workflow", metavar="NAME", help="Of a FILE with several Workflows.")
@access_options
def command(what: str, output: str, workflow: str | None, access: Access) -> None:
    """Draw the graph of a Workflow, or of a run with the states and times of its tasks.

    A FILE (- is standard input) needs no cluster; one in Python is rendered first. etl is the newest run of the
    Workflow etl, etl~1 the one before, workflow/etl the Workflow itself. Without a name: the newest run of the
    namespace. The longest way is bold where durations are known. Of a large graph, tasks that are alike are folded.

    Example: sluice graph etl -o svg > etl.svg
    """
    from sluice.cli.graph import look  # noqa: PLC0415  # not for --help

    if is_file(what):
        subject = look.in_file(what, workflow)
    elif workflow is not None:
        raise click.UsageError(f"--workflow goes with a FILE; write workflow/{workflow} for the one on the cluster")
    else:
        subject = with_client(access, lambda client: look.on_cluster(client, parse(what)))
    click.echo(_drawn(subject, output), color=True)


def _drawn(subject: "Drawing", output: str) -> str:
    from sluice.cli.graph.dot import dot  # noqa: PLC0415
    from sluice.cli.graph.mermaid import mermaid  # noqa: PLC0415
    from sluice.cli.graph.svg import svg  # noqa: PLC0415
    from sluice.cli.graph.term.text import as_text  # noqa: PLC0415
    from sluice.cli.graph.written import as_json  # noqa: PLC0415
    from sluice.core.graph.layout.draw import lay_out  # noqa: PLC0415

    if output == "term":
        return "\n".join(as_text(subject, Terminal.of_stdout()))
    if output == "mermaid":
        return mermaid(subject)
    picture = lay_out(subject.tasks, text_lines=2 if subject.run else 1)
    match output:
        case "svg":
            return svg(subject, picture)
        case "dot":
            return dot(subject, picture)
        case _:
            return as_json(subject, picture)
