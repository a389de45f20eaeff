"""The slots that runs share: who gets them, who waits for what, and what is in use."""

import json

import pytest

from sluice.core.base.naming import POOLS, RUN_POOLS, pod_name
from sluice.core.base.ownership import RunRef
from sluice.core.pod.view import pod_view
from sluice.core.quota.pod_cap import PodCaps
from sluice.core.quota.pool import PoolKey, Pools, RunClaim, RunHolders
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.quota.waiters import QueuePosition, Request, Waiters
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from tests.core.kubelet import accepted, being_deleted, exited, running, unschedulable
from tests.core.kubelet import pod as pod_of

A, B = {"a": 1}, {"b": 1}


class Limits(SharedLimits):
    """`Limits(a=1, b=2)`: two pools, in the namespace where all ask."""

    def __init__(self, *, pods=None, pods_per_namespace=None, held_by="Tasks", **slots):
        super().__init__(pods=pods, pods_per_namespace=pods_per_namespace, wake=lambda run: self.woken.append(run.name))
        self.woken = []
        self.now = 0.0
        for name, count in slots.items():
            self.has(name, count, held_by)

    def has(self, name, count, held_by="Tasks"):
        self.set_pool(PoolKey("team", name), count, held_by)

    def ask(self, run, claim, *, priority=0, way=1, namespace="team"):
        """Each run has one task."""
        return self.grant(request(run, claim, priority, way, namespace), self.now)

    def ask_run(self, run, claim, **fields):
        """A whole run asks."""
        return self.grant_run(request(run, claim, task="", **fields), self.now) is not None

    def wait_reason(self, run, claim):
        return super().wait_reason(run, WaitKey(tuple(claim.items())), first=True)

    def used(self, name):
        return self.usage(PoolKey("team", name)).used

    def wakes(self):
        woken, self.woken = self.woken, []
        return woken


(LOAD,) = Definition.of({"tasks": [{"name": "load", "image": "busybox"}]}).tasks


def ref(run):
    return RunRef("team", run, run)


def request(run, claim, priority=0, way=1, namespace="team", task="load"):
    identity = RunIdentity(run, namespace, run, "etl", {})
    position = QueuePosition(-priority, -way, 0, run, (), 0 if task else -1)
    return Request(
        identity, WaitKey(tuple(sorted(claim.items()))), position, task, pod_name(run, run, task, 1) if task else ""
    )


def pod(run, claim, status, *, namespace="team", uid=None, owner=None, annotation=None, of_run=None):
    """The pod of a run's task."""
    body = pod_of(status, LOAD, run=RunIdentity(run, namespace, run, "etl", {}))
    body["metadata"]["uid"] = uid or f"uid-of-{run}"
    if owner:
        body["metadata"]["ownerReferences"][0]["uid"] = owner
    body["metadata"]["annotations"] = {POOLS: annotation or json.dumps(claim), RUN_POOLS: json.dumps(of_run or {})}
    return pod_view(body)


# Who gets them.


def test_slots_are_granted_until_there_are_no_more():
    limits = Limits(a=2)
    assert [limits.ask(run, A) for run in ("r1", "r2", "r3")] == [True, True, False]


def test_all_or_nothing():
    limits = Limits(a=1, b=0)
    limits.has("b", 1)
    assert limits.ask("r1", B)
    assert not limits.ask("r2", A | B)
    assert (limits.used("a"), limits.used("b")) == (0, 1)


def test_task_that_asks_for_many_is_not_starved():
    limits = Limits(a=2)
    limits.ask("r1", A)
    assert not limits.ask("r2", {"a": 2}, priority=1)
    assert not limits.ask("r3", A)  # there is a slot, but r2 is before it
    limits.pod_deleted(seen(limits, "r1", A))
    assert limits.wakes() == ["r2"]
    assert limits.ask("r2", {"a": 2}, priority=1)


def test_who_is_overtaken_before_it_took_its_slot_waits_again():
    limits = Limits(a=2)
    for run in ("r1", "r2"):
        limits.ask(run, A)
    limits.ask("r3", A)
    limits.pod_deleted(seen(limits, "r1", A))
    assert limits.wakes() == ["r3"]
    limits.ask("r4", {"a": 2}, priority=1)
    assert not limits.ask("r3", A)


