"""The shared limits against a slow, obvious reference: whatever happens, in whatever order.

The reference keeps no queues: it looks at everybody each time. Which namespace's turn it is under the cap over all it
leaves open, but for this: none has a second turn while another waits for its first.
"""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.core.base.ownership import RunRef
from sluice.core.quota.pool import PoolKey, RunClaim
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.quota.waiters import QueuePosition, Request
from sluice.core.spec.identity import RunIdentity
from tests.core.kubelet import accepted, exited
from tests.core.quota.test_shared_limits import pod

NAMESPACES, POOLS, RUNS = ("n1", "n2"), ("a", "b", "c", "whole"), tuple(f"r{number}" for number in range(6))
CLAIMS = st.dictionaries(st.sampled_from(POOLS), st.integers(1, 3), max_size=2)
RUN = st.sampled_from(RUNS)
POOL = st.tuples(st.sampled_from(NAMESPACES), st.sampled_from(POOLS))
SLOTS = st.integers(0, 4)
STEPS = st.one_of(
    st.tuples(st.just("ask"), RUN, CLAIMS, st.integers(0, 2)),
    st.tuples(st.just("ask for the run"), RUN, CLAIMS, st.integers(0, 2)),
    st.tuples(st.just("end the run"), RUN),
    st.tuples(st.just("leave"), RUN),
    st.tuples(st.just("set pool"), POOL, st.none() | SLOTS),
    st.tuples(st.sampled_from(["see", "end", "lose", "refuse"]), st.integers(0, 9)),
)
WORLDS = {
    "pools": st.dictionaries(POOL, SLOTS),
    "steps": st.lists(STEPS, max_size=60),
    "caps": st.tuples(st.none() | st.integers(1, 4), st.none() | st.integers(1, 3)),
}
CROWDED = {
    "pools": st.just({("n1", "a"): 1}),
    "steps": st.lists(
        st.tuples(st.just("ask"), RUN, st.sampled_from([{}, {}, {"a": 1}]), st.integers(0, 2))
        | st.tuples(st.sampled_from(["end", "end", "refuse"]), st.integers(0, 9)),
        min_size=10,
        max_size=40,
    ),
    "caps": st.tuples(st.integers(1, 2), st.none() | st.integers(1, 2)),
}


def namespace_of(run):
    return NAMESPACES[int(run[1:]) % len(NAMESPACES)]


def held_by(pool):
    return "Runs" if pool[1] == "whole" else "Tasks"


