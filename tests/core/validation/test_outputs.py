"""Faults of references to other tasks' outputs."""

import pytest

from tests.core.validation.judged import A, B, faults

PARAMETER = "must be letters, digits, '_' and '-', with a letter or '_' at the start"


READS_A = {"args": ["$(tasks.a.outputs.files)"]}


@pytest.mark.parametrize(
    ("own", "other", "found"),
    [
        ({"outputs": ["files"]}, READS_A, []),
        ({"outputs": ["files"]}, READS_A | {"dependsOn": ["a"], "runIf": "AllDone"}, []),
        ({"outputs": ["files"]}, READS_A | {"runIf": "AllDone"}, []),
        ({"outputs": ["files"]}, READS_A | {"finally": True}, []),
        (
            {},
            READS_A,
            ["spec.tasks[1].args[0]: 'a' declares no output 'files'; add it there: `outputs: [files]`"],
        ),
        (
            {"outputs": ["flies", "rows"]},
            READS_A,
            ["spec.tasks[1].args[0]: 'a' declares no output 'files'; did you mean 'flies'?"],
        ),
        (
            {},
            {"image": "x:$(tasks.aa.outputs.tag)"},
            ["spec.tasks[1].image: no task is called 'aa'; did you mean 'a'?"],
        ),
        (
            {},
            {"outputs": ["k"], "args": ["$(tasks.b.outputs.k)"]},
            ["spec.tasks[1].args[0]: 'b' cannot read its own outputs: it has none before it has ended"],
        ),
        (
            {"outputsFrom": "Log"},
            {},
            ["spec.tasks[0].outputsFrom: says where outputs are, and there are none; add `outputs`"],
        ),
        (
            {"outputsFrom": "Stdout"},
            {},
            ["spec.tasks[0].outputsFrom: says where outputs are, and there are none; add `outputs`"],
        ),
        (
            {"outputsFrom": "Stdout", "outputs": ["k", "l"]},
            {},
            [
                (
                    "spec.tasks[0].outputs: standard output is the value of one key; keep one, or write them all to "
                    "$SLUICE_OUTPUTS and leave out outputsFrom"
                )
            ],
        ),
        ({"outputs": ["k", "k"]}, {}, ["spec.tasks[0].outputs[1]: 'k' stands in the list twice"]),
        ({"outputs": ["1k"]}, {}, [f"spec.tasks[0].outputs[0]: {PARAMETER}, not '1k'"]),
        (
            {"outputs": ["files"], "dependsOn": ["b"]},
            READS_A,
            [
                (
                    "spec.tasks[0].dependsOn[0]: these tasks wait for each other in a circle: a -> b -> a; "
                    "remove one dependency"
                )
            ],
        ),
        (
            {"outputs": ["files"]},
            READS_A | {"runIf": "Always"},
            [
                (
                    "spec.tasks[1].runIf: Always waits for nothing, and this task asks about 'a'; "
                    "remove `runIf`, or write AllDone"
                )
            ],
        ),
        (
            {"outputs": ["files"], "finally": True},
            READS_A,
            [
                (
                    "spec.tasks[1].args[0]: 'a' is a `finally` task, which starts after all others; only such may wait "
                    "for it"
                )
            ],
        ),
    ],
)
def test_reference(own, other, found):
    assert faults(A | own, B | other) == found


def test_reference_is_no_default():
    assert faults(A | {"outputs": ["k"]}, B, defaults={"env": [{"name": "K", "value": "$(tasks.a.outputs.k)"}]}) == [
        (
            "spec.defaults.env[0].value: $(tasks.a.outputs.k) cannot be a default: every task would wait for that one, "
            "itself included; say it in the tasks that need it"
        )
    ]
