"""What an author writes in a `@workflow` function, and the tasks that come of it."""

import pytest

from tests.sdk.author import render, tasks

OUT = {"outputs": ["value"]}


def test_a_call_gives_a_reference_and_each_a_fan_out(tmp_path):
    assert tasks(
        tmp_path,
        """
        @workflow
        def etl(day: date = date(2026, 1, 1)):
            rows = clean.each(files(day))
            load.each(rows)
        """,
    ) == {
        "files": {"call": {"name": "files", "arguments": {"day": "$(params.day)"}}} | OUT,
        "clean": {
            "forEach": {"from": "$(tasks.files.outputs.value)"},
            "call": {"name": "clean", "arguments": {"file": "$(item)"}},
        }
        | OUT,
        "load": {
            "forEach": {"sameAs": "clean"},
            "call": {"name": "load", "arguments": {"rows": "$(tasks.clean.outputs.value)"}},
        },
    }


@pytest.mark.parametrize(
    ("line", "name", "fields"),
    [
        ("clean('a')", "clean", {"call": {"name": "clean", "arguments": {"file": "a"}}} | OUT),
        ("load.with_(name='x')(1)", "x", {"call": {"name": "load", "arguments": {"rows": 1}}}),
        # what only looks like a placeholder is none; a reference in a text is one
        ("clean('$(item)')", "clean", {"call": {"name": "clean", "arguments": {"file": "$$(item)"}}} | OUT),
        ("clean(f'/{day}')", "clean", {"call": {"name": "clean", "arguments": {"file": "/$(params.day)"}}} | OUT),
        (
            "load([-(2**63), 2**63 - 1])",
            "load",
            {"call": {"name": "load", "arguments": {"rows": [-(2**63), 2**63 - 1]}}},
        ),
        ("load({1: day})", "load", {"call": {"name": "load", "arguments": {"rows": {"1": "$(params.day)"}}}}),
        ("bash('b', 'x', env={'DAY': day})", "b", {"bash": "x", "env": [{"name": "DAY", "value": "$(params.day)"}]}),
        ("container('c', 'i', args=[f'd={day}'])", "c", {"image": "i", "args": ["d=$(params.day)"]}),
        ("bash('b', 'x', retries=2, cpu='1')", "b", {"retries": {"limit": 2}, "resources": {"requests": {"cpu": "1"}}}),
        ("bash('b', 'x', finally_=True)", "b", {"finally": True}),
        ("bash('b', 'x', pools=[Pool('p', 2), 'q'])", "b", {"pools": [{"name": "p", "slots": 2}, {"name": "q"}]}),
        ("bash('b', 'x').when(f\"{day} == '1'\")", "b", {"when": "params.day == '1'"}),
        ("approval('a', f'load {day}?', timeout='1h')", "a", {"approval": {"message": "load $(params.day)?"}}),
        ("wait('w', for_='10m')", "w", {"wait": {"for": "10m"}}),
        ("clean.with_(parallelism=2, min_success='90%').each(['a'])", "clean", {"forEach": {"items": ["a"]}}),
    ],
)
def test_a_line_is_a_task(tmp_path, line, name, fields):
    found = tasks(tmp_path, f"@workflow(trigger='Manual')\ndef w(day: date):\n    {line}\n")
    for key, value in fields.items():
        if isinstance(value, dict):
            assert value.items() <= found[name][key].items()
        else:
            assert found[name][key] == value


@pytest.mark.parametrize(
    ("line", "waits"),
    [
        ("a >> b >> c", {"b": ["a"], "c": ["b"]}),
        ("a >> [b, c]", {"b": ["a"], "c": ["a"]}),
        ("[a, b] >> c", {"c": ["a", "b"]}),
        ("chain(a, [b, c], d)", {"b": ["a"], "c": ["a"], "d": ["b", "c"]}),
        ("load.after(a, b)(1)", {"load": ["a", "b"]}),
        ("a >> load.each([1, 2]) >> b", {"load": ["a"], "b": ["load"]}),
        ("chain(clean('x'), a)", {"a": ["clean"]}),
    ],
)
def test_order(tmp_path, line, waits):
    steps = "a, b, c, d = (bash(name, 'true') for name in 'abcd')"
    found = tasks(tmp_path, f"@workflow\ndef w():\n    {steps}\n    {line}\n")
    assert {name: task["dependsOn"] for name, task in found.items() if "dependsOn" in task} == waits


def test_items_that_are_lists_or_null_travel_in_a_map(tmp_path):
    found = tasks(tmp_path, "@task\ndef f(x: list[int] | None): ...\n@workflow\ndef w():\n    f.each([[1], None])\n")
    assert found["f"]["forEach"] == {"items": [{"value": [1]}, {"value": None}]}
    assert found["f"]["call"]["arguments"] == {"x": "$(item.value)"}


