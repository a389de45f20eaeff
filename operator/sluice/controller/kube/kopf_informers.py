"""What kopf tells us of our own kinds goes into the store, and nothing else happens here."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import kopf

from sluice.api import GROUP, VERSION
from sluice.controller.kube.cache import Cache
from sluice.controller.kube.objects import Key, ObjectView, object_view
from sluice.controller.observability.liveness import Watches


def register(registry: kopf.OperatorRegistry, store: Cache, watches: Watches, listening: asyncio.Event) -> None:
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

    for plural, see, forget in (
        ("workflows", store.see_workflow, store.forget_workflow),
        ("pools", store.see_pool, store.forget_pool),
        ("backfills", store.see_backfill, store.forget_backfill),
        ("workflowruns", store.see_run, store.forget_run),
    ):
        kopf.on.event(GROUP, VERSION, plural, registry=registry)(_told(plural, see, forget, watches, listening))


def _told(
    plural: str,
    see: Callable[[ObjectView], None],
    forget: Callable[[Key, str], None],
    watches: Watches,
    listening: asyncio.Event,
) -> Callable[..., Awaitable[None]]:
    async def changed(event: kopf.RawEvent, **_: Any) -> None:
        if not listening.is_set():
            return
        seen = object_view(dict(event["object"]))
        watches.of(plural, seen.key.namespace).heard()
        if event["type"] == "DELETED":
            forget(seen.key, seen.uid)
        else:
            see(seen)

    return changed


def settings() -> kopf.OperatorSettings:
    quiet = kopf.OperatorSettings()
    quiet.posting.enabled = False  # our Events are in `event_recorder`
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