def test_other_pools_go_on():
    limits = Limits(a=1, b=1)
    limits.ask("r1", A)
    assert not limits.ask("r2", A)
    assert limits.ask("r3", B)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"priority": 1}, {"priority": 0}),
        ({"priority": 1}, {"priority": 0, "way": 100}),
        ({"way": 2}, {"way": 1}),
        ({"run": "r2"}, {"run": "r3"}),
    ],
)
def test_order_of_a_queue(first, second):
    for asked in ((first, second), (second, first)):
        limits = Limits(a=1)
        limits.ask("r1", A)
        for fields in asked:
            limits.ask(**{"claim": A, "run": "r2" if fields is first else "r3"} | fields)
        limits.pod_deleted(seen(limits, "r1", A))
        assert limits.wakes() == ["r2"]


def test_two_that_want_the_same_two_do_not_wait_for_each_other():
    limits = Limits(a=1, b=1)
    limits.ask("r1", A)
    limits.ask("r2", B)
    limits.ask("r3", A | B)
    limits.ask("r4", B | A)
    limits.pod_deleted(seen(limits, "r2", B))
    assert limits.wakes() == []
    limits.pod_deleted(seen(limits, "r1", A))
    assert limits.wakes() == ["r3"]


def test_run_that_leaves_lets_the_next_one_through():
    limits = Limits(a=2)
    limits.ask("r1", A)
    limits.ask("r2", {"a": 2}, priority=1)
    limits.ask("r3", A)
    limits.retain_waiters("r2", {})
    assert limits.wakes() == ["r3"]
    assert limits.ask("r3", A)


def test_who_asks_for_what_cannot_be_had_blocks_nobody():
    limits = Limits(a=1)
    assert not limits.ask("r1", {"a": 2}, priority=1)
    assert not limits.ask("r2", A | B, priority=1)
    assert limits.ask("r3", A)


@pytest.mark.parametrize(("claim", "pool", "slots"), [({"a": 2}, "a", 2), (A | B, "b", 1), ({"a": 1, "b": 3}, "b", 4)])
def test_pool_that_is_made_or_made_larger_lets_them_through(claim, pool, slots):
    limits = Limits(a=1)
    assert not limits.ask("r1", claim)
    limits.has(pool, slots)
    assert limits.wakes() == ["r1"]
    assert limits.ask("r1", claim)


def test_pool_that_is_made_smaller_ends_nothing_and_lets_nobody_through():
    limits = Limits(a=3)
    for run in ("r1", "r2", "r3"):
        limits.ask(run, A)
    limits.has("a", 1)
    limits.ask("r4", A)
    for run in ("r1", "r2"):
        limits.pod_deleted(seen(limits, run, A))
        assert limits.wakes() == []
    limits.pod_deleted(seen(limits, "r3", A))
    assert limits.wakes() == ["r4"]


def test_pools_of_two_namespaces_have_nothing_to_do_with_each_other():
    limits = Limits(a=1)
    limits.set_pool(PoolKey("other", "a"), 1)
    assert limits.ask("r1", A)
    assert limits.ask("r2", A, namespace="other")


# What is in use.


def seen(limits, run, claim, status=None, **more):
    """The run's pod is seen."""
    found = pod(run, claim, status or running(), **more)
    limits.observe_pod(found)
    return found


@pytest.mark.parametrize(
    ("status", "used"),
    [
        (accepted(), 1),
        (unschedulable(), 1),
        (running(), 1),
        (being_deleted(running()), 1),  # its node may be lost, and the program may run on
        (exited(0), 0),
        (exited(1), 0),
        (being_deleted(exited(0)), 0),
    ],
)
def test_slot_is_held_until_the_pod_is_terminal(status, used):
    limits = Limits(a=1)
    limits.ask("r1", A)
    seen(limits, "r1", A, status)
    assert limits.used("a") == used


def test_grant_holds_before_the_pod_is_seen_and_is_given_back_if_it_is_not_made():
    limits = Limits(a=1)
    limits.ask("r1", A)
    assert limits.used("a") == 1
    limits.ask("r2", A)
    limits.release("team", pod_name("r1", "r1", "load", 1))
    assert (limits.used("a"), limits.wakes()) == (0, ["r2"])


def test_pod_that_exists_is_not_given_back():
    limits = Limits(a=1)
    limits.ask("r1", A)
    seen(limits, "r1", A)
    limits.release("team", pod_name("r1", "r1", "load", 1))
    assert limits.used("a") == 1


