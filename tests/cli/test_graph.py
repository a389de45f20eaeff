"""`sluice graph`: each form against what is expected, small screens, names that are none, and files."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree as ET

import pytest
from aiohttp.web import json_response
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.cli.graph.caption import caption
from sluice.cli.graph.dot import dot
from sluice.cli.graph.look import on_cluster
from sluice.cli.graph.mermaid import mermaid
from sluice.cli.graph.mosaic import cells
from sluice.cli.graph.read import of_run, of_workflow
from sluice.cli.graph.subject import Subject
from sluice.cli.graph.svg import curve, svg
from sluice.cli.graph.term.text import as_text
from sluice.cli.graph.written import as_json
from sluice.cli.main import main
from sluice.cli.terminal import Terminal
from sluice.client.errors import ClientError
from sluice.client.names import BadName, parse
from sluice.core.explain.seen import RunSeen
from sluice.core.graph.layout.draw import lay_out
from sluice.core.graph.layout.names import times
from sluice.core.graph.layout.task import Task
from tests.client.server import serving, status
from tests.core.world import graph

EXAMPLES = sorted(Path("examples").glob("*.yaml")) + sorted(Path("examples/python").glob("*.py"))
HOSTILE = 'a"]\x1b[31m<script>&amp;--> \\ #; end `x` %% \n'


def run(text, *, phase="Running", entries=(), **fields):
    """A run of this graph, 100 s after the epoch; `entries` are what its status says of tasks."""
    found = {
        "metadata": {"name": "etl-1"},
        "spec": {"workflow": "etl"},
        "status": {"phase": phase, "progress": "1/4", "startedAt": at(0), "tasks": dict(entries)},
    }
    return of_run(RunSeen(found, 100, graph=graph(text, **fields)))


def at(second):
    return f"1970-01-01T00:{second // 60:02}:{second % 60:02}Z"


def ended(begin, end, phase="Succeeded", **fields):
    return {"phase": phase, "startedAt": at(begin), "finishedAt": at(end), **fields}


ETL = {
    "extract": ended(0, 8),
    "clean": {
        "phase": "Running",
        "startedAt": at(8),
        "progress": "2/4",
        "items": {"total": 4, "succeeded": "0-1", "running": "2"},
    },
    "audit": ended(8, 10, "Failed", reason="Error"),
    "load": {"phase": "Pending", "reason": "WaitingFor: clean"},
}


GROUPED = {
    "clean": {"forEach": {"items": [1, 2, 3, 4]}, "group": "checks"},
    "audit": {"group": "checks"},
    "x": {"finally": True},
}
TABLE = {"kind": "Table", "columnDefinitions": [], "rows": [], "metadata": {}}
SVG = "{http://www.w3.org/2000/svg}"


def parsed(text):
    return ET.fromstring(text)  # noqa: S314  # we wrote it


def etl():
    return run("extract >> clean, audit >> load", entries=ETL.items(), clean={"forEach": {"items": [1, 2, 3, 4]}})


def drawn(subject, columns=None, rows=None):
    return "\n".join(line.rstrip() for line in as_text(subject, Terminal(columns, rows)))


def shows(subject, expected, **size):
    shows_text(drawn(subject, **size), expected)


def shows_text(found, expected):
    assert found == dedent(expected).strip(), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ["a"]),
        ("a >> b >> c", ["a ──▸ b ──▸ c"]),
        ("a >> b; c >> d", ["a ──▸ b", "c ──▸ d"]),
        (
            "a >> b, c, d >> e",
            [
                "a ─┬──▸ b ─┬──▸ e",
                "   ├──▸ c ─┤",
                "   └──▸ d ─┘",
            ],
        ),
        (
            "a, b, c >> x, y, z",  # each of them to each
            [
                "a ─┬──▸ x",
                "b ─┼──▸ y",
                "c ─┴──▸ z",
            ],
        ),
        (
            "a >> b >> c >> d; a >> x >> d; a >> d",  # the last edge is implied
            [
                "a ─┬──▸ b ──▸ c ─┐",
                "   └──▸ x ───────┴──▸ d",
            ],
        ),
        (
            "a >> y, z; b >> x, z; c >> x, y",  # lines that cross without meeting
            [
                "a ─┬───┬──▸ z",
                "b ─┴─┬─│──▸ x",
                "c ───┴─┴──▸ y",
            ],
        ),
        ("a >> b >> c >> a", ["a ──▸ b ──▸ c", "", "back  c ▸ a"]),  # such a Workflow is refused, and yet is there
    ],
)
def test_lines_on_a_terminal(text, expected):
    found = drawn(of_workflow("etl", graph(text))).splitlines()[2:]
    assert found == expected, "\n".join(found)


def test_a_run_has_signs_times_and_the_longest_way():
    shows(
        etl(),
        """
        etl-1  ● Running 1/4 1m40s

        ✔ extract 8s ━┳━━▸ ● clean[] Running 2/4 1m32s ━┳━━▸ ○ load
                      └──▸ ✖ audit Failed 2s ───────────┘

        ✔ 1 Succeeded  ● 1 Running  ✖ 1 Failed  ○ 1 Waiting
        longest way  1m40s  extract ▸ clean ▸ load
        """,
    )


def test_a_narrow_screen_has_several_bands():
    shows(
        etl(),
        """
        etl-1  ● Running 1/4 1m40s

        ✔ extract 8s ⋯

        ⋯ extract ━┳━━▸ ● clean[] Running 2/4 1…
                   └──▸ ✖ audit Failed 2s ⋯

        ⋯ clean[] ━┳━━▸ ○ load
        ⋯ audit ───┘

        ✔ 1 Succeeded  ● 1 Running  ✖ 1 Failed …
        longest way  1m40s  extract ▸ clean ▸ l…
        """,
        columns=40,
        rows=24,
    )


def test_finally_tasks_come_last_and_durations_make_a_longest_way():
    fields = {"a": {"expectedDuration": "2m"}, "tidy": {"finally": True}, "tell": {"finally": True}}
    shows(
        of_workflow("etl", graph("a, b >> c; tidy >> tell", **fields)),
        """
        etl  5 tasks

        a ━┳━━▸ c
        b ─┘

        finally
        tidy ──▸ tell

        longest way  2m00s  a ▸ c
        """,
    )


def test_on_a_small_screen_tasks_are_folded_until_it_fits():
    text = "start >> " + ", ".join(f"load-{number}" for number in range(60)) + " >> end"
    assert len(drawn(of_workflow("etl", graph(text))).splitlines()) == 62
    shows(
        of_workflow("etl", graph(text)),
        f"""
        etl  62 tasks

        start ──▸ {times("load", 60)} ──▸ end

        60 tasks are folded, fewer off a terminal (| less -S); -o json has all
        """,
        columns=80,
        rows=24,
    )


def test_of_several_tasks_in_a_box_the_states_are_counted():
    names = [f"t{number}" for number in range(6)]
    subject = run(", ".join(names), entries=[(names[0], ended(0, 1)), (names[1], ended(0, 1, "Failed"))])
    (box,) = lay_out(subject.tasks, 2).boxes
    found = caption(subject, box)
    assert (found.state.word, found.words) == ("Failed", "1 Failed, 4 Pending, 1 Succeeded")
    assert [state.word for state in found.items] == ["Succeeded", "Failed", *["Pending"] * 4]


def test_one_failure_among_many_items_is_seen():
    items = {"total": 10_000, "succeeded": "0-7776,7778-8999", "failed": "7777", "running": "9000-9004"}
    entry = {"phase": "Running", "startedAt": at(0), "items": items}
    subject = run("clean", entries=[("clean", entry)], clean={"forEach": {"from": "$(params.files)"}})
    (box,) = lay_out(subject.tasks).boxes
    counts = Counter(state.word for state in cells(caption(subject, box).items, 400))
    assert counts == {"Succeeded": 359, "Failed": 1, "Running": 1, "Waiting": 39}
    assert len(svg(subject, lay_out(subject.tasks, text_lines=2))) < 15_000


def test_colours_only_where_there_are_some():
    subject = etl()
    assert "\x1b" not in "\n".join(as_text(subject, Terminal(80, 24)))
    assert "\x1b[31m" in "\n".join(as_text(subject, Terminal(80, 24, colours=True)))


def test_mermaid():
    shows_text(
        mermaid(run("extract >> clean, audit; x", entries=ETL.items(), **GROUPED)),
        """
        %% etl-1
        flowchart LR
          t0["✔ extract<br/>Succeeded 8s"]
          subgraph g1["checks"]
          direction LR
          t1[["● clean[]<br/>Running 2/4 1m32s"]]
          t2["✖ audit<br/>Failed 2s"]
          end
          subgraph g2["finally"]
          direction LR
          t3["◌ x<br/>Pending"]
          end
          t0 --> t1
          t0 --> t2
          linkStyle 0 stroke-width:4px
          classDef green stroke:#1a7f37,stroke-width:2px
          class t0 green
          classDef cyan stroke:#0969da,stroke-width:2px
          class t1 cyan
          classDef red stroke:#cf222e,stroke-width:2px
          class t2 red
          classDef yellow stroke:#9a6700,stroke-width:2px
          class t3 yellow
        """,
    )


def test_dot():
    subject = run("extract >> clean, audit; x", entries=ETL.items(), **GROUPED)
    shows_text(
        dot(subject, lay_out(subject.tasks)),
        r"""
        digraph "etl-1" {
          label="etl-1  ● Running 1/4 1m40s"; labelloc=t; rankdir=LR;
          node [shape=box, style=rounded, fontname="sans-serif"];
          "extract" [label="✔ extract\nSucceeded 8s", color="#1a7f37"];
          subgraph cluster_1 { label="checks"; labelloc=t; style=dashed;
          "clean" [label="● clean[]\nRunning 2/4 1m32s", color="#0969da", peripheries=2];
          "audit" [label="✖ audit\nFailed 2s", color="#cf222e"];
          }
          subgraph cluster_2 { label="finally"; labelloc=t; style=dashed;
          "x" [label="◌ x\nPending", color="#9a6700"];
          }
          "extract" -> "clean" [penwidth=3];
          "extract" -> "audit";
        }
        """,
    )


def test_svg_is_one_file_with_text_and_signs():
    subject = etl()
    text = svg(subject, lay_out(subject.tasks, text_lines=2))
    root = parsed(text)
    texts = ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert texts == [
        "etl-1  ● Running 1/4 1m40s\nbold: the longest way, 1m40s",
        *("✔ extract", "Succeeded 8s"),
        *("● clean[]", "Running 2/4 1m32s"),
        *("✖ audit", "Failed 2s"),
        *("○ load", "Waiting"),
    ]
    assert "prefers-color-scheme:dark" in text
    assert not {"script", "image", "foreignObject"} & {each.tag.removeprefix(SVG) for each in root.iter()}
    assert "http" not in text.replace(SVG[1:-1], "")  # it loads nothing


def test_svg_makes_the_lines_of_the_longest_way_bold():
    subject = etl()
    picture = lay_out(subject.tasks, text_lines=2)
    root = parsed(svg(subject, picture))
    (bold,) = [group for group in root.iter(f"{SVG}g") if group.get("class") == "bold"]
    drawn = bold.find(f"{SVG}path").get("d")
    assert drawn == "".join(
        curve(piece) for line in picture.lines if "clean" in (line.source, line.target) for piece in line.pieces
    )


def test_json_has_what_programs_need():
    subject = etl()
    found = json.loads(as_json(subject, lay_out(subject.tasks)))
    assert (found["workflow"], found["run"], found["state"], found["tookSeconds"]) == ("etl", "etl-1", "Running", 100)
    assert found["longestWay"] == ["extract", "clean", "load"]
    assert found["tasks"][1] == {
        "name": "clean",
        "dependsOn": ["extract"],
        "group": None,
        "finally": False,
        "forEach": True,
        "expectedSeconds": None,
        "state": "Running",
        "progress": "2/4",
        "tookSeconds": 92,
    }
    assert found["layout"]["edges"] == [
        ["extract", "clean"],
        ["extract", "audit"],
        ["clean", "load"],
        ["audit", "load"],
    ]
    assert {box["key"] for box in found["layout"]["boxes"]} == {"extract", "clean", "audit", "load"}
    assert "state" not in json.loads(as_json(of_workflow("etl", graph("a")), lay_out([Task("a")])))["tasks"][0]


TEXTS = st.one_of(st.just(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=2, max_size=5, unique=True), TEXTS, TEXTS)
def test_whatever_is_written_somewhere_breaks_no_form(names, group, phase):
    definitions = [{"name": name, "group": group, "dependsOn": names[:index]} for index, name in enumerate(names)]
    status = {"phase": phase, "progress": phase, "tasks": {names[0]: {"phase": phase, "progress": phase}}}
    seen = RunSeen({"metadata": {"name": group}, "spec": {}, "status": status}, 100, graph={"tasks": definitions})
    subject = of_run(seen)
    picture = lay_out(subject.tasks, text_lines=2)
    root = parsed(svg(subject, picture))
    assert len(list(root.iter(f"{SVG}text"))) == 1 + 2 * len(names) + len(picture.frames)
    assert not list(root.iter(f"{SVG}script"))
    for line in mermaid(subject).splitlines()[2:]:
        assert re.fullmatch(r'  (t\d+\["[^"`<>]*(<br/>[^"`<>]*)?"\]|subgraph g\d+\["[^"`<>]*"\]|[a-z][^"`<]*)', line)
    for text in (dot(subject, picture), as_json(subject, picture), mermaid(subject), drawn(subject)):
        assert text.replace("\n", "").isprintable()
    assert re.sub(r'"(?:[^"\\]|\\.)*"', "", dot(subject, picture)).count('"') == 0
    assert drawn(subject, 30, 20)


def test_mermaid_draws_no_more_than_github_shows():
    names = [f"{word}-{number}x" for number in range(400) for word in ("load", "clean", "ship")]
    tasks = tuple(Task(name, tuple(names[i // 2 : i // 2 + 5]) if i > 9 else ()) for i, name in enumerate(names))
    text = mermaid(Subject("etl", tasks, {}, frozenset()))
    assert text.count("-->") <= 500
    assert len(text) <= 50_000


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_can_be_drawn(example):
    answer = CliRunner().invoke(main, ["graph", str(example), "-o", "svg"])
    assert answer.exit_code == 0, answer.output
    assert parsed(answer.stdout).tag == f"{SVG}svg"


TWO = """
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: inner}
spec: {tasks: [{name: a, image: x}]}
---
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: outer}
spec: {tasks: [{name: call, workflow: {name: inner}}]}
"""


@pytest.mark.parametrize(
    ("arguments", "text", "code", "words"),
    [
        (["-"], TWO, 0, "outer  1 task"),  # the one that no other calls
        (["-"], TWO, 0, "This is outer; --workflow draws another one of the file: inner"),
        (["-", "--workflow", "inner"], TWO, 0, "inner  1 task"),
        (["-", "--workflow", "iner"], TWO, 2, "no Workflow of this file is called 'iner'; did you mean 'inner'?"),
        (
            ["-"],
            TWO.replace("name: call,", "name: call, dependsOn: [x],"),
            2,
            "<stdin>:10: spec.tasks[0].dependsOn[0]: ",
        ),
        (["-"], "kind: Pod", 2, "there is no Workflow in this file"),
        (["none.yaml"], "", 2, "none.yaml: No such file or directory"),
        (["etl", "--workflow", "inner"], "", 2, "--workflow goes with a FILE; write workflow/inner"),
    ],
)
def test_files(arguments, text, code, words):
    answer = CliRunner().invoke(main, ["graph", *arguments], input=text)
    assert answer.exit_code == code
    assert words in answer.output


def test_the_graph_of_a_file_needs_no_client():
    code = """
