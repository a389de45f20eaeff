"""Names that Kubernetes takes, as near to Argo's as they can be."""

import re
from collections.abc import Container

_TASK_MAX, WORKFLOW_MAX = 63, 40


def dns_label(name: str, longest: int = _TASK_MAX) -> str:
    """`Flip_Coin` as `flip-coin`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:longest].strip("-") or "task"


def parameter_name(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:_TASK_MAX]
    return plain if re.match("[A-Za-z_]", plain) else f"_{plain}"[:_TASK_MAX]


def free(name: str, taken: Container[str], longest: int = _TASK_MAX) -> str:
    """The name itself or, where it is taken, with the first number that is free."""
    found, number = name[:longest], 2
    while found in taken:
        tail = f"-{number}"
        found, number = f"{name[: longest - len(tail)].rstrip('-')}{tail}", number + 1
    return found
