"""How long reasons and messages may be: the whole status must fit into one object."""

import json

_STATUS_BYTES = 800_000  # an object has at most 1 MiB in many places on its way; the rest is names and managedFields
_ENTRY_BYTES = 330  # of a task's entry beside its texts
_TEXT_MAX, _TEXT_MIN = 512, 64


def text_budget(tasks: int) -> int:
    """How many bytes the reason and the message of a task may have together, so that every status fits."""
    return max(_TEXT_MIN, min(_TEXT_MAX, _STATUS_BYTES // tasks - _ENTRY_BYTES))


def encoded_size(text: str) -> int:
    """The length of a text as the API server stores it: Go's JSON escapes `<`, `>` and `&` as well."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2 + 5 * sum(map(text.count, "<>&"))


def truncate(text: str, room: int) -> str:
    """The start of a text that fits into `room` bytes; empty if `room` is negative."""
    while text and encoded_size(text) > room:
        text = text[: len(text) * room // encoded_size(text)] if len(text) > 1 else ""
    return text
