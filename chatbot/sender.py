"""The outbox -> the outside: in order per lane, many lanes at once, each outlet at its own pace.

The sender works in turns. In a turn it writes down, in one transaction, what became of the messages sent
since the last, and claims the next ones. So one commit marks many, and a message is marked some
milliseconds after it was sent. Killed in between, it is claimed again once it has been held for HELD, as a
doubted one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter, Histogram

from chatbot.attempt import Way, attempt, until
from chatbot.channels import DeliveryError, Later, Outlet, Unsure
from chatbot.outcome import LONGEST_PAUSE, after_error, put_back, window_shut
from chatbot.pacing import Pacing
from chatbot.texts import Texts
from models.database import is_outage, run_tx
from models.outgoing import Outgoing, State
from models.sending import Outcome, Recipient, claim, recipients, settle

log = structlog.get_logger(__name__)

SLOTS = 64
"""Messages under way at once, per outlet, so that a slow outlet does not hold up the others."""
BATCH = 32
"""Messages claimed by one statement; an outlet takes part while it has room for all of them."""
TURN_SECONDS = 0.01
"""Turns begin no closer together than this: under load each does more, at a fraction of the cost."""
POLL_SECONDS = 2.0
"""How soon what other processes queued is noticed, at the latest."""
HELD = timedelta(seconds=60)
"""How long a claimed message is ours: longer than PATIENCE_SECONDS and SEND_SECONDS together."""
DRAIN_SECONDS = 10.0
"""How long stopping waits for what is under way."""
FIRST_PAUSE, LONGEST_PAUSE_IN_TROUBLE = 0.5, 10.0
"""Seconds until the database is tried again; doubled each time."""

SETTLED = Counter("chatbot_outgoing_settled", "Messages by how they ended", ["outlet", "state"])
RETRIES = Counter("chatbot_outgoing_retries", "Failed attempts that are followed by another", ["outlet"])
LATENCY = Histogram(
    "chatbot_outgoing_seconds",
    "From queueing a message to its delivery",
    ["outlet"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400),
)


class Sender:
    """Sends what stands in the outbox.

    ``outlets`` stand by the names that the messages bear; messages for others stay queued. ``wall`` is
    real time: neither retries nor the age of a message follow the demo's movable clock. ``now`` is the
    desk's, by which the windows of chats are counted.
    """

    def __init__(
        self,
        outlets: Mapping[str, Outlet],
        texts: Texts,
        wall: Callable[[], datetime],
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._ways = {name: Way(outlet, Pacing(outlet.pace)) for name, outlet in outlets.items()}
        self._texts, self._wall, self._now = texts, wall, now or wall
        self._work, self._stopping = asyncio.Event(), asyncio.Event()
        self._outcomes: list[Outcome] = []
        self._singly = False
        self._under_way: set[asyncio.Task[None]] = set()
        self._running: asyncio.Task[None] | None = None
        self._trouble: str | None = None

    async def start(self) -> None:
        """Begin to send, in the background; the database must be open in the calling task."""
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Claim nothing more, put back what waits for its turn, let what is under way arrive (for
        DRAIN_SECONDS at most), and write everything down."""
        self._stopping.set()
        self._work.set()
        if self._running:
            await asyncio.wait({self._running})
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=DRAIN_SECONDS)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        while self._outcomes and await self._turn_unless_trouble():
            pass

    def wake(self) -> None:
        """Something was queued and committed: look at once."""
        self._work.set()

    def health(self) -> str | None:
        """None when all is well, else one line: what is wrong and what to do."""
        if self._running is None or self._running.done():
            return "nothing is being sent: restart the desk"
        return self._trouble

    # -- turns -----------------------------------------------------------------------------------

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            next_turn = time.monotonic() + TURN_SECONDS
            self._work.clear()
            if await self._turn_unless_trouble():
                pause = FIRST_PAUSE
                await until(self._work, POLL_SECONDS)
                await asyncio.sleep(max(0, next_turn - time.monotonic()))
            else:
                await until(self._stopping, pause)
                pause = min(pause * 2, LONGEST_PAUSE_IN_TROUBLE)

    async def _turn_unless_trouble(self) -> bool:
        """One turn. Where it fails, nothing is lost: it is logged once, and made again later."""
        try:
            await self._turn()
        except Exception as error:  # whatever it is, the other messages must still go out
            if self._trouble is None:
                log.error("outbox_trouble", error=type(error).__name__)
            self._trouble = f"the outbox cannot be read or written ({type(error).__name__}): see the database"
            return False
        if self._trouble:
            log.info("outbox_recovered")
        self._trouble = None
        return True

    async def _turn(self) -> None:
        await self._write_down()
        ready = [name for name, way in self._ways.items() if _has_room(way)]
        if ready and not self._stopping.is_set():
            wall = self._wall()
            # Not in the transaction: it is one statement, and before a long backlog takes milliseconds.
            rows = await claim(ready, BATCH, wall, wall + HELD)
            for row in rows:
                self._ways[row.outlet].busy += 1
            await self._send(rows)
            if len(rows) == BATCH:
                self._work.set()
        if self._outcomes:
            self._work.set()

    async def _write_down(self) -> None:
        outcomes = self._outcomes[: 1 if self._singly else None]
        wall = self._wall()

        async def work() -> list[int]:
            return [await settle(outcome, wall) for outcome in outcomes]

        try:
            counts = await run_tx(work) if outcomes else []
        except Exception as error:
            if not is_outage(error):
                # One of them cannot be written: find it, and leave its message to be claimed again.
                if self._singly:
                    self._ways[self._outcomes.pop(0).row.outlet].busy -= 1
                self._singly = True
            raise
        del self._outcomes[: len(outcomes)]
        self._singly = self._singly and bool(self._outcomes)
        for outcome, count in zip(outcomes, counts, strict=True):
            self._ways[outcome.row.outlet].busy -= 1
            self._record(outcome, count, wall)

    async def _send(self, rows: Sequence[Outgoing]) -> None:
        if not rows:
            return
        try:
            found = await recipients(rows)
        except Exception:
            self._outcomes += [put_back(row, self._wall(), 0) for row in rows]
            raise
        for row in rows:
            task = asyncio.create_task(self._deliver(row, found.get(row.subject)))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _deliver(self, row: Outgoing, recipient: Recipient | None) -> None:
        way = self._ways[row.outlet]
        try:
            shut = window_shut(row, recipient, way.outlet.pace.window, self._now())
            outcome = shut or await attempt(row, recipient, way, self._texts, self._wall, self._stopping)
        except asyncio.CancelledError:
            outcome = after_error(row, Unsure("the desk was stopped"), self._wall())
        except Exception as error:  # a bug of an outlet delays its message, no more
            outcome = after_error(row, error, self._wall())
            if not isinstance(error, DeliveryError):
                log.error("outlet_failed", outlet=row.outlet, error=type(error).__name__)
            if isinstance(error, Later) and error.after:
                self._pause(way, row, recipient, error.after)
        self._outcomes.append(outcome)
        self._work.set()

    def _pause(self, way: Way, row: Outgoing, recipient: Recipient | None, seconds: float) -> None:
        """The outside asks us to slow down. A group has a narrow limit of its own, which says nothing
        of the others; all else counts for the whole outlet."""
        address = recipient.address if recipient and not row.target else None
        if address is None or not way.outlet.pace.is_group(address.user):
            way.pacing.pause(min(seconds, LONGEST_PAUSE))
            log.warning("outlet_paused", outlet=row.outlet, seconds=seconds)

    def _record(self, outcome: Outcome, count: int, wall: datetime) -> None:
        outlet = outcome.row.outlet
        if not count:
            log.warning("message_held_too_long", outlet=outlet)
        elif outcome.state is State.QUEUED:
            if outcome.tried:
                RETRIES.labels(outlet).inc()
            if outcome.not_before and (wait := (outcome.not_before - wall).total_seconds()) < POLL_SECONDS:
                asyncio.get_running_loop().call_later(max(wait, 0), self._work.set)
        else:
            SETTLED.labels(outlet, outcome.state.value).inc(count)
            if outcome.state is State.SENT:
                LATENCY.labels(outlet).observe(max(0, (wall - outcome.row.queued_at).total_seconds()))
            elif not outcome.blocked:
                log.warning(
                    "message_not_sent", outlet=outlet, state=outcome.state.value, reason=outcome.reason
                )


def _has_room(way: Way) -> bool:
    return way.busy <= SLOTS - BATCH and not way.pacing.paused()
