"""Small pieces of sentences."""

from collections.abc import Sequence

_WAY_ENDS = 3


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 task`, `3 tasks`; with `plural`, `1 success`, `2 successes`."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or noun + 's'}"


def way(tasks: Sequence[str]) -> str:
    """`extract ▸ clean ▸ load`; the middle of a long one is left out."""
    if len(tasks) > 2 * _WAY_ENDS + 1:
        tasks = [*tasks[:_WAY_ENDS], f"{len(tasks) - 2 * _WAY_ENDS} more", *tasks[-_WAY_ENDS:]]
    return " ▸ ".join(tasks)
