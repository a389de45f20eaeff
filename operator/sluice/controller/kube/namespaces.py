"""Which of the namespaces that it was given the operator can watch.

One that it may not read is left out, and the log says so: the namespace was deleted, and with it the Role that the
chart had made there. kopf ends the process when it is refused, which would stop the work in all the others. An API
server that has just started may refuse as well, for a while, so what was left out is asked for again and again.
"""

import asyncio
import logging
from collections.abc import Collection
from functools import partial

from sluice.controller.kube.client import FORBIDDEN, ApiError, KubeClient, with_retries
from sluice.controller.kube.paths import our_path
from sluice.core.base.errors import SluiceError

_LOOK_AGAIN_S = 10.0

log = logging.getLogger("sluice.namespaces")


async def readable_namespaces(kube: KubeClient, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Those of them that may be read, in their order; none if none was asked for, which means all. Raises SystemExit
    if not one can be watched.
    """
    refusals = {namespace: await _refusal(kube, namespace) for namespace in asked}
    found = tuple(namespace for namespace, why in refusals.items() if not why)
    if asked and not found:
        raise SystemExit("none of the namespaces in SLUICE_NAMESPACES can be watched")
    for namespace, why in refusals.items():
        if why:
            words = "create it and upgrade the release, which makes the operator's Role there"
            log.error("namespace %s is not watched: %s; %s", namespace, why, words)
    return found


async def until_readable(kube: KubeClient, left_out: Collection[str]) -> None:
    """Returns once one of them may be read: what is watched is settled when the process starts."""
    while True:
        await asyncio.sleep(_LOOK_AGAIN_S)
        for namespace in left_out:
            try:
                why = await _refusal(kube, namespace)
            except SluiceError as error:
                why = str(error)
            if not why:
                log.warning("namespace %s can be watched now: the operator starts anew", namespace)
                return


async def _refusal(kube: KubeClient, namespace: str) -> str:
    """Why it may not be read; empty if it may."""
    try:
        await with_retries(partial(kube.get, our_path(namespace, "workflows"), limit="1"))
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        return error.message
    return ""