import sys
from sluice.cli.main import main
try:
    main(["graph", "examples/31-join.yaml", "-o", "json"])
finally:
    print(*({"aiohttp", "kubernetes", "orjson", "rich"} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


WORKFLOW = {
    "kind": "Workflow",
    "metadata": {"name": "etl", "namespace": "team"},
    "spec": {"tasks": [{"name": "a"}, {"name": "b", "dependsOn": ["a"]}]},
}
RUN = {"kind": "WorkflowRun", "metadata": {"name": "etl-1", "namespace": "team"}, "spec": {"workflow": "etl"}}


async def asked(name, folder):
    """What is drawn where there is a run without a graph, and a Workflow."""

    async def answer(request):
        path = request.path.rpartition("/v1alpha1/namespaces/team/")[2]
        if path in ("workflows/etl", "workflowruns/etl-1"):
            return json_response(WORKFLOW if path == "workflows/etl" else RUN)
        if path in ("workflows", "workflowruns"):
            return json_response(TABLE)
        return status(404, "NotFound", "gone", name=path.rpartition("/")[2])

    async with serving(answer, folder) as client:
        return await on_cluster(client, parse(name))


@pytest.mark.parametrize("name", ["workflow/etl", "etl"])
async def test_a_workflow_on_the_cluster(name, tmp_path):
    subject = await asked(name, tmp_path)
    assert [(task.name, task.depends_on) for task in subject.tasks] == [("a", ()), ("b", ("a",))]


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("etl-1", ClientError, "the graph of etl-1 cannot be read: .* sluice graph workflow/etl"),
        ("other", BadName, "no run or Workflow is called 'other'"),
        ("etl/load", BadName, "a graph is that of a run or a Workflow"),
        ("pool/x", BadName, "a graph is that of a run or a Workflow"),
    ],
)
async def test_what_cannot_be_drawn(name, error, words, tmp_path):
    with pytest.raises(error, match=words):
        await asked(name, tmp_path)
