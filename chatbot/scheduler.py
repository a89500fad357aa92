"""Runs the sweeps: each as often as it asks for, in batches, until nothing is due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from prometheus_client import Counter

from chatbot.logs import describe
from models.database import run_tx

log = structlog.get_logger()

SWEPT = Counter("chatbot_swept_total", "Rows that sweeps have dealt with", ["sweep"])

PAUSE = 0.02
"""Seconds between two batches, so that customers come in between."""
_TICK = 1.0


class Due(Protocol):
    """A sweep: its name, how often it is run, and one batch of it."""

    @property
    def name(self) -> str: ...
    @property
    def every(self) -> timedelta: ...
    @property
    def run(self) -> Callable[[datetime, datetime], Awaitable[int]]: ...


class Scheduler:
    """Runs sweeps in the background. ``committed`` is called after a batch that did something."""

    def __init__(
        self,
        sweeps: Sequence[Due],
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
        committed: Callable[[], None],
    ) -> None:
        self._sweeps = sweeps
        self._now = now
        self._wall = wall
        self._committed = committed
        self._next = dict.fromkeys((sweep.name for sweep in sweeps), 0.0)
        self._failing: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Begin, in the background; the database must be open in the calling task."""
        self._task = asyncio.create_task(self._forever())

    async def stop(self) -> None:
        """End after the batch under way."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def run_all(self) -> None:
        """Run every sweep now until nothing is due: after the clock was moved on."""
        async with self._turn:
            for sweep in self._sweeps:
                await self._run(sweep)

    def health(self) -> str | None:
        """None when all is well, else one line."""
        if self._task is None or self._task.done():
            return "no sweep is running: restart the desk"
        if self._failing:
            name, kind = next(iter(self._failing.items()))
            return f"the sweep '{name}' fails ({kind}): see the log"
        return None

    async def _forever(self) -> None:
        while True:
            for sweep in self._sweeps:
                if time.monotonic() >= self._next[sweep.name]:
                    self._next[sweep.name] = time.monotonic() + sweep.every.total_seconds()
                    async with self._turn:
                        await self._run(sweep)
            await asyncio.sleep(_TICK)

    async def _run(self, sweep: Due) -> None:
        """All batches of one sweep. One that fails is logged once, and tried again at its next turn."""
        try:
            while count := await run_tx(lambda: sweep.run(self._now(), self._wall())):
                SWEPT.labels(sweep.name).inc(count)
                self._committed()
                await asyncio.sleep(PAUSE)
        except Exception as error:
            if sweep.name not in self._failing:
                log.error("a sweep fails", sweep=sweep.name, error=describe(error))
            self._failing[sweep.name] = type(error).__name__
        else:
            self._failing.pop(sweep.name, None)