def test_pods_of_a_list_say_what_is_in_use_however_often_they_are_heard():
    limits = Limits(a=5)
    for _ in range(2):
        seen(limits, "r1", {"a": 2})
        seen(limits, "r2", {"a": 2})
        seen(limits, "r3", {"a": 2}, exited())
    assert limits.used("a") == 4
    assert not limits.ask("r4", {"a": 2})


def test_pod_that_is_gone_late_takes_nothing_from_a_later_one_by_its_name():
    limits = Limits(a=1)
    first = pod("r1", A, running(), uid="first")
    limits.ask("r1", A)
    limits.pod_deleted(first)
    assert limits.used("a") == 1
    seen(limits, "r1", A, uid="second")
    limits.pod_deleted(first)
    assert limits.used("a") == 1


@pytest.mark.parametrize(
    "fields", [{"owner": "somebody"}, {"annotation": "[]"}, {"annotation": "{"}, {"annotation": '{"a": "x"}'}]
)
def test_pod_that_is_not_ours_holds_nothing(fields):
    limits = Limits(a=1)
    seen(limits, "r1", A, **fields)
    assert limits.used("a") == 0


def test_nothing_is_kept_of_what_is_over():
    limits = Limits()
    limits.ask("r1", A)
    limits.retain_waiters("r1", {})
    limits.pod_deleted(seen(limits, "r2", B))
    limits.ask_run("r3", A)
    limits.observe_run(RunClaim(ref("r4"), (("b", 1),)))
    for run in ("r3", "r4"):
        limits.run_ended(ref(run))
    kept = limits._pools, limits._caps, limits._waiters, limits._runs
    assert kept == (Pools(), PodCaps(), Waiters(Pools()), RunHolders())


# Whole runs.


def test_run_holds_its_slots_until_it_is_over():
    limits = Limits(a=1, held_by="Runs")
    assert limits.ask_run("r1", A)
    assert not limits.ask_run("r2", A)
    assert limits.wakes() == []
    limits.run_ended(ref("r1"))
    assert limits.wakes() == ["r2"]
    assert limits.ask_run("r2", A)


@pytest.mark.parametrize(
    ("held_by", "why"),
    [
        (
            "Runs",
            "Pool: a is held by whole runs; name it in spec.pools, or name one with heldBy: Tasks",
        ),
        ("Tasks", "Pool: a is held by tasks; name it in the pools of tasks, or name one with heldBy: Runs"),
    ],
)
def test_pool_is_held_by_tasks_or_by_runs_and_who_asks_the_other_way_stands_in_no_line(held_by, why):
    limits = Limits(a=1, held_by=held_by)
    right, wrong = (limits.ask, limits.ask_run) if held_by == "Tasks" else (limits.ask_run, limits.ask)
    assert not wrong("r1", A, priority=1)
    assert limits.wait_reason("r1", A) == why
    assert right("r2", A)
    assert limits.wait_reason("r1", A) == why
    limits.has("a", 1, "Runs" if held_by == "Tasks" else "Tasks")  # another Pool by its name
    assert limits.wait_reason("r1", A) == "Pool: a 1/1, held by r2" + ("/load" if held_by == "Tasks" else "")


def test_asking_again_gives_what_was_granted():
    """The answer to writing it down may have been lost, and the Workflow may say something else by now."""
    limits = Limits(a=2, held_by="Runs")
    limits.ask_run("r1", A)
    assert limits.grant_run(request("r1", {"a": 2}, task=""), 0.0) == (("a", 1),)
    assert limits.used("a") == 1


def test_run_that_asks_for_something_else_leaves_its_old_queue():
    limits = Limits(a=0, b=0, held_by="Runs")
    limits.ask_run("r1", A)
    limits.ask_run("r1", B)
    assert [limits.usage(PoolKey("team", name)).waiting for name in ("a", "b")] == [0, 1]


def test_runs_of_a_list_say_what_is_in_use_however_often_they_are_heard():
    limits = Limits(a=3)
    for _ in range(2):
        limits.observe_run(RunClaim(ref("r1"), (("a", 2),)))
    assert (limits.used("a"), limits.usage(PoolKey("team", "a")).holders) == (2, ["r1"])
    limits.run_ended(ref("r1"))
    assert limits.used("a") == 0


