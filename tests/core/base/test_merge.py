from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.base.merge import merge

A, B = {"name": "a"}, {"name": "b"}


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"image": "x"}, {"image": "y"}, {"image": "y"}),
        ({"image": "x"}, {}, {"image": "x"}),
        ({"image": "x"}, {"image": None}, {"image": "x"}),  # absent changes nothing
        (
            {"nodeSelector": {"disk": "ssd"}},
            {"nodeSelector": {"zone": "b"}},
            {"nodeSelector": {"disk": "ssd", "zone": "b"}},
        ),
        (
            {"resources": {"requests": {"cpu": 1, "memory": "1Gi"}}},
            {"resources": {"requests": {"cpu": 2}}},
            {"resources": {"requests": {"cpu": 2, "memory": "1Gi"}}},
        ),
        ({"tolerations": [{"key": "x"}]}, {"tolerations": [{"key": "y"}]}, {"tolerations": [{"key": "y"}]}),
        ({"args": ["x", "y"]}, {"args": []}, {"args": []}),
        ({"args": ["x"]}, {"args": {"odd": 1}}, {"args": {"odd": 1}}),
    ],
)
def test_maps_merge_key_by_key_and_all_else_is_replaced(base, over, merged):
    assert merge(base, over) == merged


@pytest.mark.parametrize("field", ["containers", "initContainers"])
def test_containers_merge_by_name_and_keep_their_order(field):
    base = {field: [A | {"image": "x", "tty": True}, B]}
    over = {field: [{"name": "c"}, A | {"image": "y"}]}
    assert merge(base, over) == {field: [A | {"image": "y", "tty": True}, B, {"name": "c"}]}


@pytest.mark.parametrize(
    ("field", "base", "over", "merged"),
    [
        ("env", [A | {"value": "1"}, B], [A | {"value": "2"}], [A | {"value": "2"}, B]),
        ("imagePullSecrets", [A], [A, B], [A, B]),
        (
            "volumeMounts",
            [{"mountPath": "/a", "name": "v"}],
            [{"mountPath": "/a", "name": "w"}, {"mountPath": "/b", "name": "v"}],
            [{"mountPath": "/a", "name": "w"}, {"mountPath": "/b", "name": "v"}],
        ),
    ],
)
def test_lists_of_named_things_merge_item_by_item(field, base, over, merged):
    assert merge({field: base}, {field: over}) == {field: merged}


@pytest.mark.parametrize(
    ("field", "base", "over"),
    [
        ("env", A | {"value": "1"}, A | {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}),
        ("env", A | {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}, A | {"value": "1"}),
        ("volumes", A | {"emptyDir": {}}, A | {"persistentVolumeClaim": {"claimName": "c"}}),
    ],
)
def test_a_value_has_one_source_since_the_server_refuses_two(field, base, over):
    assert merge({field: [base]}, {field: [over]}) == {field: [over]}


_NODES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda node: (
        st.lists(node, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "env", "containers", "volumes", "image"]), node, max_size=3)
    ),
    max_leaves=12,
)
_LAYERS = st.dictionaries(st.sampled_from(["name", "env", "containers", "volumes", "image"]), _NODES, max_size=4)


@given(_LAYERS, _LAYERS)
def test_neither_layer_is_changed_whatever_a_user_wrote(base, over):
    before = deepcopy((base, over))
    merged = merge(base, over)
    assert (base, over) == before
    assert merged.keys() >= base.keys()
    assert merge(merged, {}) == merged
