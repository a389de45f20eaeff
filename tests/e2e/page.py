"""`sluice ui` and a browser that shows its page.

    with served(sluice, browser) as page:
        page.goto(page.link)

What the browser's console says of errors, among them whatever the page's policy forbids, fails the test at the end.
"""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from playwright.sync_api import Browser, ConsoleMessage, Page, TimeoutError, expect  # noqa: A004  # Playwright's own

from tests.browser import LOADED_MS, LOADS, NETWORK_CHANGED, PATIENCE_MS, SHOWN
from tests.e2e.kubernetes import Kubectl, eventually
from tests.e2e.terminal import Sluice, Started

expect.set_options(timeout=PATIENCE_MS)

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Served:
    """The page in a tab, and the program that serves it."""

    tab: Page
    program: Started
    complaints: list[str]
    """What the browser's console says of errors."""

    def new_tab(self) -> Page:
        """Beside the first, with the address alone and no link."""
        tab = self.tab.context.new_page()
        _load(tab, re.sub(r"[?#].*", "", self.tab.url))
        return tab


def _load(tab: Page, address: str) -> None:
    tab.goto(address)
    for _ in range(LOADS):
        with suppress(TimeoutError):
            tab.wait_for_selector(SHOWN, timeout=LOADED_MS)
            return
        tab.reload()


def _counts(said: ConsoleMessage) -> bool:
    return said.type == "error" and NETWORK_CHANGED not in said.text


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    """A tab at that address, and what the console says of errors."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    context.on("console", lambda said: complaints.append(said.text) if _counts(said) else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    tab = context.new_page()
    _load(tab, address)
    try:
        yield tab, complaints
    finally:
        context.close()


@contextmanager
def forwarded(kubectl: Kubectl, service: str) -> Iterator[str]:
    """The address on this machine at which kubectl forwards to port 80 of a Service."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["kubectl", "-n", kubectl.namespace, "port-forward", f"service/{service}", f"{port}:80"]
    over = threading.Event()

    def forward() -> None:
        while not over.is_set():  # kubectl ends when the pod's end of one connection is lost
            with subprocess.Popen(command, env=kubectl.environment, stdout=subprocess.DEVNULL) as process:
                while process.poll() is None and not over.wait(POLL_SECONDS):
                    pass
                process.terminate()

    def accepts() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    forwarding = threading.Thread(target=forward)
    forwarding.start()
    try:
        eventually(accepts, "kubectl forwards")
        yield f"http://127.0.0.1:{port}/"
    finally:
        over.set()
        forwarding.join()


@contextmanager
def served(sluice: Sluice, browser: Browser, *arguments: str) -> Iterator[Served]:
    """The page, opened by the link that the program prints."""
    with sluice.started("ui", *arguments) as program:
        link = eventually(lambda: re.search(r"http://\S+#token=\S+", program.text), "the program prints a link")[0]
        with watched(browser, link) as (tab, complaints):
            yield Served(tab, program, complaints)
