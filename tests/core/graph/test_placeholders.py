import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.graph.placeholders import FILLED_MAX, TooLong, fill, fill_typed, placeholders_in

VALUES = {"params.day": "monday", "params.cost": "5$", "params.code": "$(HOME)$(params.day)", "run.name": "etl-g1"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("$(params.day)", "monday"),
        ("on $(params.day) in $(run.name)", "on monday in etl-g1"),
        ("$(params.day)$(params.day)", "mondaymonday"),
        (
            "$(HOME) $(date +%s) $HOME ${HOME} $$",
            "$(HOME) $(date +%s) $HOME ${HOME} $$",
        ),  # the kubelet's or the shell's
        ("$(params.unknown)", "$(params.unknown)"),
        ("$( params.day )", "$( params.day )"),
        ("{{params.day}}", "{{params.day}}"),
        ("$(params.code)", "$(HOME)$(params.day)"),  # a value is not read again
        ("$$(params.day), $$(item)", "$(params.day), $(item)"),  # the literal
        ("$$$(params.day)", "$$(params.day)"),
    ],
)
def test_known_placeholders_are_filled_in_and_all_else_is_left(text, filled):
    assert fill({"image": text}, VALUES) == {"image": filled}


FOUND = VALUES | {
    "tasks.a.outputs.k": "7",
    "tasks.a.outputs.empty": "",
    "tasks.a.exitCode": "",
    "tasks.b.exitCode": "3",
    "run.scheduledTime": "",
    "run.startedAt": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("$(tasks.a.outputs.k ?? tasks.b.outputs.k)", "7"),
        ("$(tasks.b.outputs.k ?? tasks.a.outputs.k)", "7"),
        ("$(tasks.b.outputs.k??'none') of $(tasks.a.outputs.k  ??\n'x')", "none of 7"),
        ("$(tasks.b.outputs.k ?? '')", ""),
        ("$(tasks.b.outputs.k ?? 'no (really) ?? no')", "no (really) ?? no"),
        ("$(tasks.a.outputs.empty ?? 'none')", ""),  # it was handed on
        ("$(tasks.a.exitCode ?? tasks.b.exitCode)", "3"),
        ("$(run.scheduledTime ?? run.startedAt)", "2026-01-01T00:00:00Z"),
        ("$(tasks.b.outputs.k ?? tasks.a.exitCode)", ""),
        ("$$(tasks.b.outputs.k ?? 'none')", "$(tasks.b.outputs.k ?? 'none')"),
        ("$(ls ??) $(cat 'x' ?? y)", "$(ls ??) $(cat 'x' ?? y)"),  # the shell's
        ('$(tasks.a.outputs.k ?? "x")', '$(tasks.a.outputs.k ?? "x")'),
    ],
)
def test_the_first_part_that_exists(text, filled):
    assert fill({"image": text}, FOUND) == {"image": filled}


def test_a_text_is_doubled_for_the_kubelet_as_any_value():
    assert fill({"args": ["$(item.x ?? '5$')"]}, FOUND) == {"args": ["5$$"]}


@pytest.mark.parametrize(
    ("fields", "filled"),
    [
        ({"image": "i:$(params.cost)"}, {"image": "i:5$"}),
        ({"command": ["$(params.cost)"]}, {"command": ["5$$"]}),
        ({"args": ["$$(params.day)"]}, {"args": ["$$(params.day)"]}),  # as the kubelet makes one of two
        ({"args": ["$(params.code)"]}, {"args": ["$$(HOME)$$(params.day)"]}),
        ({"env": [{"name": "A", "value": "$(params.cost) $HOME"}]}, {"env": [{"name": "A", "value": "5$$ $HOME"}]}),
        (
            {
                "podTemplate": {
                    "spec": {"containers": [{"name": "x", "args": ["$(params.cost)"]}], "host": "$(params.cost)"}
                }
            },
            {"podTemplate": {"spec": {"containers": [{"name": "x", "args": ["5$$"]}], "host": "5$"}}},
        ),
    ],
)
def test_dollar_in_a_value_is_doubled_only_where_the_kubelet_expands(fields, filled):
    assert fill(fields, VALUES) == filled


