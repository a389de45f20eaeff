"""What a run would do, before it does: which tasks run and why, how long they take, how much they ask for at a time,
and what holds them up.

It is read off the course of the run on a made-up cluster (see `scene` and `simulate`), under the operator's own
decisions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sluice.core.run.outputs import values_of
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.status.durations import BY_FILE, BY_HINT, BY_RUNS, GUESSED, Took
from sluice.core.status.reasons import reason
from sluice.core.whatif.course import Attempt, Course
from sluice.core.whatif.longest_way import longest_way
from sluice.core.whatif.peak import Peak, peak
from sluice.core.whatif.scene import Scene, Subject

PROFILE_PARTS = 12
_SOURCES, _WAIT = (BY_FILE, BY_RUNS, BY_HINT), "wait"
_LIMITS_TRIED = 3
_CAPS = ("parallelism", "podLimit", "concurrency")
_PODS_SIMULATED_AGAIN = 4000
"""With more pods only the typical times are simulated, and nothing is tried with one more slot."""


RUNS, REUSED, SKIPPED, WAITS = "runs", "reused", "skipped", "never ends"
FAILS, NOT_REACHED = "fails", "is not reached"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a task. `pods` are its own and those of its items."""

    task: str
    does: str
    why: str = ""
    items: int | None = None
    reused_items: int = 0
    pods: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds, and where they are from."""

    low_s: float
    typical_s: float
    high_s: float
    sources: tuple[str, ...]
    """Empty where nothing takes time."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """The limit that costs most time: `pool/warehouse`, `parallelism` (of the run or, if `slots` is None, of fan-outs),
    `podLimit` (of the chart), `concurrency` (of the Workflow). `held_up_s` is for how long at least one task
    waited for it, `with_more_s` how long the run takes with one slot more; None if that was not tried.
    """

    kind: str
    slots: int | None
    held_up_s: float
    with_more_s: float | None


@dataclass(frozen=True, slots=True)
class Late:
    """A task that has taken longer than its timeout lets it."""

    task: str
    takes_s: float
    timeout_s: int


@dataclass(frozen=True, slots=True)
class Guessed:
    """A task whose time is a guess. `workflow` is the one that runs it, '' for the one that is planned."""

    workflow: str
    task: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    fates: tuple[Fate, ...]
    time: Estimate | None
    """None if nothing is known of the times, or the run would never end."""
    times_known: bool
    """Is anything known of the times? Else all tasks take equally long."""
    guessed: tuple[Guessed, ...]
    """Of the tasks that run."""
    longest: tuple[str, ...]
    longest_s: float
    peak: Peak
    narrow: Narrow | None
    pods: int
    """In all, those of the runs that it calls among them."""
    late: tuple[Late, ...]
    trouble: str
    """Why the run would never end, or not well."""
    spans: Mapping[str, tuple[float, float]]
    """When each task that has pods or child runs begins and ends, in seconds since the start."""


def plan(scene: Scene) -> Plan:
    definition, known = scene.subject.definition, _times_known(scene)
    course = (scene if known else _without_timeout(scene)).play()
    took = _took(course)
    longest, longest_s = longest_way(definition, took)
    return Plan(
        fates=tuple(_fates(course)),
        time=_estimate(scene, course) if known and course.run.finished_at is not None else None,
        times_known=known,
        guessed=tuple(_guessed(scene, course)),
        longest=tuple(definition.tasks[number].name for number in longest),
        longest_s=longest_s,
        peak=peak(course.pods, course.ended_s, scene.defaults, PROFILE_PARTS),
        narrow=_narrow(scene, course) if known else None,
        pods=len(course.pods),
        late=tuple(_late(scene.subject, course)),
        trouble=course.trouble,
        spans=_spans(course),
    )


def _times_known(scene: Scene) -> bool:
    """An estimate of which nothing has a source but guesses is none."""
    sources = {each.source for each in _all_took(scene)}
    return GUESSED not in sources or bool(sources & set(_SOURCES))


def _all_took(scene: Scene) -> list[Took]:
    called = (took for each in scene.callees.values() for took in each.durations.took)
    return [*scene.subject.durations.took, *called]


def _guessed(scene: Scene, course: Course) -> Iterator[Guessed]:
    own = scene.identity.workflow
    subjects = {**scene.callees, own: scene.subject}
    begun = {(each.run.identity.workflow, each.run.tasks.named_task_of(each.number)) for each in _attempts(course)}
    for workflow, number in sorted(begun, key=lambda each: (each[0] != own, *each)):
        took, task = subjects[workflow].durations.took[number], subjects[workflow].definition.tasks[number]
        if took.source == GUESSED:
            yield Guessed("" if workflow == own else workflow, task.name, took.typical_s)


def _attempts(course: Course) -> Iterator[Attempt]:
    yield from course.pods
    yield from course.calls


def _without_timeout(scene: Scene) -> Scene:
    """Where no times are known, none can be too long."""
    settings = scene.subject.settings.model_copy(update={"timeout": None})
    return replace(scene, subject=replace(scene.subject, settings=settings))


def _fates(course: Course) -> list[Fate]:
    run = course.run
    root = run.identity.uid
    made: dict[int, int] = {}
    for pod in course.pods:
        if pod.run.identity.uid == root:
            number = run.tasks.named_task_of(pod.number)
            made[number] = made.get(number, 0) + 1
    if not course.starts:
        return [Fate(task.name, NOT_REACHED, "the run does not start") for task in run.definition.tasks]
    return [_fate(run, number, made.get(number, 0)) for number in range(len(run.definition.tasks))]


def _fate(run: RunState, number: int, pods: int) -> Fate:
    task, fan_out = run.tasks[number], run.tasks.fan_outs.get(number)
    name, entry = task.definition.name, task.restored_entry or {}
    total = None if fan_out is None else len(fan_out.items)
    if task.step is not TaskStep.ENDED:
        return Fate(name, WAITS, reason(run, number).text or "", total, pods=pods)
    if str(entry.get("reason", "")).startswith("Kept: "):
        return Fate(name, REUSED, "", total, total or 0)
    if task.phase == "Skipped":
        return Fate(name, SKIPPED, (reason(run, number).text or "").removeprefix("Skipped: "), total)
    if task.phase != "Succeeded":
        said = reason(run, number)
        word = FAILS if task.phase == "Failed" else NOT_REACHED
        return Fate(name, word, ": ".join(filter(None, (said.text, said.message))), total, pods=pods)
    kept = 0 if fan_out is None else sum(run.tasks[unit].attempt == 0 for unit in fan_out.units)
    return Fate(name, RUNS, _what(run, number), total, kept, pods)


def _what(run: RunState, number: int) -> str:
    """What a task without a pod of its own does."""
    definition = run.tasks[number].definition
    if definition.approval is not None:
        return "asks a person"
    if definition.wait is not None:
        return "waits"
    if definition.join:
        return "no pod"
    return f"runs Workflow {definition.own['workflow']['name']}" if definition.is_sub_workflow else ""


def _took(course: Course) -> list[float]:
    """How long each task would take by itself: of a fan-out one item, of one that was called its longest run."""
    run = course.run
    took = [0.0] * len(run.definition.tasks)
    for pod in course.pods:
        if pod.run is run:
            named = run.tasks.named_task_of(pod.number)
            took[named] = max(took[named], pod.ended_s - pod.started_s)
    for number, task in enumerate(run.tasks.named):
        if task.definition.wait is not None and task.phase == "Succeeded":
            since = task.on_hold_since or 0.0
            took[number] = max(0.0, task.definition.wait.ends_at(since, values_of(run, task)) - since)
    for call in course.calls:
        if call.run is run:
            named = run.tasks.named_task_of(call.number)
            took[named] = max(took[named], call.ended_s - call.started_s)
    return took


def _spans(course: Course) -> dict[str, tuple[float, float]]:
    run, found = course.run, dict[str, tuple[float, float]]()
    for each in _attempts(course):
        if each.run is run:
            task = run.definition.tasks[run.tasks.named_task_of(each.number)].name
            began_s, ended_s = found.get(task, (each.started_s, each.ended_s))
            found[task] = min(began_s, each.started_s), max(ended_s, each.ended_s)
    return found


def _late(subject: Subject, course: Course) -> Iterator[Late]:
    run = course.run
    for number, took in enumerate(subject.durations.took):
        limit_s = None if took.source in ("", GUESSED) else _limit_s(run, number)
        if limit_s is not None and took.high_s >= limit_s:
            yield Late(run.definition.tasks[number].name, took.high_s, limit_s)


def _limit_s(run: RunState, number: int) -> int | None:
    """How long an attempt of the task, or of an item, may take; None if there is no limit, or it does not run."""
    fan_out, definition = run.tasks.fan_outs.get(number), run.definition.tasks[number]
    unlimited = definition.timeout_s is None and definition.deadline_s is None and definition.late is None
    if unlimited or run.tasks[number].restored_entry is not None:
        return None
    begun = [run.tasks[unit] for unit in ([number] if fan_out is None else fan_out.units) if run.tasks[unit].attempt]
    limits = [
        limit_s for task in begun for limit_s in (task.definition.timeout_s, task.definition.deadline_s) if limit_s
    ]
    return min(limits, default=None)


def _estimate(scene: Scene, course: Course) -> Estimate:
    took = _all_took(scene)
    low_s = high_s = course.ended_s
    if any(each.low_s != each.high_s for each in took) and len(course.pods) <= _PODS_SIMULATED_AGAIN:
        low_s, high_s = scene.play("low_s").ended_s, scene.play("high_s").ended_s
    return Estimate(min(low_s, course.ended_s), course.ended_s, max(high_s, course.ended_s), _sources(scene, took))


def _sources(scene: Scene, took: list[Took]) -> tuple[str, ...]:
    there = {each.source for each in took}
    tasks = (task for each in (scene.subject, *scene.callees.values()) for task in each.definition.tasks)
    waits = (_WAIT,) if any(task.wait is not None for task in tasks) else ()
    return tuple(source for source in _SOURCES if source in there) + waits


def _narrow(scene: Scene, course: Course) -> Narrow | None:
    """Of the limits that held tasks up, the one of which a slot more would buy most: each is tried."""
    limits = (kind for kind in course.held_up_s if kind in _CAPS or kind.startswith("pool/"))
    longest = sorted(limits, key=lambda kind: -course.held_up_s[kind])[:_LIMITS_TRIED]
    found = [_with_one_more(scene, course, kind) for kind in longest]
    return min(
        found, key=lambda narrow: course.ended_s if narrow.with_more_s is None else narrow.with_more_s, default=None
    )


def _with_one_more(scene: Scene, course: Course, kind: str) -> Narrow:
    wider, slots = _wider(scene, course, kind)
    tried = wider is not None and len(course.pods) <= _PODS_SIMULATED_AGAIN
    return Narrow(kind, slots, course.held_up_s[kind], wider.play().ended_s if tried and wider is not None else None)


def _wider(scene: Scene, course: Course, kind: str) -> tuple[Scene | None, int | None]:
    """(the scene with one slot more, how many there are); nothing where one name stands for several limits."""
    if kind == "parallelism":
        cap = course.run.limits.parallelism
        if cap is None:
            return None, None
        settings = scene.subject.settings.model_copy(update={"parallelism": cap + 1})
        return replace(scene, subject=replace(scene.subject, settings=settings)), cap
    if kind == "concurrency":
        rule = scene.subject.settings.concurrency
        if rule is None:
            return None, None
        runs = rule.max_runs or 1
        more = rule.model_copy(update={"max_runs": runs + 1})
        settings = scene.subject.settings.model_copy(update={"concurrency": more})
        return replace(scene, subject=replace(scene.subject, settings=settings)), runs
    name = kind.removeprefix("pool/")
    if name == kind or name not in scene.pools:
        return None, None
    return replace(scene, pools={**scene.pools, name: scene.pools[name] + 1}), scene.pools[name]
