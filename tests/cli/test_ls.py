"""What `sluice ls` lists, in which order, and how it fits the terminal."""

from datetime import UTC

import pytest

from sluice.cli.ls.live import Changes
from sluice.cli.ls.rows import lines
from sluice.cli.ls.screen import table, when
from sluice.cli.terminal import Terminal
from sluice.client.table import TableRow
from sluice.core.base.ownership import RunRef
from sluice.core.base.times import instant
from tests.core.kubelet import of_child

NOW = instant("2026-03-03T12:00:00Z")
PIPE = Terminal()
CHILD = of_child(RunRef("team", "etl-1", "uid-of-etl-1"))


def run(name, phase, created="2026-03-03T10:00:00Z", finished=None, workflow="etl", **cells):
    metadata = {"name": name, "namespace": "team", "creationTimestamp": created, **cells.pop("metadata", {})}
    times = {"Started At": created if phase else None, "Finished At": finished}
    return TableRow(metadata, {"Workflow": workflow, "Phase": phase, "Progress": "1/3, 1 failed", **times, **cells})


def flow(name, **cells):
    return TableRow({"name": name, "namespace": "team"}, {"Accepted": "True", **cells})


def shown(workflows=(), runs=(), terminal=PIPE, *, children=False, states=(), namespaces=False, wide=False):
    found = lines(workflows, runs, children=children, states=states)
    return list(table(found, NOW, terminal, namespaces=namespaces, wide=wide, zone=UTC))


def names(*arguments, **options):
    words = [line.split() for line in shown(*arguments, **options)[1:]]
    return [workflow if run == "\N{EN DASH}" else run for _, workflow, run, *_ in words]


def test_a_line_for_each_run_and_each_idle_workflow():
    runs = [
        run("b", "Failed", "2026-03-02T12:00:00Z", "2026-03-02T12:09:40Z", Why="load[17]: exit 1\nand more"),
        run("a", "Running", "2026-03-03T11:53:48Z", Why="12 wait for Pool warehouse"),
    ]
    assert shown([flow("etl"), flow("nightly", Next="2026-03-04T03:00:00Z")], runs) == [
        "  WORKFLOW  RUN  STATE                DONE  TIME   STARTED    WHY",
        "● etl       a    Running              1/3   6m12s  11:53      12 wait for Pool warehouse",
        "○ nightly   \N{EN DASH}    next tomorrow 03:00                          in 15h",
        "✖ etl       b    Failed               1/3   9m40s  yesterday  load[17]: exit 1 …",
    ]


def test_what_goes_comes_first_then_what_is_idle_then_what_has_ended_the_newest_first():
    runs = [
        run("old", "Succeeded", "2026-03-01T10:00:00Z"),
        run("new", "Succeeded", "2026-03-02T10:00:00Z"),
        run("going", "Running", "2026-02-01T10:00:00Z"),
        run("waiting", "", "2026-03-03T10:00:00Z"),
        run("child", "Running", metadata=CHILD),
    ]
    assert names([flow("etl"), flow("idle")], runs) == ["waiting", "going", "idle", "new", "old"]
    assert CHILD["name"] in names((), runs, children=True)


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ({}, "○ w \N{EN DASH} Idle kept ✖✔✔✔✔"),
        ({"Suspended": True}, "■ w \N{EN DASH} Suspended kept ✖✔✔✔✔"),
        (
            {"Accepted": "False", "Why": "spec.tasks[0]: no\nmore"},
            "✖ w \N{EN DASH} Refused kept ✖✔✔✔✔ spec.tasks[0]: no …",
        ),
        ({"Next": "2026-03-03T16:30:00Z"}, "○ w \N{EN DASH} next 16:30 kept ✖✔✔✔✔ in 4h"),
    ],
)
def test_an_idle_workflow_says_what_comes_and_how_its_last_five_runs_ended(cells, state):
    ends = ["Failed", "Failed", "Succeeded", "Succeeded", "Succeeded", "Succeeded"]
    runs = [run(f"r{day}", end, f"2026-02-0{day}T00:00:00Z", workflow="w") for day, end in enumerate(ends, 1)]
    assert " ".join(shown([flow("w", **cells)], runs)[1].split()) == state