@pytest.mark.parametrize("field", ["bash", "python"])
def test_scripts_are_never_touched(field):
    script = {field: "echo $(params.day)"}
    assert fill(script, VALUES) == script


def test_numbers_and_the_manifest_itself_stay_as_they_are():
    fields = {"resources": {"requests": {"cpu": 0.5, "memory": "$(params.day)"}}, "on": True, "none": None}
    filled = fill(fields, VALUES)
    assert filled == {"resources": {"requests": {"cpu": 0.5, "memory": "monday"}}, "on": True, "none": None}
    assert fields["resources"]["requests"]["memory"] == "$(params.day)"


_PART = st.one_of(
    st.text(st.characters(exclude_characters="$"), max_size=5).map(lambda text: (text, text)),
    st.just(("$(HOME)", "/root")),
    st.just(("$(params.value)", None)),
)


@given(
    st.lists(_PART, max_size=6),
    st.text(max_size=12) | st.sampled_from(["$", "$$", "$(HOME)", "(HOME)", "$(params.value)"]),
)
def test_a_program_gets_exactly_the_value_after_the_kubelet_expanded_its_arguments(parts, value):
    template = "".join(written for written, _ in parts)
    meant = "".join(value if meant is None else meant for _, meant in parts)
    (arg,) = fill({"args": [template]}, {"params.value": value})["args"]
    assert _kubelet_expands(arg, {"HOME": "/root"}) == meant


def _kubelet_expands(text, environment):
    """As k8s.io/kubernetes/third_party/forked/golang/expansion."""

    def value(found):
        if found[1] == "$":
            return "$"
        return found[0] if found[2] is None else environment.get(found[2], found[0])

    return re.sub(r"\$(\$|\(([^)]*)\)|.)", value, text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ("no $(HOME)", []),
        ("$(params.day)", [("here", "params.day")]),
        (["x", "$(run.name)-$(item)"], [("here[1]", "run.name"), ("here[1]", "item")]),
        ({"env": [{"value": "$(tasks.a.outputs.k)"}]}, [("here.env[0].value", "tasks.a.outputs.k")]),
        ({"cpu": 1, "on": True, "none": None}, []),
    ],
)
def test_used_names_the_place_of_each_placeholder(node, found):
    assert list(placeholders_in(node, "here")) == found


@pytest.mark.parametrize("text", ["$(run)", "$(params)", "$(tasks)", "$(runs.name)", "$(item-count)"])
def test_a_command_substitution_is_no_placeholder(text):
    assert list(placeholders_in(f"x={text}", "here")) == []


LONG = {"params.x": "a" * 2**16}
FIT = FILLED_MAX // 2**16
ONE = "$(params.x)"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"image": ONE * (FIT + 1)}, id="in one text"),
        pytest.param({"args": [ONE] * (FIT + 1)}, id="in many"),
        pytest.param({"image": ONE, "podTemplate": {"spec": {"a": [{"b": ONE * FIT}]}}}, id="in several fields"),
        pytest.param(
            {"args": [f"$(run.x ?? params.x)$(run.x ?? '{'b' * 9}')"] * (FIT + 1)}, id="the first that exists"
        ),
    ],
)
def test_no_call_fills_in_more_than_any_object_can_have(more):
    with pytest.raises(TooLong, match="stand for more than 4 MiB in all; let a script read"):
        fill(more, LONG)
    assert len(fill({"image": ONE * FIT}, LONG)["image"]) == FILLED_MAX


def test_a_value_with_its_type_counts_as_often_as_it_stands_there():
    typed = {"params.x": ["a" * (2**16 - 4)]}
    assert fill_typed([ONE] * FIT, typed, LONG) == [typed["params.x"]] * FIT
    with pytest.raises(TooLong):
        fill_typed({"a": [ONE] * FIT, "b": ONE}, typed, LONG)
