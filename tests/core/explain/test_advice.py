"""Each reason that the code can write has an advice: the list is drawn from the code."""

import ast
from pathlib import Path

import pytest

from sluice import core
from sluice.core.explain.advice import ADVICE, advice, first_word
from sluice.core.pod.create_errors import CreateError
from sluice.core.pod.deadlines import CONTAINER_TROUBLE, IMAGE_TROUBLE
from sluice.core.spec.ending import Ending

ROOT = Path(core.__path__[0])
SOURCES = [
    *(ROOT / wing / name for wing, name in (("status", "reasons.py"), ("status", "kept.py"), ("run", "child_room.py"))),
    *(ROOT / "triggers" / "backfill.py", ROOT.parent / "controller" / "workflow" / "backfill.py"),
    *(ROOT / "quota").glob("*.py"),
]


def words(source):
    """The first words of the texts `Word: ...` in a module."""
    tree = ast.parse(source.read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # such as docstrings
    for node in ast.walk(tree):
        if node in texts:
            continue
        text = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            word, colon, _ = text.value.partition(": ")
            if colon and word.isalpha() and word[0].isupper():
                yield word


WRITTEN = {word for source in SOURCES for word in words(source)}
NAMED = {*Ending, *CreateError, *IMAGE_TROUBLE, *CONTAINER_TROUBLE}


@pytest.mark.parametrize("word", sorted(map(str, WRITTEN | NAMED)))
def test_each_reason_has_an_advice(word):
    assert word in ADVICE


def test_the_list_is_drawn_from_the_code():
    assert {"WaitingFor", "Pool", "PodLimit", "Approval", "Unschedulable", "MaxRuns", "Concurrency"} <= WRITTEN


@pytest.mark.parametrize("word", ADVICE)
def test_commands_have_known_placeholders_and_an_effect(word):
    found = ADVICE[word]
    assert bool(found.command) == bool(found.effect)
    " ".join(found.command).format(run="r", task="t", pod="p")


def test_an_unknown_reason_has_none():
    assert not advice("FromTheFuture: x").words


@pytest.mark.parametrize(
    ("reason", "word"), [("Pool: a 1/1", "Pool"), ("Timeout", "Timeout"), ("Timeout (item 3)", "Timeout"), ("", "")]
)
def test_first_word(reason, word):
    assert first_word(reason) == word
