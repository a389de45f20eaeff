"""What is too large for a pod: its annotations for Kubernetes, one argument or variable for Linux. What a podTemplate
has in the wrong shape is for the API server to refuse.
"""

from collections.abc import Iterator

from sluice.core import Json
from sluice.core.base.foreign import mappings, string

ANNOTATIONS_MAX_BYTES = 256 * 1024
"""Kubernetes' limit for all annotations of one object. Scripts and their inputs travel there."""
EXEC_MAX_BYTES = 128 * 1024 - 1
"""Of one argument or variable, with its name: Linux' MAX_ARG_STRLEN less the zero byte at the end. Beyond it no program
starts, and the kubelet calls that exit code 1.
"""


def oversize(pod: Json) -> str:
    """Why the pod could not be created, or its program not be started; empty if all fits."""
    annotations = pod["metadata"].get("annotations", {})
    size = sum(len(f"{name}{value}".encode()) for name, value in annotations.items())
    if size > ANNOTATIONS_MAX_BYTES:
        return f"the script and its inputs (parameters, outputs) have {size} bytes; {ANNOTATIONS_MAX_BYTES} fit"
    for what, text in _given_to_programs(pod):
        size = len(text.replace("$$", "$").encode())  # as the kubelet leaves it
        if size > EXEC_MAX_BYTES:
            fits = f"a program can be given {EXEC_MAX_BYTES} in one argument or variable"
            return f"{what} has {size} bytes; {fits}. Let a script read /sluice/inputs.json, or use a volume"
    return ""


def _given_to_programs(pod: Json) -> Iterator[tuple[str, str]]:
    """(what it is, its text) of each argument and variable."""
    for container in mappings(pod["spec"]["containers"]):
        for field in ("command", "args"):
            words = container.get(field)
            for number, word in enumerate(words if isinstance(words, list) else ()):
                yield f"{field}[{number}]", str(word)
        for variable in mappings(container.get("env")):
            name = string(variable.get("name"))
            yield f"the variable {name}", f"{name}={variable.get('value', '')}"
