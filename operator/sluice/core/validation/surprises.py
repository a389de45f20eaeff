"""Warnings of what is accepted and does something else than its author may think."""

import re
from collections.abc import Iterator

from sluice.core import Json
from sluice.core.base.faults import Fault
from sluice.core.base.naming import MAIN
from sluice.core.spec.definition import Definition

_WITHOUT_BASH = re.compile(r"(.*/)?((busybox|alpine)([:@].*)?|(?!bash:)[^/:@]+:[^/@]*alpine[^/@]*(@.*)?)")
"""Images that are known to have no bash; the image `bash` has it in each variant."""
_PIPE = re.compile(r"(?<!\|)\|(?!\|)")


def scripts(definition: Definition) -> Iterator[Fault]:
    """Not faults: the image may have a bash all the same, and a shebang harms nobody."""
    for number, task in enumerate(definition.tasks):
        fields = {**task.defaults, **task.own}
        for field in ("bash", "python"):
            path, script = f"spec.tasks[{number}].{field}", fields.get(field) or ""
            if script.startswith("#!"):
                shebang = script.partition("\n")[0][:60]
                yield Fault(path, f"{shebang} means nothing here; another interpreter, or its options, go into `shell`")
            image = fields.get("image", "")
            if field == "bash" and "shell" not in fields and _PIPE.search(script) and _WITHOUT_BASH.fullmatch(image):
                words = (
                    f"'{image}' has no bash, and sh ignores it where a command before a pipe fails; take an image "
                    "with bash, or write what comes before the pipe to a file first"
                )
                yield Fault(path, words)


def restart_policies(spec: Json) -> Iterator[Fault]:
    layers = {f"spec.tasks[{number}]": task for number, task in enumerate(spec["tasks"])}
    for path, layer in (layers | {"spec.defaults": spec.get("defaults") or {}}).items():
        template = (layer.get("podTemplate") or {}).get("spec") or {}
        words = "is dropped: each attempt is a pod of its own, with Never; say in `retries` how often to try again"
        if template.get("restartPolicy", "Never") != "Never":
            yield Fault(f"{path}.podTemplate.spec.restartPolicy", words)
        containers = template.get("containers") or []
        for at, container in enumerate(containers if isinstance(containers, list) else ()):
            if isinstance(container, dict) and container.get("name") == MAIN:
                for field in ("restartPolicy", "restartPolicyRules"):
                    if container.get(field, "Never") != "Never":
                        yield Fault(f"{path}.podTemplate.spec.containers[{at}].{field}", words)