def test_a_terminal_shows_one_screen_and_says_what_is_left():
    runs = [run(f"r{number}", "Succeeded" if number % 2 else "Failed") for number in range(2000)]
    screen = shown((), runs, Terminal(80, 24))
    assert len(screen) == 23
    assert screen[-1] == "… 1979 more runs: 990 Failed, 989 Succeeded; -o wide shows them all"
    assert len(shown((), runs)) == 2001


def test_no_line_is_wider_than_the_terminal_and_a_pipe_has_it_whole():
    runs = [run("a", "Running", Why="word " * 40)]
    line = shown((), runs, Terminal(80, 24))[1]
    assert (len(line), line[-1]) == (80, "…")
    assert len(shown((), runs)[1]) > 200


def test_a_terminal_has_a_bar_and_colours():
    (_, line) = shown((), [run("a", "Running", Progress="31/60")], Terminal(80, 24, colours=True))
    assert line.startswith("\x1b[36m●\x1b[0m etl")
    assert "31/60 ██▌  " in line


def test_the_cluster_cannot_write_to_the_terminal():
    (_, line) = shown((), [run("a", "Failed", Why="\x1b[2Jgone", workflow="\x9b1m")])
    assert "\\x1b[2Jgone" in line
    assert "\\x9b1m" in line


def test_all_namespaces_and_all_columns():
    heading, line = shown((), [run("a", "Failed", finished="2026-03-03T10:01:00Z")], namespaces=True, wide=True)
    assert heading.split() == ["NAMESPACE", "WORKFLOW", "RUN", "STATE", "DONE", "TIME", "STARTED", "FINISHED", "WHY"]
    times = ["1m00s", "2026-03-03T10:00:00Z", "2026-03-03T10:01:00Z"]
    assert line.split()[1:] == ["team", "etl", "a", "Failed", "1/3", *times]


def test_labels_choose_workflows_with_their_runs_and_runs():
    runs = [run("a", "Running"), run("b", "Running", workflow="other"), run("c", "Running", workflow="other")]
    found = lines([flow("etl"), flow("idle")], runs, [runs[1]])
    assert [line.name for line in found] == ["b", "a", "idle"]  # a by its Workflow, b by its own labels


def test_states_select():
    runs = [run("a", "Failed"), run("b", "Succeeded")]
    assert names([flow("w")], runs, states={"Failed"}) == ["a"]
    assert names([flow("w")], runs, states={"Idle"}) == ["w"]


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("2026-03-03T02:00:00Z", "02:00"),
        ("2026-03-02T02:00:00Z", "yesterday"),
        ("2026-03-04T02:00:00Z", "tomorrow 02:00"),
        ("2026-02-28T02:00:00Z", "Sat 02:00"),
        ("2026-02-20T02:00:00Z", "2026-02-20"),
        (None, ""),
    ],
)
def test_times_are_as_short_as_can_be(time, words):
    assert when(instant(time), NOW, UTC) == words


def test_off_a_terminal_a_watch_has_one_line_a_change():
    changes = Changes()

    def printed(*runs):
        return list(changes.lines(lines((), runs, children=False, states=())))

    assert printed(run("a", "", Progress=None), run("b", "Running")) == ["◌ a Pending", "● b Running 1/3"]
    assert printed(run("a", "", Progress=None), run("b", "Running")) == []
    assert printed(run("a", "Running", Progress="0/3"), run("b", "Succeeded", Progress="3/3", Why="all well")) == [
        "✔ b Succeeded 3/3",
        "● a Running 0/3",
    ]