@pytest.mark.parametrize("last", ["run", "pod", "pod that ends"])
def test_pods_of_a_run_that_was_deleted_hold_its_slots_until_they_have_ended(last):
    limits = Limits(a=1, held_by="Runs")
    limits.ask_run("r1", A)
    living = seen(limits, "r1", {}, of_run=A)
    ends = {
        "run": lambda: limits.run_ended(ref("r1")),
        "pod": lambda: limits.pod_deleted(living),
        "pod that ends": lambda: seen(limits, "r1", {}, exited(), of_run=A),
    }
    for end in [ends["pod" if last == "run" else "run"], ends[last]]:
        assert limits.used("a") == 1
        end()
    assert limits.used("a") == 0


def test_pods_of_a_list_say_what_their_runs_hold():
    limits = Limits(a=3)
    living = seen(limits, "r1", {"a": 1}, of_run={"a": 2})
    assert limits.used("a") == 3
    limits.pod_deleted(living)
    assert limits.used("a") == 0


def test_caps_on_pods_are_nothing_to_whole_runs():
    limits = Limits(pods=1, pods_per_namespace=1, a=2, held_by="Runs")
    assert limits.ask("r1", {})
    assert limits.ask_run("r2", A)
    assert not limits.ask("r3", {})
    assert limits.wait_reason("r3", {}) == "PodLimit: 1/1 pods of this namespace"


# Caps on pods.


def test_cap_of_a_namespace_holds_for_each():
    limits = Limits(pods_per_namespace=1)
    assert limits.ask("r1", {})
    assert not limits.ask("r2", {})
    assert limits.ask("r3", {}, namespace="other")
    limits.pod_deleted(seen(limits, "r1", {}))
    assert limits.wakes() == ["r2"]


@pytest.mark.parametrize(("flood", "stranger"), [(0, 0), (9, 0), (0, 9)])
@pytest.mark.parametrize("claim", [{}, A])
def test_cap_over_all_goes_round_robin_over_namespaces_and_priority_counts_in_none_but_its_own(flood, stranger, claim):
    limits = Limits(pods=1, a=2000)
    limits.set_pool(PoolKey("other", "a"), 1)
    assert limits.ask("first", claim)
    for number in range(1500):
        limits.ask(f"r{number}", {"a": number + 1} if claim else {}, priority=flood)
    for name, priority in (("x0", stranger), ("x1", stranger + 1)):
        assert not limits.ask(name, {}, namespace="other", priority=priority)
    started = [("first", claim, "team", 0)]
    for _ in range(5):
        name, had, namespace, _ = started[-1]
        limits.wakes()
        limits.pod_deleted(seen(limits, name, had, namespace=namespace))
        (woken,) = limits.wakes()
        mine = woken.startswith("r")
        had = {"a": int(woken[1:]) + 1} if mine and claim else {}
        priority = flood if mine else stranger + int(woken[1:])
        started.append((woken, had, "team" if mine else "other", priority))
        assert limits.ask(woken, had, namespace=started[-1][2], priority=priority)
    assert [name for name, *_ in started] == ["first", "x1", "r0", "x0", "r1", "r10"]


def test_who_asks_for_the_next_of_its_tasks_keeps_its_namespaces_turn():
    limits = Limits(pods=1)
    limits.ask("r1", {})
    limits.ask("x1", {}, namespace="other")
    limits.ask("y1", {}, namespace="third")
    limits.ask("x1", {}, namespace="other", priority=1)  # another of its tasks has become ready
    limits.wakes()
    limits.pod_deleted(seen(limits, "r1", {}))
    assert limits.wakes() == ["x1"]


def test_full_namespace_and_full_pool_hold_up_no_other():
    limits = Limits(pods=3, pods_per_namespace=2, a=1)
    limits.ask("r1", A)
    assert not limits.ask("r2", A, priority=9)
    assert limits.ask("r3", {})
    assert not limits.ask("r4", {}, priority=9)
    assert limits.ask("r5", {}, namespace="other")


# What people are told.


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ({"x": 1}, "Pool: x does not exist; create it"),
        ({"a": 3}, "Pool: a has 2 slots, 3 are asked for"),
        ({"one": 2}, "Pool: one has 1 slot, 2 are asked for"),
        ({"none": 1}, "Pool: none has 0 slots, 1 is asked for"),
        ({"one": 1}, "Pool: one 1/1, held by r1/load"),
        ({"a": 2}, "Pool: a 1/2, 2 are asked for, held by r2/load"),
        ({"many": 1}, "Pool: many 5/5, held by m0/load, m1/load, m2/load and 2 more"),
    ],
)
def test_why(claim, why):
    limits = Limits(a=2, one=1, none=0, many=5)
    limits.ask("r1", {"one": 1})
    limits.ask("r2", A)
    for number in range(5):
        limits.ask(f"m{number}", {"many": 1})
    assert not limits.ask("r3", claim)
    assert limits.wait_reason("r3", claim) == why


