"""The chain over the audit trail, by which a change of it is found out.

Each event gets a place and a digest over its content and the digest before it, keyed by the key ring: whoever
has only the database cannot make it fit again. The chain is made by a sweep, after the commit, so that no two
messages wait for each other. Its order is the one in which events become visible: PostgreSQL hands out ids
before the commit, so a lower id may appear after a higher one, and then it gets a later place. That is why
places are kept beside ids.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from chatbot.clock import local_date
from models.database import dialect, fetch
from models.keys import ring

_LOCK = 0x63_68_61_69_6E  # "chain": any number will do, the same for every process

_CONTENT = ("id", "at", "tag", "chat", "customer", "case", "member", "detail")
_COLUMNS = ", ".join(f'"{column}"' for column in (*_CONTENT, "position", "digest"))
_PAGE = 1000


class AuditDay(Model):
    """The head of the chain at the end of one day.

    Of the day under way it is the head as it stands. A day on which nothing was chained has none.
    """

    day = fields.DateField(primary_key=True)
    position = fields.BigIntField()
    digest = fields.CharField(64)
    told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "audit_day"

    @classmethod
    async def head(cls) -> AuditDay | None:
        """The head of the chain."""
        return await cls.all().order_by("-position").first()

    @classmethod
    async def to_tell(cls, now: datetime) -> AuditDay | None:
        """The first day that has ended and was not told to staff yet."""
        return await cls.filter(day__lt=local_date(now), told_at=None).order_by("day").first()

    async def tell(self, now: datetime) -> bool:
        """Staff are being told; False where they were already."""
        return bool(await AuditDay.filter(day=self.day, told_at=None).update(told_at=now))


async def chain(now: datetime, limit: int) -> int:
    """Chain up to ``limit`` events, in a transaction; how many. Several processes do it one after another.

    It goes on from the head that was written down, not from the last event that is there: what was cut off
    leaves a gap for ever.
    """
    if dialect() == "postgres":
        await fetch("SELECT pg_advisory_xact_lock(?)", _LOCK)
    query = f"SELECT {_COLUMNS} FROM event WHERE position IS NULL ORDER BY id LIMIT ?"
    events = await fetch(query, limit)
    if not events:
        return 0
    head = await AuditDay.head()
    position, digest = (head.position, head.digest) if head else (0, "")
    links: list[object] = []
    for event in events:
        position, digest = position + 1, link(position + 1, digest, event)
        links += [event["id"], position, digest]
    rows = ", ".join(["(CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT))"] * len(events))
    await fetch(
        f"WITH link (id, position, digest) AS (VALUES {rows}) UPDATE event"
        " SET position = link.position, digest = link.digest FROM link WHERE event.id = link.id",
        *links,
    )
    today = local_date(now)
    day = max(today, head.day) if head else today  # a clock that was set back changes no day that is over
    await AuditDay.update_or_create(day=day, defaults={"position": position, "digest": digest})
    return len(events)


def link(position: int, previous: str, event: Mapping[str, Any]) -> str:
    """The digest of an event, a row of the table, at a place in the chain."""
    content = [None if event[column] is None else str(event[column]) for column in _CONTENT]
    return ring().chain(previous, json.dumps([position, *content]).encode())


async def chained() -> AsyncIterator[dict[str, Any]]:
    """The rows of all chained events in the order of the chain, page by page."""
    last: int | None = None
    query = f"SELECT {_COLUMNS} FROM event WHERE position IS NOT NULL"
    while True:
        after = "" if last is None else " AND position > ?"
        rows = await fetch(
            f"{query}{after} ORDER BY position LIMIT {_PAGE}", *([] if last is None else [last])
        )
        for row in rows:
            yield row
        if len(rows) < _PAGE:
            return
        last = rows[-1]["position"]
