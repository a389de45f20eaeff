"""The faults of `forEach`, with the path and the words that a user reads."""

import pytest

from tests.core.validation.judged import A, B, faults

FE = "spec.tasks[0].forEach"


def of(for_each, **fields):
    return faults(A | {"forEach": for_each} | fields)


@pytest.mark.parametrize(
    "for_each",
    [
        {"items": ["a", 1, {"k": "v"}]},
        {"items": []},
        {"range": {"end": 10_000}},
        {"matrix": {"os": ["a", "b"], "v": [1, 2]}, "exclude": [{"os": "a", "v": 2}]},
        {"matrix": {"a": [1] * 100, "b": [1] * 100}},
        {"matrix": {"a": [1, 2], "b": [1] * 10_000}, "exclude": [{"a": 2}]},
        {"from": "$(params.files)"},
        {"from": '["a"]'},
        {"items": ["a"], "batch": 5, "parallelism": 2, "minSuccess": "90%"},
        {"items": ["a"], "minSuccess": 0},
    ],
)
def test_sound(for_each):
    assert faults(A | {"forEach": for_each}, parameters=[{"name": "files", "default": "[]"}]) == []


@pytest.mark.parametrize(
    ("for_each", "fault"),
    [
        ({}, f"{FE}: says no items; give one of items, range, matrix, from or sameAs"),
        ({"items": ["a"], "from": "[]"}, f"{FE}: says its items in 2 ways, items and from; keep one"),
        ({"range": {"end": 10_001}}, f"{FE}.range: has 10001 numbers; at most 10000 items are possible"),
        ({"range": {"end": 3, "step": 0}}, f"{FE}.range.step: input should be greater than or equal to 1"),
        ({"from": "a b"}, f"{FE}.from: 'a b' is no JSON list; write for example $(params.files), or use `items`"),
        (
            {"matrix": {"a": [1] * 400, "b": [1] * 400}},
            f"{FE}.matrix: has 160000 combinations; at most 10000 items are possible",
        ),
        (
            {"matrix": {"a": [1, 2], "b": [1] * 10_000}},
            f"{FE}.matrix: has 20000 combinations; at most 10000 items are possible",
        ),
        (
            {"items": ["a"], "exclude": [{"a": 1}]},
            f"{FE}.exclude: leaves combinations out of a matrix, and there is none; remove it",
        ),
        (
            {"matrix": {"zone": ["a"]}, "exclude": [{"zones": "a"}]},
            f"{FE}.exclude[0].zones: the matrix has no such key; did you mean 'zone'?",
        ),
        (
            {"items": ["a"], "minSuccess": "most"},
            f"{FE}.minSuccess: 'most' is neither a number nor a percentage; write for example 90%",
        ),
        ({"items": ["a"], "minSuccess": -1}, f"{FE}.minSuccess: must not be negative"),
        ({"sameAs": "x"}, f"{FE}.sameAs: no task is called 'x'"),
        (
            {
                "matrix": {key: list(range(10)) for key in "abcde"},
                "exclude": [{key: 0} if key == more else {key: 0, more: 1} for key in "abcde" for more in "abcde"],
            },
            (
                f"{FE}.exclude: names 15 different sets of keys, each to be looked up in 100000 combinations; "
                "name the same keys in all of them"
            ),
        ),
    ],
)
def test_fault(for_each, fault):
    assert of(for_each) == [fault]


@pytest.mark.parametrize(
    ("more", "total"),
    [({"sameAs": "b"}, 0), ({"sameAs": "a"}, 31_000), ({"items": ["x"] * 9_001}, 30_001), ({"from": "[]"}, 0)],
)
def test_all_fan_outs_together_have_a_number_of_items(more, total):
    whole, batches = {"forEach": {"range": {"end": 10_000}}}, {"forEach": {"range": {"end": 10_000}, "batch": 10}}
    found = faults(A | whole, B | batches, A | whole | {"name": "c"}, A | {"name": "d", "forEach": more})
    words = f"spec.tasks: their forEach have {total} items in all; at most 30000 fit into the status of a run. "
    assert [fault.startswith(words) for fault in found] == [True] * bool(total)


