"""Faults of a task's pod: its image, its timeouts, its template."""

from collections.abc import Iterator

from sluice.api.base import seconds
from sluice.api.task import PodMetadata, PodTemplate, TaskTemplate
from sluice.core.base.faults import Fault
from sluice.core.base.naming import PREFIX
from sluice.core.spec.numbers import is_late
from sluice.core.validation.manifest import ParsedManifest, name_of


def something_to_run(found: ParsedManifest) -> Iterator[Fault]:
    default_image = found.defaults is None or found.defaults.image  # defaults that are not sound may have one
    for number, task in found.tasks.items():
        if any(each is not None for each in (task.approval, task.workflow, task.join, task.wait)):
            continue
        path = f"spec.tasks[{number}]"
        if not (task.image or default_image or found.chart_has_image):
            yield Fault(path, f"'{task.name}' has no image; set `image` here or in spec.defaults")
        programs = [field for field in ("bash", "python", "function") if getattr(task, field) is not None]
        if len(programs) > 1:
            both = " and ".join(f"`{field}`" for field in programs[:2])
            yield Fault(path, f"'{task.name}' has both {both}; keep one, and make another task of the other")
        what = "script" if task.function is None else "function"
        for field in ("command", "args"):
            if programs and getattr(task, field) is not None:
                yield Fault(
                    f"{path}.{field}", f"a {what} has no command or args; say it in the {what}, or remove the {what}"
                )
        if task.shell is not None and task.function is not None:
            yield Fault(f"{path}.shell", "a function is called with the image's `python3`; leave this out")
        elif task.shell is not None and task.script is None:
            yield Fault(
                f"{path}.shell", "names the interpreter of a script, and there is none; add `bash`, or use `command`"
            )


_LONGEST_TIMEOUT_S = 2**31 - 1


def timeouts(found: ParsedManifest) -> Iterator[Fault]:
    layers: dict[str, TaskTemplate | None] = {f"spec.tasks[{number}]": task for number, task in found.tasks.items()}
    for path, layer in (layers | {"spec.defaults": found.defaults}).items():
        for field in ("timeout", "deadline"):
            limit = getattr(layer, field, None)
            if limit is not None and not is_late(limit) and not 0 < seconds(limit) <= _LONGEST_TIMEOUT_S:
                words = "is no time that a pod can have; write for example 90s or 2h"
                yield Fault(f"{path}.{field}", f"'{limit}' {words}")


def pod_templates(found: ParsedManifest) -> Iterator[Fault]:
    """Lists that are merged by name need names. All else in a podTemplate is left to the API server."""
    layers: dict[str, TaskTemplate | None] = {f"spec.tasks[{number}]": task for number, task in found.tasks.items()}
    for path, layer in (layers | {"spec.defaults": found.defaults}).items():
        template = layer.pod_template if layer else None
        if template is not None:
            yield from no_marks(template, f"{path}.podTemplate")
        spec = (template.spec if template else None) or {}
        for field in ("containers", "initContainers", "volumes", "imagePullSecrets"):
            where = f"{path}.podTemplate.spec.{field}"
            if not isinstance(spec.get(field, []), list):
                yield Fault(where, "must be a list")
                continue
            for number, item in enumerate(spec.get(field, [])):
                if name_of(item) is None:
                    hint = "; the task's own container is called 'main'" if field == "containers" else ""
                    yield Fault(f"{where}[{number}]", f"must be a map with a `name`{hint}")


def no_marks(template: PodTemplate, path: str) -> Iterator[Fault]:
    """The operator would write them in the author's place, who may not."""
    metadata = template.metadata or PodMetadata()
    for field, keys in (("labels", metadata.labels), ("annotations", metadata.annotations)):
        for key in keys or ():
            if key.startswith(PREFIX):
                yield Fault(f"{path}.metadata.{field}.{key}", f"{PREFIX} is the operator's own prefix; leave it out")
