"""The end of the process: from the moment it is known, health says so, and within seconds the process is gone.

The event loop may be what hangs, so threads of their own hear the signals, watch the Lease and end the process. So may
the log, if nobody reads it: no thread waits for it before it has done its part.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from sluice.core.base.errors import NotLeader

_GONE_WITHIN_S = 10.0
_LOOK_S = 0.25
_LAST_WORDS_S = 0.5
_SIGNALS = {signal.SIGTERM, signal.SIGINT}

log = logging.getLogger("sluice")


class Shutdown:
    """Begins once, from any thread. Who has not ended properly after `gone_within_s` is ended with status 1."""

    def __init__(self, gone_within_s: float = _GONE_WITHIN_S) -> None:
        self._gone_within_s = gone_within_s
        self._lock = threading.Lock()
        self._end_asked: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self.reason = ""
        """Why the process ends; empty while it does not."""

    def begin(self, reason: str) -> None:
        with self._lock:
            if self.reason:
                return
            self.reason = reason
        _thread(self._end_by_force)
        if self._end_asked is not None:
            loop, begun = self._end_asked
            with suppress(RuntimeError):  # it is closed already
                loop.call_soon_threadsafe(begun.set)
        log.info("ending: %s", reason)

    def on_signals(self) -> None:
        """Begins on SIGTERM or SIGINT. Called before there is another thread, since each inherits what is blocked;
        so nobody else's handler hears them.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        _thread(lambda: self.begin(signal.Signals(signal.sigwait(_SIGNALS)).name))

    def unless(self, leads: Callable[[], bool]) -> None:
        """Ends the process at once when this no longer holds, unless it is ending already."""
        _thread(lambda: self._watch(leads))

    def lease_lost(self) -> None:
        """Ends the process at once: nothing that is under way may still be sent, and a fresh one starts from a LIST."""
        _end_at_once("no longer the leader; ending at once")

    async def begun(self) -> None:
        asked = asyncio.Event()
        with self._lock:
            self._end_asked = asyncio.get_running_loop(), asked
            if self.reason:
                return
        await asked.wait()

    def _watch(self, leads: Callable[[], bool]) -> None:
        while leads():
            time.sleep(_LOOK_S)
        if not self.reason:
            self.lease_lost()

    def _end_by_force(self) -> None:
        time.sleep(self._gone_within_s)
        _end_at_once(f"{self.reason}, and still something hangs; ending by force")


class MainTasks(asyncio.TaskGroup):
    """Tasks none of which may end. The first that does begins the shutdown, even if another hangs when cancelled. One
    that was about to write without the Lease ends the process, as whoever else sees first that it is lost.
    """

    def __init__(self, shutdown: Shutdown) -> None:
        super().__init__()
        self._shutdown = shutdown

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.create_task(work).add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if _without_lease(error) and not self._shutdown.reason:
            self._shutdown.lease_lost()
        self._shutdown.begin(f"a main task has ended: {error!r}")


def _without_lease(error: BaseException | None) -> bool:
    """Was it about to write without the Lease? One of a group of tasks may have been."""
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(NotLeader) is not None
    return isinstance(error, NotLeader)


def _end_at_once(words: str) -> None:
    _thread(lambda: log.error("%s", words)).join(_LAST_WORDS_S)
    os._exit(1)


def _thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
