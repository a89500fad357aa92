"""Runs the sweeps: each as often as it asks for, in batches, until nothing is due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from prometheus_client import Counter

from chatbot.logs import describe
from models.database import PAUSE, run_tx

log = structlog.get_logger()

SWEPT = Counter("chatbot_swept_total", "Rows that sweeps have dealt with", ["sweep"])

_TICK = 1.0
_REST = 0.1
"""Seconds that pass at least until commits make it look again: many at once are one."""


class Due(Protocol):
    """A sweep: its name, how often it is run, and one batch of it.

    A batch runs in a transaction, unless the sweep has its ``own_transactions``, because it looks at much
    before it writes, or waits for the outside. One that waits is also run ``on_commit``: soon after something
    was committed. One that is ``long`` may take minutes where thousands of rows are due.
    """

    @property
    def name(self) -> str: ...
    @property
    def every(self) -> timedelta: ...
    @property
    def own_transactions(self) -> bool: ...
    @property
    def on_commit(self) -> bool: ...
    @property
    def long(self) -> bool: ...
    @property
    def run(self) -> Callable[[datetime, datetime], Awaitable[int]]: ...


@dataclass(frozen=True, slots=True)
class _Lane:
    """Sweeps that run one after another, and never twice at once."""

    sweeps: Sequence[Due]
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Scheduler:
    """Runs sweeps in the background, one after another; those that are run on commit beside the others, and
    long ones beside both, so that no deadline waits for them. ``committed`` is called after a batch that did
    something."""

    def __init__(
        self,
        sweeps: Sequence[Due],
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
        committed: Callable[[], None],
    ) -> None:
        quick = [sweep for sweep in sweeps if not sweep.long]
        self._lanes = [
            _Lane([sweep for sweep in quick if not sweep.on_commit]),
            _Lane([sweep for sweep in quick if sweep.on_commit]),
            _Lane([sweep for sweep in sweeps if sweep.long]),
        ]
        self._now = now
        self._wall = wall
        self._committed = committed
        self._next = dict.fromkeys((sweep.name for sweep in sweeps), 0.0)
        self._failing: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin, in the background; the database must be open in the calling task."""
        self._tasks = [asyncio.create_task(self._forever(lane)) for lane in self._lanes]

    async def stop(self) -> None:
        """End after the transactions under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something was committed: run soon what is run on commit."""
        for lane in self._lanes:
            if any(sweep.on_commit for sweep in lane.sweeps):
                lane.woken.set()

    async def run_all(self) -> None:
        """Run every sweep now until nothing is due: after the clock was moved on."""
        for lane in self._lanes:
            async with lane.turn:
                for sweep in lane.sweeps:
                    await self._run(sweep)

    def health(self) -> str | None:
        """None when all is well, else one line."""
        if not self._tasks or any(task.done() for task in self._tasks):
            return "no sweep is running: restart the desk"
        if self._failing:
            name, kind = next(iter(self._failing.items()))
            return f"the sweep '{name}' fails ({kind}): see the log"
        return None

    async def _forever(self, lane: _Lane) -> None:
        while True:
            woken = lane.woken.is_set()
            lane.woken.clear()
            for sweep in lane.sweeps:
                if time.monotonic() >= self._next[sweep.name] or (woken and sweep.on_commit):
                    self._next[sweep.name] = time.monotonic() + sweep.every.total_seconds()
                    async with lane.turn:
                        await self._run(sweep)
            await asyncio.sleep(_REST)
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await lane.woken.wait()

    async def _batch(self, sweep: Due) -> int:
        if sweep.own_transactions:
            return await sweep.run(self._now(), self._wall())
        return await run_tx(lambda: sweep.run(self._now(), self._wall()))

    async def _run(self, sweep: Due) -> None:
        """All batches of one sweep. One that fails is logged once, and tried again at its next turn."""
        try:
            while count := await self._batch(sweep):
                SWEPT.labels(sweep.name).inc(count)
                self._committed()
                await asyncio.sleep(PAUSE)
        except Exception as error:
            if sweep.name not in self._failing:
                log.error("a sweep fails", sweep=sweep.name, error=describe(error))
            self._failing[sweep.name] = type(error).__name__
        else:
            self._failing.pop(sweep.name, None)
