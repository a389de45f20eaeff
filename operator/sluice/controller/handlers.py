"""What kopf tells us of our own kinds goes into the store, and nothing else happens here."""

import asyncio
import os
from dataclasses import replace
from typing import Any

import kopf

from sluice.api import GROUP, VERSION
from sluice.controller.health import Watches
from sluice.controller.store import Store, view


def register(registry: kopf.OperatorRegistry, store: Store, watches: Watches, listening: asyncio.Event) -> None:
    """What comes before `listening` is set is let go: an operator that stands by lists afresh when it leads, and until
    then would remember for nothing.
    """

    @kopf.on.login(registry=registry)
    async def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        inside = kopf.login_with_service_account(**kwargs)
        if inside is None:
            return kopf.login_with_kubeconfig(**kwargs)
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        return replace(inside, server=f"https://{host}:{port}")  # kopf's way needs the cluster's DNS

    @kopf.on.event(GROUP, VERSION, "workflows", registry=registry)
    async def workflow_changed(event: kopf.RawEvent, **_: Any) -> None:
        if not listening.is_set():
            return
        seen = view(dict(event["object"]))
        watches.of("workflows", seen.key.namespace).heard()
        if event["type"] == "DELETED":
            store.forget_workflow(seen.key, seen.uid)
        else:
            store.see_workflow(seen)

    @kopf.on.event(GROUP, VERSION, "pools", registry=registry)
    async def pool_changed(event: kopf.RawEvent, **_: Any) -> None:
        if not listening.is_set():
            return
        seen = view(dict(event["object"]))
        watches.of("pools", seen.key.namespace).heard()
        if event["type"] == "DELETED":
            store.forget_pool(seen.key, seen.uid)
        else:
            store.see_pool(seen)

    @kopf.on.event(GROUP, VERSION, "backfills", registry=registry)
    async def backfill_changed(event: kopf.RawEvent, **_: Any) -> None:
        if not listening.is_set():
            return
        seen = view(dict(event["object"]))
        watches.of("backfills", seen.key.namespace).heard()
        if event["type"] == "DELETED":
            store.forget_backfill(seen.key, seen.uid)
        else:
            store.see_backfill(seen)

    @kopf.on.event(GROUP, VERSION, "workflowruns", registry=registry)
    async def run_changed(event: kopf.RawEvent, **_: Any) -> None:
        if not listening.is_set():
            return
        seen = view(dict(event["object"]))
        watches.of("workflowruns", seen.key.namespace).heard()
        if event["type"] == "DELETED":
            store.forget_run(seen.key, seen.uid)
        else:
            store.see_run(seen)


def settings() -> kopf.OperatorSettings:
    quiet = kopf.OperatorSettings()
    quiet.posting.enabled = False  # our Events are in `events`
    quiet.scanning.disabled = True  # needs no right to list namespaces and CRDs
    quiet.persistence.diffbase_storage = _NoDiffs()
    return quiet


class _NoDiffs(kopf.DiffBaseStorage):
    """Our handlers take events as they come, so nothing need be copied and compared: a status may have thousands of
    tasks.
    """

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: Any) -> None:
        """Nothing is kept."""
