"""Faults of resources: what is no quantity, and what the API server refuses."""

import pytest

from tests.core.validation.judged import A, B, faults

R = "spec.tasks[0].resources"
GPU = "nvidia.com/gpu"


@pytest.mark.parametrize(
    ("quantity", "sound"),
    [
        ("500m", True),
        ("64Mi", True),
        (2, True),
        (0.5, True),
        ("1e3", True),
        ("$(params.day)", True),
        ("64 MB", False),
        ("64MiB", False),
        ("lots", False),
        ("", False),
    ],
)
def test_quantity(quantity, sound):
    words = f"spec.tasks[0].resources.requests.memory: '{quantity}' is not a quantity; write for example 500m or 64Mi"
    resources = {"requests": {"memory": quantity}}
    assert faults(A | {"resources": resources}, parameters=[{"name": "day", "default": "1"}]) == (
        [] if sound else [words]
    )


def test_quantity_in_the_defaults():
    (fault,) = faults(A, defaults={"resources": {"limits": {"cpu": "much"}}})
    assert fault.startswith("spec.defaults.resources.limits.cpu: 'much' is not a quantity")


@pytest.mark.parametrize("quantity", [True, [1], {"a": 1}])
def test_quantity_of_another_type_is_called_a_quantity(quantity):
    (fault,) = faults(A | {"resources": {"limits": {"cpu": quantity}}})
    assert fault.startswith("spec.tasks[0].resources.limits.cpu: ")
    assert "quantity" in fault


def of(requests=None, limits=None, defaults=None, **more):
    own = {kind: given for kind, given in (("requests", requests), ("limits", limits)) if given is not None}
    return faults(A | {"resources": own} | more, defaults={"resources": defaults} if defaults else {})


@pytest.mark.parametrize(
    ("requests", "limits", "fault"),
    [
        ({"cpu": "500m"}, {"cpu": 1}, None),
        ({"cpu": 1}, {"cpu": "1000m"}, None),
        ({"cpu": 2}, {"cpu": 1}, f"{R}.requests.cpu: the request of 2 is more than the limit of 1"),
        ({"memory": "1G"}, {"memory": "1Gi"}, None),
        (
            {"memory": "1Gi"},
            {"memory": "1G"},
            f"{R}.requests.memory: the request of 1Gi is more than the limit of 1G",
        ),
        ({"cpu": "$(item)"}, {"cpu": 1}, None),
        ({"cpu": -1}, None, f"{R}.requests.cpu: '-1' is negative"),
        (None, {"cpu": "-1"}, f"{R}.limits.cpu: '-1' is negative"),
        ({"cpu": 0}, {"cpu": 0}, None),
        (None, {GPU: 1}, None),
        ({GPU: 1}, {GPU: "1"}, None),
        (
            {GPU: 1},
            {GPU: 2},
            f"{R}.requests.{GPU}: the request of 1 is not the limit of 2; of {GPU} they must be equal",
        ),
        ({GPU: 1}, None, None),  # a LimitRange may have the limit
        (None, {GPU: "500m"}, f"{R}.limits.{GPU}: '500m' is not whole, and {GPU} comes in whole numbers only"),
        (
            {"hugepages-2Mi": "2Mi"},
            {"hugepages-2Mi": "4Mi", "memory": "1Gi"},
            (
                f"{R}.requests.hugepages-2Mi: the request of 2Mi is not the limit of 4Mi; "
                "of hugepages-2Mi they must be equal"
            ),
        ),
        ({"kubernetes.io/batteries": 1}, {"kubernetes.io/batteries": "1.5"}, None),
        (
            {"memroy": "1Gi"},
            None,
            (
                f"{R}.requests.memroy: there is no such resource; "
                "there are cpu, memory, ephemeral-storage, and devices by names such as nvidia.com/gpu"
            ),
        ),
    ],
)
def test_what_the_api_server_refuses(requests, limits, fault):
    assert of(requests, limits, forEach={"items": ["1"]}) == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("requests", "limits", "defaults", "fault"),
    [
        ({"cpu": 2}, None, {"limits": {"cpu": 1}}, "requests.cpu: the request of 2 is more than the limit of 1"),
        (None, {"cpu": 1}, {"requests": {"cpu": 2}}, "limits.cpu: the request of 2 is more than the limit of 1"),
        (None, {"cpu": 2}, {"requests": {"cpu": 2}, "limits": {"cpu": 1}}, None),
        ({GPU: 1}, None, {"limits": {GPU: 1}}, None),
    ],
)
def test_the_defaults_are_merged_in_before_both_are_compared(requests, limits, defaults, fault):
    assert of(requests, limits, defaults) == ([f"{R}.{fault}"] if fault else [])


def test_what_the_defaults_say_is_told_once_and_of_pods_only():
    defaults = {"resources": {"requests": {"cpu": 2}, "limits": {"cpu": 1}}}
    words = "spec.defaults.resources.requests.cpu: the request of 2 is more than the limit of 1"
    assert faults(A, B, defaults=defaults) == [words]
    assert faults({"name": "a", "approval": {}}, defaults=defaults) == []
