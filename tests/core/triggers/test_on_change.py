"""DESIGN's "When a Workflow runs", as a story: what a person did, and what the operator made of it."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.api.workflow import LastRun, WorkflowSettings, WorkflowStatus
from sluice.core.base.naming import change_of, graph_of, revision_name, run_name
from sluice.core.triggers.on_change import OwnRun, Predecessor, RunMark, due_run, run_to_resume

TASKS = [{"name": "a", "image": "busybox"}]
SPEC = {"tasks": TASKS}
OTHER = {"tasks": [{"name": "a", "image": "alpine"}]}


@dataclass
class Cluster:
    """One Workflow and its runs. The operator looks at it when told to."""

    on_first_sight: str = "Run"
    generation: int = 0
    spec: dict = field(default_factory=dict)
    status: dict = field(default_factory=dict)
    runs: dict[str, OwnRun] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def apply(self, spec, *, crash=False):
        if spec != self.spec:
            self.generation += 1
        self.spec = spec
        self.look(crash=crash)

    def look(self, *, crash=False):
        revision, change = revision_name("etl", "uid", graph_of(self.spec)), change_of(graph_of(self.spec))
        name = run_name("etl", "uid", self.generation)
        mark, to_make = due_run(
            generation=self.generation,
            revision=revision,
            change=change,
            run_name=name,
            manual=self.spec.get("trigger") == "Manual",
            mark=RunMark.of(WorkflowStatus.model_validate(self.status).last_run),
            runs=list(self.runs.values()),
            on_first_sight=self.on_first_sight,
        )
        if to_make:
            assert mark.run not in self.made, "names are claims"
            self.runs[mark.run] = OwnRun(mark.run, self.generation, revision, change)
            self.made.append(mark.run)
        if mark is not None and not crash:
            self.status["lastRun"] = mark.written()

    @property
    def generations(self):
        """The generations that have had a run, in order."""
        return [int(name.split("-")[1].removeprefix("g")) for name in self.made]


@pytest.fixture
def cluster():
    return Cluster()


def test_it_runs_once_when_first_seen(cluster):
    cluster.apply(SPEC)
    assert cluster.generations == [1]
    assert cluster.status["lastRun"]["name"] == cluster.made[0]


def test_same_manifest_applied_again_does_nothing(cluster):
    for _ in range(3):
        cluster.apply(SPEC)
    assert cluster.generations == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"tasks": OTHER["tasks"]},
        {"parameters": [{"name": "day", "default": "monday"}]},
        {"defaults": {"retries": {"limit": 1}}},
    ],
)
def test_change_of_what_it_would_do_makes_one_more_run(cluster, change):
    cluster.apply(SPEC)
    cluster.apply(SPEC | change)
    cluster.apply(SPEC | change)
    assert cluster.generations == [1, 2]


@pytest.mark.parametrize("change", [{"parallelism": 8}, {"trigger": "OnChange"}])
def test_change_of_anything_else_makes_none(cluster, change):
    cluster.apply(SPEC)
    cluster.apply(SPEC | change)
    assert cluster.generations == [1]


def described(**task):
    return SPEC | {
        "tasks": [TASKS[0] | task],
        "parameters": [{"name": "day", "default": "monday", "description": task.get("description", "")}],
    }


@pytest.mark.parametrize("field", [{"group": "load"}, {"description": "loads"}, {"expectedDuration": "5m"}])
@pytest.mark.parametrize("crash", [False, True])
def test_what_is_only_told_or_guessed_is_no_change(cluster, field, crash):
    cluster.apply(described(), crash=crash)
    cluster.apply(described(**field))
    cluster.apply(described())
    assert cluster.generations == [1]
    cluster.apply(described(**field, image="alpine"))
    assert cluster.generations == [1, 4]


def test_a_mark_of_an_older_operator_starts_nothing_and_learns_what_its_revision_did(cluster):
    cluster.apply(described())
    change = cluster.status["lastRun"].pop("change")
    cluster.look()
    assert (cluster.generations, cluster.status["lastRun"]["change"]) == ([1], change)
    cluster.apply(described(group="load"))
    assert cluster.generations == [1]


def test_going_back_is_a_change_too(cluster):
    cluster.apply(SPEC)
    cluster.apply(OTHER)
    cluster.apply(SPEC)
    cluster.apply(SPEC)
    assert cluster.generations == [1, 2, 3]


def test_changes_that_nobody_saw_make_one_run(cluster):
    cluster.apply(SPEC)
    cluster.generation = 5
    cluster.apply(OTHER)
    assert cluster.generations == [1, 6]


def test_deleted_run_does_not_come_back(cluster):
    cluster.apply(SPEC)
    cluster.runs.clear()
    cluster.look()
    cluster.apply(SPEC | {"parallelism": 8})
    assert cluster.generations == [1]


@pytest.mark.parametrize("before", [[], [OTHER]])
def test_crash_between_the_run_and_its_mark_makes_no_second_run(cluster, before):
    for spec in before:
        cluster.apply(spec)
    cluster.apply(SPEC, crash=True)
    cluster.look()
    assert cluster.generations == [*range(1, len(before) + 2)]
    assert cluster.status["lastRun"]["name"] == cluster.made[-1]


def test_crash_and_a_change_of_a_cap_before_the_mark_make_no_second_run(cluster):
    cluster.apply(SPEC, crash=True)
    cluster.apply(SPEC | {"parallelism": 8})
    assert cluster.generations == [1]


def test_crash_and_a_change_before_the_mark_make_a_second_run(cluster):
    cluster.apply(SPEC, crash=True)
    cluster.apply(OTHER)
    assert cluster.generations == [1, 2]


def test_manual_makes_none(cluster):
    cluster.apply(SPEC | {"trigger": "Manual"})
    cluster.apply(OTHER | {"trigger": "Manual"})
    assert cluster.generations == []


def test_switch_from_manual_starts_nothing_until_the_next_change(cluster):
    cluster.apply(SPEC | {"trigger": "Manual"})
    cluster.apply(SPEC)
    assert cluster.generations == []
    cluster.apply(OTHER)
    assert cluster.generations == [3]


def test_adopt_takes_a_restored_backup_as_run(cluster):
    cluster.on_first_sight = "Adopt"
    cluster.apply(SPEC)
    assert cluster.generations == []
    cluster.apply(OTHER)
    assert cluster.generations == [2]


def test_workflow_made_again_under_its_name_never_meets_the_first_ones_runs():
    assert run_name("etl", "uid-1", 1) != run_name("etl", "uid-2", 1)
    assert revision_name("etl", "uid-1", SPEC) != revision_name("etl", "uid-2", SPEC)


def test_an_upgrade_of_the_operator_changes_no_name():
    """Each Workflow in each cluster would run again."""
    graph = graph_of({"tasks": TASKS, "parallelism": 2, "defaults": {"env": [{"name": "A", "value": "ü"}]}})
    assert revision_name("etl", "uid", graph) == "etl-c63yr-hfqfhlxadr"
    assert run_name("etl", "uid", 3) == "etl-g3-c63yr"
    assert change_of(graph) == "hfqfhlxadr"


@pytest.mark.parametrize("graph", [{}, {"tasks": None}, {"tasks": {"a": 1}}, {"tasks": [None, 3]}, {"parameters": "x"}])
def test_a_graph_with_faults_has_a_hash_as_well(graph):
    assert len(change_of(graph)) == 10


def test_revision_does_not_depend_on_the_order_of_keys():
    one, other = {"tasks": [{"name": "a", "image": "i"}]}, {"tasks": [{"image": "i", "name": "a"}]}
    assert revision_name("etl", "uid", one) == revision_name("etl", "uid", other)


def test_mark_is_read_as_it_was_written():
    older = RunMark(3, "etl-rev", "etl-g3-4f7a9")
    for mark in (RunMark(3, "etl-rev", "etl-g3-4f7a9", "abc"), older, RunMark(3, "etl-rev", None)):
        assert RunMark.of(LastRun.model_validate(mark.written())) == mark
    assert RunMark.of(None) is None


_SPECS = [SPEC, OTHER, SPEC | {"parallelism": 8}, SPEC | {"trigger": "Manual"}]


@given(st.lists(st.tuples(st.sampled_from(_SPECS), st.booleans(), st.booleans())))
def test_one_run_for_each_observed_change_whatever_happens(story):
    cluster, due_revisions, last = Cluster(), [], None
    for spec, crash, runs_deleted in story:
        cluster.apply(spec, crash=crash)
        cluster.look()
        if graph_of(spec) != last and spec.get("trigger") != "Manual":
            due_revisions.append(cluster.generation)
        last = graph_of(spec)
        if runs_deleted:
            cluster.runs.clear()
    assert cluster.generations == due_revisions


REUSE = {"onChange": {"reuse": "Unchanged"}}


@pytest.mark.parametrize(
    ("spec", "finished", "started", "resumes"),
    [
        ({}, True, True, None),
        (REUSE, True, True, "last"),
        (REUSE, False, True, "last"),  # it is waited for
        (REUSE, False, False, "before"),  # it gives way
        (REUSE, True, False, "before"),
        (REUSE | {"concurrency": {}}, False, False, "last"),  # it waits its turn
        (REUSE | {"concurrency": {}}, True, False, "before"),
    ],
)
def test_a_changed_workflow_goes_on_from_the_last_run_that_did_anything(spec, finished, started, resumes):
    last = Predecessor("last", finished, started, resumes_from="before")
    assert run_to_resume(WorkflowSettings.read(spec), last) == resumes
    assert run_to_resume(WorkflowSettings.read(spec), None) is None
