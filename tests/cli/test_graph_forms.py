"""`sluice graph` for other programs: Mermaid, dot, SVG and JSON, whatever stands in names."""

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.cli.graph.dot import dot
from sluice.cli.graph.drawing import Drawing
from sluice.cli.graph.mermaid import mermaid
from sluice.cli.graph.read import of_run, of_workflow
from sluice.cli.graph.svg import curve, svg
from sluice.cli.graph.written import as_json
from sluice.core.explain.seen import RunSeen
from sluice.core.graph.layout.draw import lay_out
from sluice.core.graph.layout.task import LayoutTask
from tests.cli.graphs import ETL, GROUPED, HOSTILE, SVG, drawn, etl, parsed, run, shows_text
from tests.core.world import graph


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
    assert "state" not in json.loads(as_json(of_workflow("etl", graph("a")), lay_out([LayoutTask("a")])))["tasks"][0]


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
    tasks = tuple(LayoutTask(name, tuple(names[i // 2 : i // 2 + 5]) if i > 9 else ()) for i, name in enumerate(names))
    text = mermaid(Drawing("etl", tasks, {}, frozenset()))
    assert text.count("-->") <= 500
    assert len(text) <= 50_000
