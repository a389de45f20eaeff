"""Small pieces of sentences."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 task`, `3 tasks`; with `plural`, `1 success`, `2 successes`."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or noun + 's'}"
