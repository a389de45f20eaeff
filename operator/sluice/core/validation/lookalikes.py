"""Faults of what looks like a placeholder and is none of ours. It would reach the program as it stands, which would
succeed with the wrong text.

People write those of the tool that they come from: Argo's `{{inputs.parameters.day}}`, Tekton's `$(inputs.params.day)`,
Airflow's `{{ ds }}`. Whatever is no such beginning passes: `{{.State}}` and `$(python3.12 -V)` are the program's.
"""

import re
from collections.abc import Iterator

from sluice.core.base.faults import Fault
from sluice.core.graph.placeholders import PLACEHOLDER, UNFILLED, strings_in
from sluice.core.validation.manifest import ParsedManifest

_ROUND = re.compile(
    r"(?<!\$)\$\((?P<words>(?:params?|inputs|outputs|item|run|tasks?|steps|workflow|context|workspaces)"
    r"\.[A-Za-z0-9_.-]*)\)"
)
_CURLY = re.compile(r"\{\{([^{}]*)\}\}")
_FOREIGN = re.compile(
    r"(?:inputs|outputs|workflow|item|tasks|steps|pod|params|var|macros|dag|dag_run|run_id|ti|task_instance|ds|"
    r"ds_nodash|ts|ts_nodash|logical_date|execution_date|data_interval_start|data_interval_end)\b"
)
_NAME = r"([A-Za-z0-9_-]+)"
_OURS = (
    (rf"(?:(?:inputs|workflow)\.(?:parameters|params)|params?)\.{_NAME}", r"$(params.\1)"),
    (r"item(\.[A-Za-z0-9_.-]+)?", r"$(item\1)"),
    (rf"(?:tasks?|steps)\.{_NAME}\.(?:outputs|results)\.(?:parameters\.)?{_NAME}", r"$(tasks.\1.outputs.\2)"),
    (rf"(?:tasks?|steps)\.{_NAME}\.(?:status|phase)", r"$(tasks.\1.phase)"),
    (rf"(?:tasks?|steps)\.{_NAME}\.exitCode", r"$(tasks.\1.exitCode)"),
    (r"(?:ti|task_instance)\.xcom_pull.*", "$(tasks.NAME.outputs.KEY)"),
    (r"workflow\.name|context\.(?:pipelineRun|taskRun)\.name|run_id|dag_run\.run_id", "$(run.name)"),
    (r"workflow\.creationTimestamp|dag_run\.start_date", "$(run.startedAt)"),
    (r"workflow\.(?:status|phase)", "$(run.phase)"),
    (r"workflow\.duration", "$(run.duration)"),
    (r"ds|ds_nodash|ts|ts_nodash|logical_date|execution_date|data_interval_start", "$(run.intervalStart)"),
    (r"data_interval_end", "$(run.scheduledTime)"),
)
_ALL_OURS = (
    "ours are $(params.NAME), $(tasks.NAME.outputs.KEY), $(tasks.NAME.phase), $(item), $(item.FIELD) and $(run.name)"
)


def lookalikes(found: ParsedManifest) -> Iterator[Fault]:
    for path, fields in found.layers.items():
        for name, field in fields.items():
            if name not in UNFILLED:
                for place, text in strings_in(field, f"{path}.{name}"):
                    yield from lookalikes_in(place, text)


def lookalikes_in(place: str, text: str) -> Iterator[Fault]:
    """Those of one text, which stands at `place`."""
    for match in _ROUND.finditer(text) if "$(" in text else ():
        if not PLACEHOLDER.fullmatch(match[0]):
            literal = f"for the text itself write ${match[0]}"
            yield Fault(place, f"{match[0]} is no placeholder; {_instead(match['words'])}, and {literal}")
    for match in _CURLY.finditer(text) if "{{" in text else ():
        words = match[1].removeprefix("=").strip().strip("-").strip()
        if match[1].startswith("=") or _FOREIGN.match(words):
            literal = "what is meant literally has its place in a script"
            yield Fault(place, f"{match[0]} is no placeholder here; {_instead(words)}, and {literal}")


def _instead(words: str) -> str:
    for pattern, ours in _OURS:
        if re.fullmatch(pattern, words):
            return f"write {re.sub(pattern, ours, words)}"
    return _ALL_OURS
