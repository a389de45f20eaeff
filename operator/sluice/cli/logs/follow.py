"""The logs of a run as they come, and what happens between them, until all that is selected has ended."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial

from sluice.cli.logs.copy import LogGone, copy
from sluice.cli.logs.output import Output
from sluice.cli.logs.progress import of_pod, of_tasks
from sluice.cli.logs.selection import Selection, has_ended, has_failed, has_started, in_order, newest
from sluice.cli.logs.shown import Prefixes, label
from sluice.cli.logs.sink import Sink
from sluice.cli.states import ENDED, SKIPPED, SUCCEEDED, State, state_of
from sluice.cli.terminal import Terminal
from sluice.cli.watch.order import TaskOrder
from sluice.cli.watch.view import RunView
from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.errors import Deleted
from sluice.client.follow import follow_object, follow_objects
from sluice.client.resources import PODS, RUNS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.errors import Unreadable
from sluice.core.base.naming import LABEL_RUN_UID
from sluice.core.explain.seen import items_of
from sluice.core.pod.view import PodView, pod_view

_AT_ONCE = 50
_LOOKS_AGAIN_S = 0.5
_GONE = "its pod is gone, and its log with it"
_STOPS = frozenset({"Succeeded", "Failed", "Skipped", "UpstreamFailed", "Stopped"})


async def show_logs(client: Client, run: Json, selection: Selection, output: Sink, query: Mapping[str, str]) -> None:
    """What there is now. `query` is for the API server: `tailLines`, `sinceSeconds`."""
    view = RunView.of(run, await _plan(client, run))
    pods = list(filter(selection.has, await _pods(client, run)))
    chosen = newest(pods) if selection.attempt is None else pods
    chosen = [pod for pod in chosen if not selection.failed or has_failed(pod)]
    seen = {pod.attempt_of.task for pod in chosen if pod.attempt_of}
    for pod in in_order(chosen, view.plan.names):
        if has_started(pod) and pod.attempt_of:
            try:
                await copy(
                    client, pod.name, pod.namespace, query, partial(output.piece, pod), output.drain, lambda: True
                )
            except LogGone:
                output.note(label(pod.attempt_of), "○", "its log is gone")
        if note := of_pod(pod):
            output.note(*note)
        elif not has_started(pod) and pod.attempt_of:
            output.note(label(pod.attempt_of), "○", pod.container.waiting or pod.unschedulable or "has not started")
    if selection.failed:
        return
    without = {task.name for task in view.tasks if selection.has_task(task.name) and task.name not in seen}
    gone = {task.name for task in view.tasks if task.name in without and task.pod}
    for note in of_tasks(None, view, lambda task: task in without - gone, time.time()):
        output.note(*note)
    for name in sorted(gone):
        output.note(name, "○", _GONE)


async def follow_logs(client: Client, run: Json, selection: Selection, output: Sink, query: Mapping[str, str]) -> bool:
    """Did all that is selected succeed? It need not have begun."""
    return await _Following(client, run, selection, output, {**query, "follow": "true"}).until_the_end()


async def follow_all(client: Client, name: str) -> bool:
    """Follows all logs of a run that may not exist yet. Did it succeed?"""
    run = await anext(follow_object(client, RUNS, name, to_come=True))
    terminal = Terminal.of_stdout()
    return await follow_logs(client, run, Selection(), Output(terminal, Prefixes(terminal, [])), {})


async def _plan(client: Client, run: Json) -> TaskOrder | None:
    graph = await graphs.graph_of_run(client, run)
    return None if graph is None else TaskOrder.of(graph)


def _selector(run: Json) -> dict[str, str]:
    return {"labelSelector": f"{LABEL_RUN_UID}={run['metadata']['uid']}"}


async def _pods(client: Client, run: Json) -> list[PodView]:
    found = []
    async for page in client.pages(PODS, run["metadata"]["namespace"], **_selector(run)):
        found += [pod for body in page["items"] or () if (pod := _own(body, run)) is not None]
    return found


def _own(body: Json, run: Json) -> PodView | None:
    """The pod of an attempt of the run: anybody can write its label on another."""
    try:
        pod = pod_view(body)
    except Unreadable:
        return None
    return pod if pod.run is not None and pod.run.uid == run["metadata"]["uid"] else None


class _Following:
    def __init__(self, client: Client, run: Json, selection: Selection, output: Sink, query: Mapping[str, str]) -> None:
        self._client, self._run, self._selection, self._output, self._query = client, run, selection, output, query
        self._namespace = run["metadata"]["namespace"]
        self._plan: TaskOrder | None = None
        self._view: RunView | None = None
        self._pods: dict[str, PodView] = {}
        self._gone: set[str] = set()
        self._copies: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._told = False
        self._listed = asyncio.Event()

    async def until_the_end(self) -> bool:
        watches = [asyncio.create_task(self._follow_run()), asyncio.create_task(self._follow_pods())]
        try:
            while self._state() is None:
                await self._sleep(watches)
            self._note_pods(await _pods(self._client, self._run))  # of a run that has ended no more pods come
            while not all(task.done() for task in self._copies.values()):
                await self._sleep([*watches, *(task for task in self._copies.values() if not task.done())])
        finally:
            for task in (*watches, *self._copies.values()):
                task.cancel()
            await asyncio.gather(*watches, *self._copies.values(), return_exceptions=True)
        self._note_end()
        return self._state() in (SUCCEEDED, SKIPPED)

    async def _sleep(self, tasks: list[asyncio.Task[None]]) -> None:
        done, _ = await asyncio.wait(tasks, timeout=_LOOKS_AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # raises what it raised

    async def _follow_run(self) -> None:
        before: RunView | None = None
        async for run in follow_object(self._client, RUNS, self._run["metadata"]["name"], self._namespace):
            if run["metadata"]["uid"] != self._run["metadata"]["uid"]:
                raise Deleted(RUNS, self._run["metadata"]["name"])
            self._run = run
            if self._plan is None:
                self._plan = await _plan(self._client, run)
            await self._listed.wait()
            self._view = RunView.of(run, self._plan)
            for note in of_tasks(before, self._view, self._selection.has_task, time.time()):
                self._output.note(*note)
            before = self._view

    async def _follow_pods(self) -> None:
        async for event, body in follow_objects(self._client, PODS, self._namespace, **_selector(self._run)):
            if event == "LISTED":
                first = not self._listed.is_set()
                self._listed.set()
                if first:
                    there = list(self._pods.values())
                    self._start(there if self._selection.attempt is not None else newest(there))
            elif event == "DELETED":
                self._gone.add(body["metadata"]["uid"])
            elif (pod := _own(body, self._run)) is not None:
                self._note_pods([pod])

    def _note_pods(self, pods: list[PodView]) -> None:
        for pod in pods:
            if self._selection.has(pod):
                self._pods[pod.uid] = pod
        if self._listed.is_set():
            self._start(pods)

    def _start(self, pods: list[PodView]) -> None:
        for pod in pods:
            wanted = self._selection.has(pod) and (not self._selection.failed or has_failed(pod))
            if wanted and has_started(pod) and pod.uid not in self._copies:
                self._copies[pod.uid] = asyncio.create_task(self._copy(pod))

    async def _copy(self, pod: PodView) -> None:
        if self._turn.locked() and not self._told:
            self._told = True
            self._output.note(self._run["metadata"]["name"], "○", f"more than {_AT_ONCE} logs: the others in turn")
        async with self._turn:
            try:
                await copy(
                    self._client,
                    pod.name,
                    pod.namespace,
                    self._query,
                    partial(self._output.piece, pod),
                    self._output.drain,
                    lambda: pod.uid in self._gone or has_ended(self._pods[pod.uid]),
                )
            except LogGone:
                if pod.attempt_of is not None:
                    self._output.note(label(pod.attempt_of), "○", _GONE)
        if note := of_pod(self._pods[pod.uid]):
            self._output.note(*note)

    def _state(self) -> State | None:
        """How what is selected has ended; None until it has."""
        view, selection = self._view, self._selection
        if view is None:
            return None
        if selection.tasks:
            states = [task.state for task in view.tasks if selection.has_task(task.name)]
            if selection.items is not None:
                states = self._item_states(states[0]) if states else []
            if states and all(state.word in _STOPS for state in states):
                return next((state for state in states if state not in (SUCCEEDED, SKIPPED)), SUCCEEDED)
        return view.state if view.state.word in ENDED else None

    def _item_states(self, of_task: State) -> list[State]:
        (task,) = self._selection.tasks
        items = items_of(foreign.mapping(foreign.mapping(self._run["status"].get("tasks")).get(task)))
        not_begun = of_task if of_task.word in _STOPS else state_of("Pending")
        chosen = self._selection.items or ()
        return [state_of(items[index]["phase"]) if index in items else not_begun for index in chosen]

    def _note_end(self) -> None:
        view = self._view
        if view is not None and view.ended:
            self._output.note(view.name, view.state.sign, f"{view.state.word}  {view.progress}".strip())
