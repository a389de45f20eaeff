"""`make bench SCENARIOS=page`: the page in Debian's Chromium, before an API server with 2,000 runs and no operator.

How long until 2,000 runs are listed and 2,000 tasks drawn, from the first request on, the shortest of several times:
the machine may be busy. How long after a change is sent to the API server it is seen, and how long a frame takes while
10,000 items are zoomed, as medians. The server's memory before anybody looks, with ten tabs that show the list, and
with these once all of that was drawn, which loads more of the program; and the script's size.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, async_playwright

from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.paths import our_path
from sluice.page import assets
from tests.browser import launch_options
from tests.cluster import Cluster
from tests.perf.cluster import manifest, namespace, say
from tests.perf.goals import missed
from tests.perf.page_runs import ITEMS, LAYERS, RUNS, TANGLE, fill
from tests.perf.scenarios import Json

NAME = "page"
_ROUNDS, _TABS, _FRAMES = 7, 10, 120
_GOALS = {
    "runs_listed_s": 1.0,
    f"{LAYERS}_drawn_s": 1.0,
    f"{TANGLE}_drawn_s": 1.0,
    "update_shown_s": 0.5,
    "zoomed_frame_s": 1 / 30,
    "idle_rss_mb": 60,
    "tabs_rss_mb": 60,
    "script_kb": 300,
}
_PROGRAM = Path(sys.executable).with_name("sluice")
_LISTED = f"[...document.querySelectorAll('.filter')].some((each) => each.textContent.includes('{RUNS}'))"
_DRAWN = "document.querySelector('.box')"
_MOSAIC = "document.querySelector('.cells')"
_ZOOM = f"""() => new Promise((done) => {{
    const [box, at] = [document.querySelector('.graph'), []];
    const {{ x, y }} = box.getBoundingClientRect();
    const frame = (now) => {{
        at.push(now / 1000);
        if (at.length > {_FRAMES}) return done(at.slice(1).map((each, number) => each - at[number]));
        const deltaY = at.length % 60 < 30 ? 20 : -20;
        box.dispatchEvent(new WheelEvent('wheel', {{ deltaY, clientX: x + 200, clientY: y + 60, cancelable: true }}));
        requestAnimationFrame(frame);
    }};
    requestAnimationFrame(frame);
}})"""


@dataclass(frozen=True)
class _Server:
    """`sluice ui`."""

    link: str
    pid: int

    @property
    def address(self) -> str:
        return self.link.partition("#")[0]

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def page(kube: KubeClient, cluster: Cluster) -> Json:
    async with namespace(kube, NAME) as name:
        say(f"{NAME}: making {RUNS} runs")
        await fill(kube, name)
        async with _served(cluster, name) as server:
            idle = server.rss_mb()
            async with _opened(server.link) as tab:
                tabs = await _with_tabs(server, tab)
                times = await _times(kube, name, server, tab)
                after_graphs = await _with_tabs(server, tab)
    result = {
        "name": NAME,
        **{figure: round(_summary(figure)(found), 3) for figure, found in times.items()},
        "longest": {figure: round(max(found), 3) for figure, found in times.items()},
        "idle_rss_mb": round(idle, 1),
        "tabs_rss_mb": round(tabs, 1),
        "tabs_after_graphs_rss_mb": round(after_graphs, 1),
        "script_kb": round(_script_bytes() / 1000),
    }
    return result | {"missed": missed(result, _GOALS)}


def _summary(figure: str) -> Callable[[list[float]], float]:
    return min if figure.endswith(("listed_s", "drawn_s")) else statistics.median


async def _times(kube: KubeClient, name: str, server: _Server, tab: Page) -> dict[str, list[float]]:
    drawn = {f"{run}_drawn_s": await _loaded(tab, f"{server.address}?run={run}", _DRAWN) for run in (LAYERS, TANGLE)}
    await tab.goto(f"{server.address}?run={ITEMS}")
    await _until(tab, _MOSAIC, "0")
    frames = await tab.evaluate(_ZOOM)
    listed = await _loaded(tab, server.address, _LISTED)
    updates = [await _update_shown(kube, name, tab, f"new-{number}") for number in range(_ROUNDS)]
    return {"runs_listed_s": listed, **drawn, "update_shown_s": updates, "zoomed_frame_s": frames}


async def _loaded(tab: Page, address: str, shown: str) -> list[float]:
    """Seconds until that is shown, of some loads."""
    found = []
    for _ in range(_ROUNDS):
        await tab.goto(address)
        found.append(await _until(tab, shown, "performance.now()") / 1000)
    return found


async def _update_shown(kube: KubeClient, namespace: str, tab: Page, run: str) -> float:
    """Seconds until a new run is in the list."""
    shown = f"[...document.querySelectorAll('tbody a')].some((each) => each.textContent === '{run}')"
    seen = asyncio.create_task(_until(tab, shown, "performance.timeOrigin + performance.now()"))
    sent = time.time()
    await kube.create(our_path(namespace, "workflowruns"), manifest("WorkflowRun", run, {"workflow": "etl"}))
    return await seen / 1000 - sent


async def _until(tab: Page, shown: str, value: str) -> float:
    """The value in the first frame in which that is so."""
    look = f"const look = () => ({shown}) ? done({value}) : requestAnimationFrame(look)"
    return float(await tab.evaluate(f"() => new Promise((done) => {{ {look}; look(); }})"))


async def _with_tabs(server: _Server, first: Page) -> float:
    """The server's memory while so many tabs show the list. They get the key from the first, and are closed again."""
    async with AsyncExitStack() as others:
        for _ in range(_TABS - 1):
            tab = await first.context.new_page()
            others.push_async_callback(tab.close)
            await tab.goto(server.address)
            await _until(tab, _LISTED, "0")
        return server.rss_mb()


def _script_bytes() -> int:
    return sum(file.stat().st_size for file, kind in assets.files().values() if kind == "text/javascript")


@asynccontextmanager
async def _served(cluster: Cluster, namespace: str) -> AsyncIterator[_Server]:
    process = await asyncio.create_subprocess_exec(
        _PROGRAM,
        "ui",
        f"--namespace={namespace}",
        env=os.environ | {"KUBECONFIG": str(cluster.kubeconfig)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        said = await process.stdout.readuntil(b"#token=") + await process.stdout.readline()
        (link,) = re.findall(r"http://\S+#token=\S+", said.decode())
        yield _Server(link, process.pid)
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _opened(link: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright, await playwright.chromium.launch(**launch_options()) as chromium:
        tab = await (await chromium.new_context(viewport={"width": 1280, "height": 800})).new_page()
        await tab.goto(link)
        await _until(tab, _LISTED, "0")
        yield tab