@pytest.mark.parametrize(("tasks", "told"), [(4, False), (7, True)])
def test_matrices_that_leave_combinations_out_are_looked_up_so_often_in_all(tasks, told):
    matrix = {key: [0, 1] for key in "abcdefghijklmnop"}  # 65,536 combinations
    over = {"matrix": matrix, "exclude": [{"a": 0}, {"b": 9}, {"c": 9}]}
    found = faults(*({"name": f"t{number}", "image": "x", "forEach": over} for number in range(tasks)))
    words = f"spec.tasks: their matrices are looked up {tasks * 3 * 65_536} times for `exclude`; at most 1000000 are"
    assert [fault.startswith(words) for fault in found] == [True] * told


SAME_AS_A = {"forEach": {"sameAs": "a"}}


def test_same_as_needs_a_fan_out():
    assert faults(A, B | SAME_AS_A) == [
        "spec.tasks[1].forEach.sameAs: 'a' has no `forEach`, so there are no items to go by"
    ]


def test_same_as_waits_for_its_own_item_and_not_for_all():
    assert faults(A | {"forEach": {"items": ["x"]}}, B | SAME_AS_A | {"dependsOn": ["a"]}) == [
        "spec.tasks[1].dependsOn[0]: 'b' goes by the items of 'a', each after its own; remove it from the list"
    ]


def test_same_as_has_no_batches_of_its_own():
    assert faults(A | {"forEach": {"items": ["x"]}}, B | {"forEach": {"sameAs": "a", "batch": 2}}) == [
        "spec.tasks[1].forEach.batch: the items are those of 'a', in batches if it has some; remove it here"
    ]


def test_tasks_that_go_by_each_other_s_items_are_a_circle():
    (fault,) = faults(A | {"forEach": {"sameAs": "b"}}, B | SAME_AS_A)
    assert fault.startswith("spec.tasks[0].forEach.sameAs: these tasks wait for each other in a circle: a -> b -> a")


@pytest.mark.parametrize(
    ("for_each", "word", "fault"),
    [
        ({"items": ["x"]}, "item", None),
        ({"items": [{"k": 1}]}, "item.k", None),
        ({"matrix": {"os": ["x"]}}, "item.os", None),
        ({"from": "$(params.files)"}, "item.k", None),
        ({"items": ["x"], "batch": 2}, "item", None),
        ({"items": ["x"]}, "item.k", "stands for nothing: the items are no maps; use $(item)"),
        ({"range": {"end": 2}}, "item.k", "stands for nothing: the items are no maps; use $(item)"),
        (
            {"matrix": {"zone": ["x"]}},
            "item.zones",
            "stands for nothing: the matrix has no key 'zones'; did you mean 'zone'?",
        ),
        (
            {"items": [{"k": 1}], "batch": 2},
            "item.k",
            "is a field of one item, and with `batch` there are many; use $(item)",
        ),
        (None, "item", "stands for an item of a fan-out, and there is none here; add `forEach` to the task"),
    ],
)
def test_the_item_s_placeholder(for_each, word, fault):
    task = A | {"args": [f"$({word})"]} | ({"forEach": for_each} if for_each else {})
    expected = [] if fault is None else [f"spec.tasks[0].args[0]: $({word}) {fault}"]
    assert faults(task, parameters=[{"name": "files", "default": "[]"}]) == expected


def test_the_items_cannot_be_said_by_themselves():
    assert of({"from": "$(item)"}) == [f"{FE}.from: $(item) is not known yet here"]


@pytest.mark.parametrize(("field", "instead"), [("bash", '"$ITEM"'), ("python", 'os.environ["ITEM"]')])
def test_a_script_reads_its_item_from_the_environment(field, instead):
    (fault,) = of({"items": ["x"]}, **{field: "echo $(item)"})
    assert fault.endswith(f"a value could become code there; write {instead} instead")


def test_a_leader_with_a_fault_of_its_own_is_a_fan_out_all_the_same():
    found = faults(A | {"forEach": {"rang": {"end": 3}}}, B | {"forEach": {"sameAs": "a"}})
    assert found == [f"{FE}.rang: there is no such field; did you mean 'range'?"]