@dataclass
class Pair:
    """The limits, and what is plainly so."""

    caps: tuple
    slots: dict = field(default_factory=dict)
    waiting: dict = field(default_factory=dict)
    """Requests by (run, claim)."""
    held: dict = field(default_factory=dict)
    """Claims by (namespace, pod)."""
    runs: dict = field(default_factory=dict)
    """Claims by (namespace, run)."""
    seen: set = field(default_factory=set)
    made: int = 0
    called: set = field(default_factory=set)
    numbers: dict = field(default_factory=dict)
    """The number of the task that has a claim."""
    passed: dict = field(default_factory=dict)
    """The namespaces that had a turn while this one waited for one."""

    def __post_init__(self):
        everywhere, each = self.caps
        self.limits = SharedLimits(wake=lambda run: self.called.add(run.name), pods=everywhere, pods_per_namespace=each)

    # What is so.

    def used(self, pool):
        holders = [*self.held.items(), *self.runs.items()]
        return sum(dict(claim).get(pool[1], 0) for (namespace, _), claim in holders if namespace == pool[0])

    def possible(self, request):
        return all(
            slots <= (self.slots.get(pool) or 0) and (held_by(pool) == "Tasks") == bool(request.task)
            for pool, slots in wanted(request)
        )

    def no_pool_is_in_the_way(self, request):
        return self.possible(request) and all(
            self.used(pool) + slots <= self.slots[pool]
            and all(
                request.position <= other.position
                for other in self.waiting.values()
                if self.possible(other) and pool in dict(wanted(other))
            )
            for pool, slots in wanted(request)
        )

    def next_of_each(self):
        """Those who may start, and the tasks of which only one may, if there is room for one more: who is next of each
        namespace.
        """
        everywhere, each = self.caps
        all_free = [request for request in self.waiting.values() if self.no_pool_is_in_the_way(request)]
        runs, free = ([r for r in all_free if bool(r.task) is of_task] for of_task in (False, True))
        if each is not None:
            free = [
                min((r for r in free if r.run.namespace == name), key=lambda r: r.position)
                for name in {r.run.namespace for r in free}
                if sum(namespace == name for namespace, _ in self.held) < each
            ]
        if everywhere is None:
            return [*runs, *free], []
        return runs, [
            min((r for r in free if r.run.namespace == name), key=lambda r: r.position)
            for name in {r.run.namespace for r in free}
        ]

    def may_start(self):
        """And of the tasks under the cap over all, those that may if it is their namespace's turn."""
        sure, one_of = self.next_of_each()
        room = self.caps[0] is None or len(self.held) < self.caps[0]
        return {(request.run.name, request.wait_key.claim) for request in (*sure, *(one_of if room else ()))}

    def grant(self, request):
        """Whether the task starts, which is as it should be."""
        sure, one_of = self.next_of_each()
        name = (request.run.name, request.wait_key.claim)
        granted = self.limits.grant(request, 0.0)
        if request in sure or name not in self.may_start():
            assert granted == (request in sure)
            return granted
        if not granted:
            assert any(other.run.name in self.called for other in one_of if other != request), "it is nobody's turn"
            return False
        for waits in {other.run.namespace for other in one_of} - {request.run.namespace}:
            passed = self.passed.setdefault(waits, set())
            assert request.run.namespace not in passed, "a second turn, while another waits for its first"
            passed.add(request.run.namespace)
        self.passed.pop(request.run.namespace, None)
        return True

    # What happens.

    def ask(self, run, claim, priority):
        if any(name == run and not request.task for (name, _), request in self.waiting.items()):
            return  # it has not started
        claim = tuple(sorted(claim.items()))
        self.made += 1
        identity = RunIdentity(run, namespace_of(run), run, "etl", {})
        position = QueuePosition(-priority, -1, 0, run, (), self.numbers.setdefault(claim, len(self.numbers)))
        request = Request(identity, WaitKey(claim), position, "load", f"{run}-{self.made}")
        known = self.waiting.get((run, claim))
        if known is not None and known.position == position:
            request = known
        self.waiting[run, claim] = request
        if not claim and not self.limits.capped:  # asks for nothing that is shared
            del self.waiting[run, claim]
            return
        if self.grant(request):
            del self.waiting[run, claim]
            self.held[request.run.namespace, request.pod] = claim

    def ask_for_the_run(self, run, claim, priority):
        """Before it has tasks that ask, and after they have ended: in between it asks for nothing more."""
        claim, key = tuple(sorted(claim.items())), (namespace_of(run), run)
        if key in self.runs or not claim or any(name.partition("-")[0] == run for _, name in self.held):
            return
        self.leave(run)
        identity = RunIdentity(run, namespace_of(run), run, "etl", {})
        request = Request(identity, WaitKey(claim), QueuePosition(-priority, -1, 0, run, (), -1))
        self.waiting[run, claim] = request
        expected = (run, claim) in self.may_start()
        assert (self.limits.grant_run(request, 0.0) == claim) == expected
        if expected:
            del self.waiting[run, claim]
            self.runs[key] = claim

    def end_the_run(self, run):
        self.runs.pop((namespace_of(run), run), None)
        self.limits.run_ended(RunRef(namespace_of(run), run, run))
        self.waiting = {key: request for key, request in self.waiting.items() if key[0] != run}

    def leave(self, run):
        self.limits.retain_waiters(run, {})
        self.waiting = {key: request for key, request in self.waiting.items() if key[0] != run}

    def set_pool(self, pool, slots):
        self.slots[pool] = slots
        self.passed.clear()  # all who claim slots of it come anew
        self.limits.set_pool(PoolKey(*pool), slots, held_by(pool))

    def pod_news(self, news, which):
        if not self.held:
            return
        (namespace, name), claim = list(self.held.items())[which % len(self.held)]
        found = view_of(namespace, name, claim, accepted() if news in ("see", "lose") else exited())
        match news:
            case "see":
                self.limits.observe_pod(found)
                self.seen.add(name)
            case "end":
                self.limits.observe_pod(found)
                del self.held[namespace, name]
            case "lose":
                self.limits.observe_pod(found)
                self.limits.pod_deleted(found)
                del self.held[namespace, name]
            case "refuse" if name not in self.seen:
                self.limits.release(namespace, name)
                del self.held[namespace, name]


