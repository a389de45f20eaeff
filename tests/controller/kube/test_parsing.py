"""Answers of the API server of which one object is nested too deeply."""

import orjson
import pytest

from sluice.controller.kube.parsing import loads

DEEP = '{"a":' * 9000 + "1" + "}" * 9000
SOUND = '{"metadata":{"name":"sound","uid":"1"},"spec":{"tasks":[{"name":"a [[[ {{{"}]}}'
HOSTILE = f'{{"kind":"Workflow","metadata":{{"name":"deep","managedFields":[{DEEP}]}},"spec":{DEEP},"status":{{}}}}'
LEFT = {"kind": "Workflow", "metadata": {"name": "deep"}}


def test_of_an_object_its_metadata_is_left():
    assert loads(HOSTILE.encode()) == LEFT


def test_others_of_a_list_are_read_as_ever():
    found = loads(f'{{"metadata":{{"continue":"x"}},"items":[{SOUND},{HOSTILE},{SOUND}]}}')
    assert found["items"] == [orjson.loads(SOUND), LEFT, orjson.loads(SOUND)]
    assert found["metadata"] == {"continue": "x"}


def test_an_event_of_a_watch_keeps_its_type():
    assert loads(f'{{"type":"ADDED","object":{HOSTILE}}}') == {"type": "ADDED", "object": LEFT}


@pytest.mark.parametrize("content", [b"<html>", b"", b'{"type":"ADD', b"\xff\xfe"])
def test_what_is_no_json_is_an_error(content):
    with pytest.raises(ValueError):  # noqa: PT011  # whichever
        loads(content)
