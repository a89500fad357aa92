"""What the clock asks for. A sweep looks at what is true now, so it may be repeated at any time, and
catches up by itself after a standstill. Each works in small batches, one short transaction each.

``now`` follows the desk's clock; ``wall`` is real time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import delivery
from models.chat import Chat
from models.code import Code
from models.delivery import Delivery
from models.link import PageLink
from models.outgoing import Outgoing
from models.tally import Tally

BATCH = 200
"""Rows per transaction, so that none holds the write lock for long."""

Sweep = Callable[[datetime, datetime], Awaitable[int]]
"""Do one batch of what is due, given now and the real time; how many rows that was."""


@dataclass(frozen=True, slots=True)
class Due:
    """A sweep by its name, and how often it is looked whether there is something to do."""

    name: str
    every: timedelta
    run: Sweep


async def forget_codes(now: datetime, wall: datetime) -> int:
    return await Code.forget(now - timedelta(days=1), BATCH)


async def expire_codes(now: datetime, wall: datetime) -> int:
    return await Outgoing.expire_codes(now - timedelta(days=1), BATCH)


async def forget_links(now: datetime, wall: datetime) -> int:
    return await PageLink.forget(now - timedelta(days=1), BATCH)


async def forget_tallies(now: datetime, wall: datetime) -> int:
    return await Tally.forget(wall - timedelta(days=2), BATCH)


async def forget_deliveries(now: datetime, wall: datetime) -> int:
    return await Delivery.forget(now - delivery.KEPT, BATCH)


async def forget_abandoned(now: datetime, wall: datetime) -> int:
    """A question that expired a week ago is not answered any more: what was typed for it goes."""
    return await Chat.forget_abandoned(now - timedelta(days=7), BATCH)


SWEEPS = (
    Due("forget codes", timedelta(minutes=10), forget_codes),
    Due("expire unsent codes", timedelta(hours=1), expire_codes),
    Due("forget links", timedelta(minutes=10), forget_links),
    Due("forget tallies", timedelta(hours=1), forget_tallies),
    Due("forget deliveries", timedelta(hours=1), forget_deliveries),
    Due("forget abandoned questions", timedelta(hours=1), forget_abandoned),
)
