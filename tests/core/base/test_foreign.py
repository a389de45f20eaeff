"""JSON that others wrote."""

import copy

import pytest

from sluice.core.base import foreign
from sluice.core.base.naming import label_number
from sluice.core.base.times import instant
from sluice.core.pod.view import pod_view
from tests.core.kubelet import pod, running


@pytest.mark.parametrize(
    "text", ["[1, 2]", '{"a": "[[[["}', '"\\\\"', "12345678901234567890123", "[" * 100 + "]" * 100]
)
def test_what_can_be_read(text):
    foreign.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[" * 101 + "]" * 101,
        "[" * 200_000,
        '{"a":' * 700 + "1" + "}" * 700,
        "9" * 5000,
        "1e999",
        "NaN",
        '"\\ud800"',
    ],
    ids=lambda text: text[:12],
)
def test_what_is_an_error(text):
    with pytest.raises(ValueError):  # noqa: PT011  # whatever it is
        foreign.parse(text)


@pytest.mark.parametrize("text", ['"' * 1_000_001, '["' + '\\"' * 500_000, '"' + "\\" * 999_999])
def test_a_text_without_end_is_read_once(text):
    """Each bracket is looked for from where the last string ended; a search from each quote would take hours."""
    assert foreign.depth(text) <= 1


@pytest.mark.parametrize(
    "annotation", ["[[[[", "[" * 100_000, '{"db": "1"}', '{"db": true}', '{"db": ' + "9" * 4000 + "}", '{"db": -1}']
)
def test_a_claim_that_is_none_holds_nothing(annotation):
    made = copy.deepcopy(pod(running()))  # it shares parts with the pods of other tests
    made["metadata"].setdefault("annotations", {})["sluice.dev/pools"] = annotation
    assert pod_view(made).pools == ()


@pytest.mark.parametrize("text", ["0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "soon", ""])
def test_a_time_that_python_does_not_know_is_none(text):
    assert instant(text) is None


@pytest.mark.parametrize(("label", "number"), [("12", 12), ("9" * 19, 0), ("-1", 0), ("x", 0), ("٣", 0)])
def test_number_of_a_label(label, number):
    assert label_number(label) == number
