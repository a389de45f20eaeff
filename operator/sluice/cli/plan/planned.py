"""What is said of one object of a file, whatever the form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluice.core import Instant
from sluice.core.spec.changes import Change
from sluice.core.whatif.plan import Plan
from sluice.core.whatif.room import Fit, Shortage
from sluice.core.whatif.start import Start


@dataclass(frozen=True, slots=True)
class Planned:
    """One Workflow, or one run, of the file."""

    kind: str
    name: str
    start: Start
    changes: list[Change]
    settings: list[Change]
    """Of what starts nothing by itself."""
    plan: Plan
    guesses: list[str]
    kept_of: str
    """The run whose successes are kept; '' if none is."""
    meets: str
    """What becomes of the run while the one before it goes on."""
    kept_runs: int
    fit: Fit | None = None
    """None if the nodes are not known."""
    shortages: Sequence[Shortage] = ()
    times_s: Mapping[str, float] = field(default_factory=dict)
    """How long one pod of each task takes."""
    succeeded_at: Mapping[str, Instant] = field(default_factory=dict)
    """When each task succeeded last, as far as the run is known that it is kept from."""