def view_of(namespace, name, claim, status):
    run = name.partition("-")[0]
    found = pod(run, dict(claim), status, namespace=namespace)
    return type(found)(**{slot: getattr(found, slot) for slot in found.__slots__} | {"name": name, "uid": name})


def wanted(request):
    return [((request.run.namespace, name), slots) for name, slots in request.wait_key.claim]


@settings(max_examples=300, deadline=None)
@given(**WORLDS)
def test_same_grants_as_the_reference_and_nobody_is_forgotten(pools, steps, caps):
    _happens(pools, steps, caps)


@settings(max_examples=200, deadline=None)
@given(**CROWDED)
def test_under_a_cap_over_all_no_namespace_has_two_turns_while_another_waits_for_one(pools, steps, caps):
    _happens(pools, steps, caps)


def _happens(pools, steps, caps):
    pair = Pair(caps)
    for pool, slots in pools.items():
        pair.set_pool(pool, slots)
    for step in steps:
        match step:
            case ("ask", run, claim, priority):
                pair.ask(run, claim, priority)
            case ("ask for the run", run, claim, priority):
                pair.ask_for_the_run(run, claim, priority)
            case ("end the run", run):
                pair.end_the_run(run)
            case ("leave", run):
                pair.leave(run)
            case ("set pool", pool, slots):
                pair.set_pool(pool, slots)
            case (news, which):
                pair.pod_news(news, which)
        sure, one_of = pair.next_of_each()
        assert {request.run.name for request in sure} <= pair.called, "may start, and nobody has called it"
        assert {run for run, _ in pair.may_start()} & pair.called or not pair.may_start(), "nobody has been called"
        pair.called &= {run for run, _ in pair.may_start()}
        waits = {request.run.namespace for request in one_of}
        pair.passed = {namespace: passed for namespace, passed in pair.passed.items() if namespace in waits}
        _check(pair)
    _everybody_gets_through(pair)


def _check(pair):
    restarted = SharedLimits(pods=pair.caps[0], pods_per_namespace=pair.caps[1])
    for (namespace, name), claim in pair.held.items():
        restarted.observe_pod(view_of(namespace, name, claim, accepted()))
    for (namespace, name), claim in pair.runs.items():
        restarted.observe_run(RunClaim(RunRef(namespace, name, name), claim))
    for namespace in NAMESPACES:
        for name in POOLS:
            key = PoolKey(namespace, name)
            assert pair.limits.usage(key).used == restarted.usage(key).used == pair.used(key)


def _everybody_gets_through(pair):
    """No deadlock: as pods and runs end, each that can be served at all gets through."""
    while True:
        for run, claim in sorted(pair.may_start()):
            request = pair.waiting[run, claim]
            if not request.task:
                pair.ask_for_the_run(run, dict(claim), -request.position.priority)
                continue
            if pair.grant(request):
                pair.held[request.run.namespace, request.pod] = claim
                del pair.waiting[run, claim]
        if not pair.held and not pair.runs:
            break
        if pair.held:
            pair.pod_news("end", 0)
        else:
            _, run = next(iter(pair.runs))
            waits = [request for (name, _), request in pair.waiting.items() if name == run and pair.possible(request)]
            assert waits == [], "a run ends when its tasks have, and none of them waits for a run"
            pair.end_the_run(run)
    assert [request for request in pair.waiting.values() if pair.possible(request)] == []
