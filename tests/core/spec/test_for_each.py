"""`forEach`: what the items are."""

import pytest

from sluice.api.for_each import ForEachSpec
from sluice.core.graph.placeholders import fill
from sluice.core.spec.for_each import ForEach, NoItems


def items(**for_each):
    return ForEach.of(ForEachSpec.model_validate(for_each)).items(lambda fields: fields)


@pytest.mark.parametrize(
    ("for_each", "expected"),
    [
        ({"items": ["a", "b"]}, ["a", "b"]),
        ({"items": [{"k": "v"}, 3]}, [{"k": "v"}, 3]),
        ({"range": {"end": 3}}, [0, 1, 2]),
        ({"range": {"start": 2, "end": 9, "step": 3}}, [2, 5, 8]),
        ({"range": {"start": 3, "end": 3}}, []),
        ({"matrix": {"os": ["a", "b"], "v": [1, 2]}}, [{"os": o, "v": v} for o in "ab" for v in (1, 2)]),
        ({"matrix": {"os": ["a", "b"], "v": [1]}, "exclude": [{"os": "b"}]}, [{"os": "a", "v": 1}]),
        ({"matrix": {"os": ["a"], "v": [1, 2]}, "exclude": [{"os": "a", "v": 2}]}, [{"os": "a", "v": 1}]),
        (
            {"matrix": {"os": ["a", "b"], "v": [{"x": 1}, 2]}, "exclude": [{"v": {"x": 1}}, {"os": "b"}, {"z": 0}]},
            [{"os": "a", "v": 2}],
        ),
        ({"matrix": {"v": [1, 2], "os": ["a", "b"]}}, [{"os": o, "v": v} for o in "ab" for v in (1, 2)]),
        ({"from": '["x", {"y": 1}]'}, ["x", {"y": 1}]),
        ({"items": ["a", "b", "c"], "batch": 2}, [["a", "b"], ["c"]]),
    ],
)  # fmt: skip
def test_items(for_each, expected):
    assert items(**for_each) == expected


@pytest.mark.parametrize("text", ["", "x", "{}", '"a"', "3", "[1"])
def test_what_is_no_list_is_named(text):
    with pytest.raises(NoItems, match=r"forEach.from must be a JSON list such as \[1, 2\], and is: "):
        ForEach.of(ForEachSpec.model_validate({"from": "$(params.x)"})).items(lambda _: {"from": text})


def test_more_than_10_000_items_are_refused():
    with pytest.raises(NoItems, match="more than 10000 items"):
        items(range={"end": 10_001})


@pytest.mark.parametrize(
    ("min_success", "total", "needed"),
    [(None, 7, 7), (3, 7, 3), (9, 7, 7), ("50%", 7, 4), ("0%", 7, 0), ("100%", 7, 7)],
)
def test_how_many_must_succeed(min_success, total, needed):
    assert ForEach({}, min_success=min_success).needed(total) == needed


def test_items_that_are_too_long_are_refused():
    values = {"params.x": "a" * 2**16}
    spec = ForEachSpec.model_validate({"items": ["$(params.x)"] * 65})
    with pytest.raises(NoItems, match="forEach: its placeholders stand for more than 4 MiB"):
        ForEach.of(spec).items(lambda fields: fill(fields, values))


def test_the_items_of_a_matrix_are_no_larger_than_pods_can_carry():
    """Each has all that the matrix repeats."""
    text = "x" * 90_000
    for_each = ForEach.of(
        ForEachSpec.model_validate({"matrix": {"a": [1, 2], "b": [text], "c": [text], "d": ["$(x)"]}})
    )
    assert len(for_each.items(lambda fields: fields)) == 2
    words = "forEach.matrix: an item has 270001 characters, and at most 262144; hand on a name of what is so long"
    with pytest.raises(NoItems, match=words):
        for_each.items(lambda fields: fields | {"matrix": fields["matrix"] | {"d": [text]}})
