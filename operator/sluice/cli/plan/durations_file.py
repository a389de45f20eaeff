"""`--durations FILE`: how long tasks take, for those who know better than the kept runs."""

from pathlib import Path

import yaml

from sluice.api.base import seconds
from sluice.client.errors import ClientError


class BadDurations(ClientError):
    """A file that says no durations. The message has all faults."""


def read_durations(file: Path) -> dict[str, float]:
    """Seconds by task. Raises BadDurations."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadDurations(f"{file}: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise BadDurations(f"{file}: write one line a task, such as clean: 1m30s")
    times: dict[str, float] = {}
    faults = []
    for task, said in found.items():
        try:
            times[str(task)] = float(seconds(str(said)))
        except ValueError as error:
            faults.append(f"{file}: {task}: {error}")
    if faults:
        raise BadDurations("\n".join(faults))
    return times
