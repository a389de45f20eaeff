"""What the conditions of these tests may ask about."""

from sluice.core.cel.program import Program, compile_condition
from sluice.core.cel.variables import TaskVariable, condition_variables
from sluice.core.spec.scheduled_time import NOT_SCHEDULED

OUTPUTS = {
    "files": ["x", "y"],
    "n": 3,
    "share": 1.5,
    "by": {"k": "v"},
    "none": None,
    "yes": True,
    "huge": 2**70,
    "rows": [{"a": 1}, {"b": 2}],
}
ETL = {"name": "etl-1"} | NOT_SCHEDULED.values
KNOWN = condition_variables(
    ETL,
    {"day": "monday", "max-cost": "3"},
    {
        "a": TaskVariable("Succeeded", 0, OUTPUTS),
        "load-data": TaskVariable("Skipped", None, {}),
        "b": TaskVariable("Failed", 3, {}, "exit code 3: no space left"),
    },
    run_phase="Failed",
    item={"name": "eu"},
)


def answer(text, known=KNOWN):
    condition = compile_condition(text)
    return condition.answer(known) if isinstance(condition, Program) else condition
