"""The answer of `sluice why` as text: harmless, at most as wide as the terminal, with commands to paste."""

import json
import re

import pytest

from sluice.cli.terminal import Terminal
from sluice.cli.why.look import answer
from sluice.cli.why.words import as_json, as_text
from sluice.client.access import Access
from sluice.client.names import parse
from sluice.core.explain.answer import Answer, Command, Fact
from tests.cli.test_plan_look import HELD, OURS, prepared
from tests.client.server import serving

ANSWER = Answer(
    "load[17] of etl-1 has failed.",
    (Fact("says", "\x1b[31mred\nsecond\x7f line"), Fact("in line", "x" * 100)),
    (Command(("sluice", "logs", "etl-1/load[17]"), "shows its log"),),
    ("nodes: whether it would fit",),
)


def test_facts_stand_below_each_other_and_are_harmless():
    assert as_text(ANSWER, Terminal(), Access()) == [
        "load[17] of etl-1 has failed.",
        r"  says      \x1b[31mred",
        r"            second\x7f line",
        f"  in line   {'x' * 100}",
        "  not seen  nodes: whether it would fit",
        "  sluice logs 'etl-1/load[17]'    # shows its log",
    ]


def test_on_a_terminal_facts_are_cut_and_commands_are_not():
    long = as_text(ANSWER, Terminal(columns=20), Access(namespace="team", context="far"))
    assert long[3] == "  in line   xxxxxxx…"
    assert long[-1] == "  sluice logs 'etl-1/load[17]' --context far -n team    # shows its log"


def test_of_a_long_message_the_rest_is_counted():
    long = as_text(Answer("a", (Fact("says", "x\n" * 20),)), Terminal(), Access())
    assert len(long) == 15
    assert long[-1].strip() == "and 7 more lines: -o json has them"


def test_json_has_all_of_it_and_no_control_characters():
    written = as_json(ANSWER)
    assert written.replace("\n", "").isprintable()
    assert json.loads(written) == ANSWER.written()


REPORT = f"{OURS}/workflowruns/report-1"


@pytest.mark.parametrize(
    ("hidden", "words"),
    [
        ("", r"report-1/export for \d+h\d\dm \(it takes 1m00s, by its expectedDuration\)"),
        ("/api/v1/namespaces/team/pods", "report-1/export \\(it takes 1m00s, by its expectedDuration\\)"),
        (REPORT, "report-1/export"),
    ],
)
async def test_who_holds_a_pool_is_told_as_far_as_it_may_be_read(hidden, words, tmp_path):
    (pool,) = HELD[f"{OURS}/pools"]["items"]
    answers = HELD | {f"{OURS}/pools/warehouse": pool} | ({hidden: "pods"} if hidden else {})
    async with serving(prepared(answers), tmp_path) as client:
        found = await answer(client, parse("pool/warehouse"))
    (held_by,) = [line.text for line in found.lines if line.label == "held by"]
    assert re.fullmatch(words, held_by)
