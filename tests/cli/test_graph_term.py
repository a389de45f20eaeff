"""`sluice graph` on a terminal: lines, signs, the longest way, and screens that are small."""

from collections import Counter

import pytest

from sluice.cli.graph.caption import caption
from sluice.cli.graph.mosaic import cells
from sluice.cli.graph.read import of_workflow
from sluice.cli.graph.svg import svg
from sluice.cli.graph.term.text import as_text
from sluice.cli.terminal import Terminal
from sluice.core.graph.layout.draw import lay_out
from sluice.core.graph.layout.names import times
from tests.cli.graphs import at, drawn, ended, etl, run, shows
from tests.core.world import graph


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


def test_waits_and_finally_tasks_count_in_the_longest_way_and_joins_take_no_time():
    fields = {
        "a": {"expectedDuration": "10s"},
        "d": {"expectedDuration": "40s"},
        "w": {"wait": {"for": "100s"}},
        "j": {"join": {}},
        "f": {"finally": True, "expectedDuration": "5s"},
    }
    subject = of_workflow("etl", graph("a >> d, w >> j; f", **fields))
    assert (subject.longest_way, subject.longest_way_s) == (("a", "w", "f"), 115)
    assert subject.critical_path == ("a", "w", "j", "f")  # its lines are heavy


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