def test_why_it_waits_though_there_is_room():
    limits = Limits(a=2)
    limits.ask("r1", A)
    limits.ask("r2", {"a": 2}, priority=1)
    limits.ask("r3", A)
    assert limits.wait_reason("r3", A) == "Pool: a 1/2, after r2/load"


@pytest.mark.parametrize(
    ("caps", "why"),
    [
        ({"pods": 1}, "PodLimit: 1/1 pods of all namespaces"),
        ({"pods_per_namespace": 1}, "PodLimit: 1/1 pods of this namespace"),
    ],
)
def test_why_a_cap_holds_it_up(caps, why):
    limits = Limits(**caps)
    limits.ask("r1", {})
    limits.ask("r2", {})
    assert limits.wait_reason("r2", {}) == why


def test_use_of_a_pool():
    limits = Limits(a=2)
    for run in ("r1", "r2"):
        limits.ask(run, A)
    limits.grant(request("r3", A), 0.0, tasks=7)
    limits.grant(request("r4", {"a": 3}), 0.0, tasks=2)
    use = limits.usage(PoolKey("team", "a"))
    assert (use.used, use.waiting, use.holders) == (2, 9, ["r1/load", "r2/load"])


# What somebody else wrote.


def test_annotation_of_an_unknown_runs_pod_holds_no_more_than_a_pool_has():
    limits = Limits(a=2)
    limits.observe_pod(pod("r1", {"a": 10**6, "nowhere": 1}, running()), known=False)
    assert (limits.used("a"), limits.used("nowhere")) == (2, 0)


def test_pod_of_another_namespace_gives_away_nothing_that_a_run_holds():
    limits = Limits(a=1)
    elsewhere = pod("r1", {}, running(), namespace="elsewhere", of_run=A)
    limits.observe_pod(elsewhere)
    limits.observe_run(RunClaim(ref("r1"), (("a", 1),)))
    limits.pod_deleted(elsewhere)
    assert limits.used("a") == 1
    assert not limits.ask_run("r2", A)


def test_a_run_knows_better_than_its_pods_what_it_holds():
    limits = Limits(a=3, b=1)
    seen(limits, "r1", {}, of_run=B)
    limits.observe_run(RunClaim(ref("r1"), (("a", 2),)))
    assert (limits.used("a"), limits.used("b")) == (2, 0)


def test_a_pool_says_who_is_next_and_since_when():
    limits = Limits(a=1)
    assert limits.ask("r1", A)
    for limits.now, run, priority in ((5.0, "r2", 0), (6.0, "r3", 1), (7.0, "r2", 0)):
        assert not limits.ask(run, A, priority=priority)
    assert not limits.ask("r9", {"a": 2})  # which it can never have: it stands in no line
    first = limits.usage(PoolKey("team", "a")).first_waiters
    assert [(name.split("/")[0], since) for name, since in first] == [("r3", 6.0), ("r2", 5.0)]


def test_of_many_who_wait_a_pool_names_ten():
    limits = Limits(a=1)
    for number in range(30):
        limits.ask(f"r{number:02}", A)
    assert len(limits.usage(PoolKey("team", "a")).first_waiters) == 10


def test_a_pod_whose_owner_was_taken_away_holds_its_slots_until_it_ends():
    """As `kubectl delete --cascade=orphan` does."""
    for end in ("terminal", "deleted"):
        limits = Limits(a=1, mutex=1)
        seen(limits, "r1", A, of_run={"mutex": 1})
        limits.observe_run(RunClaim(ref("r1"), (("mutex", 1),)))
        seen(limits, "r1", A, of_run={"mutex": 1}, owner="nobody")
        limits.run_ended(ref("r1"))
        assert (limits.used("a"), limits.used("mutex")) == (1, 1)
        if end == "terminal":
            seen(limits, "r1", A, exited(), of_run={"mutex": 1}, owner="nobody")
        else:
            limits.pod_deleted(pod("r1", A, running(), owner="nobody"))
        assert (limits.used("a"), limits.used("mutex")) == (0, 0)


def test_somebody_elses_pod_by_the_name_of_a_granted_one_frees_nothing():
    limits = Limits(a=1)
    limits.ask("r1", A)
    seen(limits, "r1", A, exited(), owner="somebody", uid="other")
    assert limits.used("a") == 1
