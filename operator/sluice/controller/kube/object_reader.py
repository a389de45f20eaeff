"""Makes views of the objects that the API server sends, each by itself: one that cannot be read stops no other."""

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from sluice.controller.observability.metrics import object_unreadable
from sluice.core import Json
from sluice.core.base import foreign

V = TypeVar("V")

_REPORTED_MAX = 1000

log = logging.getLogger("sluice.objects")


class ObjectReader(Generic[V]):
    """Of one resource. An object of which `view` raises is counted each time that it comes, and told once."""

    def __init__(self, resource: str, view: Callable[[Json], V]) -> None:
        self._resource, self._view = resource, view
        self._reported: dict[str, None] = {}  # by UID, the oldest first
        self._notify: Callable[[Json, str], None] = lambda _body, _why: None

    def subscribe(self, notify: Callable[[Json, str], None]) -> None:
        """`notify` is given an object that cannot be read, and why."""
        self._notify = notify

    def read(self, body: Json, skipped: set[str] | None = None) -> V | None:
        """None if it cannot be read, whatever somebody has stored. Then its UID is added to `skipped`."""
        try:
            return self._view(body)
        except Exception as error:  # noqa: BLE001
            uid = self._passed_over(body, error)
        if skipped is not None:
            skipped.add(uid)
        return None

    def _passed_over(self, body: Json, error: Exception) -> str:
        object_unreadable(self._resource)
        metadata = foreign.mapping(body.get("metadata"))
        uid = str(metadata.get("uid"))
        if uid in self._reported:
            return uid
        self._reported[uid] = None
        if len(self._reported) > _REPORTED_MAX:
            del self._reported[next(iter(self._reported))]
        name = f"{metadata.get('namespace')}/{metadata.get('name')}"
        log.warning("%s %s cannot be read and is passed over: %r", self._resource, name, error)
        self._notify(body, str(error))
        return uid
