"""`--durations FILE`: how long tasks take, for those who know better than the kept runs."""

from pathlib import Path

from sluice.api.base import seconds
from sluice.cli.lint.scalars import shown
from sluice.cli.lint.source import Finding, read_yaml
from sluice.client.errors import ClientError
from sluice.core.base.text import one_line

_SHOWN = 60


class BadDurations(ClientError):
    """A file that says no durations. The message has all faults."""


def read_durations(file: Path) -> dict[str, float]:
    """Seconds by task. Raises BadDurations."""
    try:
        documents = list(read_yaml(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise BadDurations(f"{file}: {' '.join(str(error).split())}") from error
    found = [each for each in documents if isinstance(each, Finding)]
    read = [document for document in documents if not isinstance(document, Finding)]
    found += [each for document in read for each in (*document.findings, *document.twice)]
    if found:
        raise BadDurations("\n".join(f"{file}:{each}" for each in sorted(found)))
    said = [document.value for document in read]
    if len(said) != 1 or not isinstance(said[0], dict):
        raise BadDurations(f"{file}: write one line a task, such as clean: 1m30s")
    times: dict[str, float] = {}
    faults = []
    for task, duration in said[0].items():
        try:
            times[task] = float(seconds(one_line(shown(duration), _SHOWN)))
        except ValueError as error:
            faults.append(f"{file}: {task}: {error}")
    if faults:
        raise BadDurations("\n".join(faults))
    return times
