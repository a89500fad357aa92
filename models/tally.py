"""Counters with a window: how often something may happen. One statement counts and checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise import fields
from tortoise.models import Model

from models.database import fetch


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` in any ``window``: the counter begins anew only when nothing was counted for a
    whole window, so no window of that length, wherever it begins, holds more."""

    scope: str
    most: int
    window: timedelta


class Tally(Model):
    """A counter.

    ``key`` is a blind index or an id, never the thing itself.
    """

    id = fields.BigIntField(primary_key=True)
    scope = fields.CharField(30)
    key = fields.CharField(64)
    count = fields.IntField()
    last_ms = fields.BigIntField(db_index=True)

    class Meta:
        table = "tally"
        unique_together = (("scope", "key"),)

    @classmethod
    async def charge(cls, limit: Limit, key: str, now: datetime) -> int:
        """Count one more and return how many that makes; more than ``limit.most`` means refused.

        One statement, so that a hundred at once count a hundred. A refused one does not lengthen the
        wait.
        """
        now_ms = int(now.timestamp() * 1000)
        cutoff = now_ms - int(limit.window.total_seconds() * 1000)
        rows = await fetch(
            "INSERT INTO tally (scope, key, count, last_ms) VALUES (?, ?, 1, ?)"
            " ON CONFLICT (scope, key) DO UPDATE SET"
            " count = CASE WHEN tally.last_ms <= ? THEN 1 ELSE tally.count + 1 END,"
            " last_ms = CASE WHEN tally.last_ms <= ? OR tally.count < ? THEN excluded.last_ms"
            " ELSE tally.last_ms END RETURNING count",
            limit.scope,
            key,
            now_ms,
            cutoff,
            cutoff,
            limit.most,
        )
        return int(rows[0]["count"])

    @classmethod
    async def give_back(cls, limit: Limit, key: str) -> None:
        """Take one count back: a guess that was right was no wrong guess."""
        await fetch(
            "UPDATE tally SET count = count - 1 WHERE scope = ? AND key = ? AND count > 0 RETURNING id",
            limit.scope,
            key,
        )

    @classmethod
    async def full(cls, limit: Limit, key: str, now: datetime) -> bool:
        """Whether one more would be refused, without counting it."""
        row = await cls.get_or_none(scope=limit.scope, key=key)
        cutoff = int((now - limit.window).timestamp() * 1000)
        return row is not None and row.count >= limit.most and row.last_ms > cutoff

    @classmethod
    async def forget(cls, before: datetime, limit: int) -> int:
        """Drop up to ``limit`` counters that have not counted since an instant; how many went."""
        ids = (
            await cls.filter(last_ms__lt=int(before.timestamp() * 1000))
            .limit(limit)
            .values_list("id", flat=True)
        )
        return await cls.filter(id__in=ids).delete() if ids else 0
