"""An API server that gives prepared answers: over real HTTP, by a kubeconfig."""

import json
from contextlib import asynccontextmanager

import yaml
from aiohttp import web

from sluice.client.access import Access
from sluice.client.api import Client


def status(code, reason="", message="", **details):
    return web.json_response(
        {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}, status=code
    )


def events(*found):
    """What a watch sends: pairs of a kind and an object."""
    return web.Response(text="".join(f"{json.dumps({'type': kind, 'object': each})}\n" for kind, each in found))


class Server:
    """Answers in turn: `lists` for reads, `watches` for watches. `asked` is what it was asked."""

    def __init__(self, lists, watches=()):
        self._lists, self._watches, self.asked = iter(lists), iter(watches), []

    async def __call__(self, request):
        watched = "watch" in request.query
        self.asked.append(f"watch {request.query['resourceVersion']}" if watched else "read")
        answer = next(self._watches if watched else self._lists)
        return answer if isinstance(answer, web.Response) else web.json_response(answer)


@asynccontextmanager
async def serving(answer, folder, user=None, **access):
    """A client of a server whose answers `answer(request)` makes."""
    runner = web.ServerRunner(web.Server(answer, handler_cancellation=True))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    file = write_kubeconfig(folder, f"http://{host}:{port}", user or {"token": "secret"})
    try:
        async with await Client.connect(Access(kubeconfig=str(file), **access)) as client:
            yield client
    finally:
        await runner.cleanup()


def write_kubeconfig(folder, server, user):
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": user}],
        "contexts": [
            {"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "team"}},
            {"name": "plain", "context": {"cluster": "here", "user": "me"}},
        ],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return file