@pytest.mark.parametrize(
    ("call", "items"),
    [
        ("f.zip(['a', 'b'], [1, 2], z=day)", [{"x": "a", "y": 1}, {"x": "b", "y": 2}]),
        ("f.product(['a', 'b'], [1, 2], z=day)", [{"x": x, "y": y} for x in "ab" for y in (1, 2)]),
    ],
)
def test_pairs_are_items_with_the_names_of_the_arguments(tmp_path, call, items):
    text = f"""
        @task
        def f(x: str, y: int, z: date) -> int: ...

        @workflow(trigger="Manual")
        def w(day: date):
            {call}
        """
    found = tasks(tmp_path, text)["f"]
    assert found["forEach"] == {"items": items}
    assert found["call"]["arguments"] == {"x": "$(item.x)", "y": "$(item.y)", "z": "$(params.day)"}


def test_a_branch_is_a_condition_on_each_of_its_tasks(tmp_path):
    text = """
        @task
        def kind() -> str: ...

        @workflow
        def w(limit: int = 3):
            found = kind()
            old, small = bash("old", "true").when("params.limit > 1"), bash("small", "true")
            branch(found, {"csv": clean("a"), "json": [old]})
            branch(limit, {3: small})
        """
    assert {name: task.get("when") for name, task in tasks(tmp_path, text).items()} == {
        "kind": None,
        "clean": 'tasks.kind.outputs.value == "csv"',
        "old": '(params.limit > 1) && tasks.kind.outputs.value == "json"',
        "small": "params.limit == 3",
    }


def test_what_a_run_knows_of_itself_is_a_reference(tmp_path):
    text = """
        from datetime import datetime

        @task
        def at(now: datetime, day: date, name: str) -> None: ...

        @workflow
        def w():
            at(run.scheduled_time, run.interval_start, f"{run.name}!")
            bash("tidy", "true", env={"PHASE": run.phase, "SECONDS": run.duration}, finally_=True)
        """
    found = tasks(tmp_path, text)
    assert found["at"]["call"]["arguments"] == {
        "now": "$(run.scheduledTime)",
        "day": "$(run.intervalStart)",
        "name": "$(run.name)!",
    }
    assert [each["value"] for each in found["tidy"]["env"]] == ["$(run.phase)", "$(run.duration)"]


def test_a_group_is_a_block(tmp_path):
    found = tasks(tmp_path, "@workflow\ndef w():\n    with group('g'):\n        bash('a', 'x')\n    bash('b', 'x')\n")
    assert {name: task.get("group") for name, task in found.items()} == {"a": "g", "b": None}


def test_parameters_have_the_types_of_the_function(tmp_path):
    text = """
        from typing import Literal, NewType

        UserId = NewType("UserId", int)
        OwnId = NewType("OwnId", UserId)

        @workflow(trigger="Manual")
        def w(
            n: int,
            o: OwnId | None,
            x: float = 0.5,
            b: bool = True,
            s: str = "",
            l: list[int] = [1],
            c: Literal["a", "b"] = "a",
        ):
            bash("a", "true")
        """
    assert render(tmp_path, text)[0]["spec"]["parameters"] == [
        {"name": "n", "type": "Integer"},
        {"name": "o", "type": "Integer"},
        {"name": "x", "type": "Number", "default": 0.5},
        {"name": "b", "type": "Boolean", "default": True},
        {"name": "s", "default": ""},
        {"name": "l", "type": "Json", "default": [1]},
        {"name": "c", "enum": ["a", "b"], "default": "a"},
    ]


def test_a_workflow_is_a_task_of_another_and_hands_on_what_it_returns(tmp_path):
    text = """
        @workflow(trigger="Manual")
        def child(day: date) -> list[str]:
            return files(day)

        @workflow
        def parent():
            clean.each(sub(child, date(2026, 1, 1)))
        """
    child, parent = render(tmp_path, text)
    assert child["spec"]["outputs"] == {"value": "$(tasks.files.outputs.value)"}
    called, each = parent["spec"]["tasks"]
    assert called["workflow"] == {"name": "child", "arguments": {"day": "2026-01-01"}}
    assert each["forEach"] == {"from": "$(tasks.child.outputs.value)"}


def test_the_file_travels_once_and_the_rest_is_the_specs(tmp_path):
    text = "@workflow(schedule='0 3 * * *', time_zone='Europe/Berlin', parallelism=8)\ndef w():\n    clean('a')\n"
    spec = render(tmp_path, text)[0]["spec"]
    assert spec["files"] == {"author.py": (tmp_path / "author.py").read_text()}
    assert spec["schedule"] == {"cron": "0 3 * * *", "timeZone": "Europe/Berlin"}
    assert (spec["parallelism"], spec["defaults"]) == (8, {"image": "python:3.13-slim"})
