"""What does not fit is refused with its size, before the kubelet calls it exit code 1."""

import pytest

from sluice.core.cel.variables import TaskVariable
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.size import EXEC_MAX_BYTES, oversize
from tests.core.kubelet import RUN
from tests.core.world import run


def built(item=None, value="", **fields):
    task = run("x >> a", fields={"x": {"outputs": ["k"]}, "a": fields}).task("a").definition
    return build_pod(RUN, task, 1, item=item, before={"x": TaskVariable("Succeeded", 0, {"k": value})})


VALUE = "$(tasks.x.outputs.k)"
VARIABLE = {"env": [{"name": "A", "value": VALUE}]}


@pytest.mark.parametrize(
    ("fields", "value", "words"),
    [
        ({"args": [VALUE]}, "x" * EXEC_MAX_BYTES, ""),
        ({"args": ["x", VALUE]}, "x" * (EXEC_MAX_BYTES + 1), "args[1] has 131072 bytes; a program can be given 131071"),
        ({"command": [VALUE]}, "ü" * 70_000, "command[0] has 140000 bytes"),
        ({"args": [VALUE]}, "$" * EXEC_MAX_BYTES, ""),  # two are written, of which the kubelet makes one
        (VARIABLE, "x" * (EXEC_MAX_BYTES - 2), ""),
        (VARIABLE, "x" * (EXEC_MAX_BYTES - 1), "the variable A has 131072 bytes"),
    ],
)
def test_what_no_program_can_be_given_is_refused_with_its_size(fields, value, words):
    found = oversize(built(value=value, **fields))
    assert found.startswith(words)
    assert bool(found) is bool(words)


def test_a_batch_that_is_too_large_for_a_variable_is_in_the_file_only():
    batch = Item(0, ["x" * 1000] * 140)
    by_script = built(batch, forEach={"range": {"end": 140}, "batch": 140}, bash="cat /sluice/inputs.json")
    assert "ITEMS" not in {each["name"] for each in by_script["spec"]["containers"][0]["env"]}
    assert oversize(by_script) == ""
    by_image = built(batch, forEach={"range": {"end": 140}, "batch": 140})
    assert oversize(by_image).startswith("the variable ITEMS has 140")


@pytest.mark.parametrize(
    "container",
    [{"env": [{"value": "v"}]}, {"env": "x"}, {"env": [3]}, {"command": 7}, {"args": {"a": 1}}, {"args": None}],
)
def test_what_the_api_server_will_refuse_has_no_size(container):
    template = {"spec": {"containers": [{"name": "beside", **container}]}}
    assert oversize(built(podTemplate=template)) == ""
