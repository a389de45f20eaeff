"""The list of rules names tests and examples that exist."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROWS = [line.strip("|").split("|") for line in (TESTS / "RULES.md").read_text().splitlines() if "::" in line]


@pytest.mark.parametrize(("rule", "test", "examples"), ROWS, ids=[row[0].strip() for row in ROWS])
def test_rule_has_its_test_and_its_examples(rule, test, examples):  # noqa: ARG001  # it names the case
    file, name = re.fullmatch(r" `(\S+)::(\S+)` ", test).groups()
    assert re.search(rf"^(async )?def {name}\(", (TESTS / file).read_text(), re.MULTILINE)
    for number in re.findall(r"\d+", examples):
        assert list((TESTS.parent / "examples").glob(f"{number}-*.yaml"))
