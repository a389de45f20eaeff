import pytest

from sluice.importers.report import Imported, Loss, Remark, Result


def result(*losses, refused=()):
    tasks = [{"name": name} for name in "abcd"]
    manifest = {"metadata": {"name": "etl"}, "spec": {"tasks": tasks}}
    return Result([Imported(manifest, losses)], [Remark("etl.py", 1, words) for words in refused])


def nearly(line, what, task="a", file="etl.py"):
    return Loss(file, line, what, "left out", task=task)


@pytest.mark.parametrize(
    ("found", "code", "summary"),
    [
        (result(), 0, "4 tasks: 4 exact"),
        (result(nearly(41, "sla")), 3, "4 tasks: 3 exact, 1 nearly (line 41: sla)"),
        (result(nearly(41, "sla"), nearly(42, "x")), 3, "4 tasks: 3 exact, 1 nearly (line 41: sla; line 42: x)"),
        (
            result(nearly(41, "sla"), Loss("etl.py", 77, "SqlOperator", "fill it in", task="b", left=True)),
            3,
            "4 tasks: 2 exact, 1 nearly (line 41: sla), 1 left to you (line 77: SqlOperator)",
        ),
        (result(nearly(3, "catchup", task="")), 3, "4 tasks: 4 exact, 1 loss of whole Workflows (line 3: catchup)"),
        (
            result(nearly(1, "x"), nearly(2, "y", task="b", file="b.py")),
            3,
            "4 tasks: 2 exact, 2 nearly (b.py:2: y; etl.py:1: x)",
        ),
        (result(refused=["no"]), 1, "4 tasks: 4 exact, 1 refused"),
        (Result(), 1, "0 tasks: 0 exact"),
    ],
)
def test_summary_and_exit_code(found, code, summary):
    assert (found.exit_code, found.summary()) == (code, summary)
