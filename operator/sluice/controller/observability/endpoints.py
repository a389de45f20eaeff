"""The HTTP endpoints of the process: /healthz for the kubelet, /metrics for Prometheus."""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client.aiohttp import make_aiohttp_handler
from prometheus_client.registry import Collector

from sluice.controller.observability.liveness import Liveness
from sluice.controller.observability.metrics import REGISTRY

_IDLE_S = 15.0  # a connection that asks for nothing is closed; aiohttp's own limit is an hour

log = logging.getLogger("sluice.health")


async def serve_health(port: int, health: Liveness) -> web.AppRunner:
    async def answer(_: web.Request) -> web.Response:
        troubles = health.troubles()
        for trouble in troubles:
            log.error("%s", trouble)
        return web.Response(status=503 if troubles else 200, text="\n".join(troubles) or "ok")

    return await _serve(port, "/healthz", answer)


async def serve_metrics(port: int, collector: Collector) -> web.AppRunner:
    REGISTRY.register(collector)
    return await _serve(port, "/metrics", make_aiohttp_handler(REGISTRY))


async def _serve(port: int, path: str, handler: Handler) -> web.AppRunner:
    app = web.Application()
    app.router.add_get(path, handler)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0, keepalive_timeout=_IDLE_S)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner
