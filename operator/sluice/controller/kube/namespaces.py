"""Which of the namespaces that it was given the operator can watch.

One that it may not read is left out, and the log says so: the namespace was deleted, and with it the Role that the
chart had made there. kopf ends the process when it is refused, which would stop the work in all the others.
"""

import logging
from functools import partial

from sluice.controller.kube.client import FORBIDDEN, ApiError, KubeClient, with_retries
from sluice.controller.kube.paths import our_path

log = logging.getLogger("sluice.namespaces")


async def readable_namespaces(kube: KubeClient, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Those of them that may be read, in their order; none if none was asked for, which means all. Raises SystemExit
    if not one can be watched.
    """
    found = tuple([namespace for namespace in asked if await _may_read(kube, namespace)])
    if asked and not found:
        raise SystemExit("none of the namespaces in SLUICE_NAMESPACES can be watched")
    return found


async def _may_read(kube: KubeClient, namespace: str) -> bool:
    try:
        await with_retries(partial(kube.get, our_path(namespace, "workflows"), limit="1"))
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        words = "create it, upgrade the release (which makes the operator's Role there), and restart the operator"
        log.error("namespace %s is not watched: %s; %s", namespace, error.message, words)  # noqa: TRY400  # no trace
        return False
    return True
