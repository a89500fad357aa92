"""The audit trail: chained within seconds, and the head of each day told to staff, where nobody who can
change the database can change it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from chatbot.conversation import Say, Tell, ToStaff
from handlers.sweeps import BATCH, Due
from models.audit import AuditDay, chain


async def chain_events(now: datetime, wall: datetime) -> int:
    return await chain(now, BATCH)


async def tell_head(tell: Tell, now: datetime, wall: datetime) -> int:
    """Tell staff the head of a day that is over; each once."""
    day = await AuditDay.to_tell(now)
    if day is None or not await day.tell(now):
        return 0
    head = Say("audit.head", day=day.day, count=day.position, head=f"{day.day}={day.digest}")
    await tell(ToStaff(head), now, wall)
    return 1


def audit_sweeps(tell: Tell) -> tuple[Due, ...]:
    """The sweeps over the audit trail."""
    return (
        Due("chain events", timedelta(seconds=5), chain_events),
        Due("tell the day's head", timedelta(minutes=5), partial(tell_head, tell)),
    )
