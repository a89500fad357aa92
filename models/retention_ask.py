"""When records are not erased by the clock alone: a director is shown how many, and says yes once, for those.

More than usual at once may come of a wrong import, and a clock that has jumped may be wrong: what is erased
cannot be brought back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from tortoise.queryset import QuerySet

from chatbot.clock import local_date
from models.customer import Customer, Stage
from models.database import as_instant, fetch
from models.event import Event, Tag
from models.keys import new_id

MANY = 0.02
"""Of all records, erased on one day: more than these need a yes."""
HANDFUL = 10
"""As many need none, however few records there are: below 500, two in a hundred are fewer than that, and so
many orders of one day end on one day again."""
JUMP = timedelta(days=2)
"""Since the last sweep: longer than a desk stands still for an upgrade, and a clock that is wrong by its zone
alone is wrong by less."""


class Why(StrEnum):
    """Why a director is asked. Stored, so never renamed."""

    MANY = "many"
    CLOCK = "clock"


class RetentionAsk(Model):
    """One question to a director.

    While its records are still being gathered, ``records`` is None: staff are told of it when they are
    counted. From ``allowed_at`` on they are erased, and when none is left it is closed: a yes is for
    what was shown, once. ``day`` is the day on which they were due, ``total`` how many records there were.
    """

    id = fields.UUIDField(primary_key=True)
    why = fields.CharEnumField(Why, description="", max_length=10)
    day = fields.DateField()
    asked_at = fields.DatetimeField()
    total = fields.IntField()
    records = fields.IntField(null=True)
    allowed_at = fields.DatetimeField(null=True)
    allowed_by = fields.UUIDField(null=True)
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "retention_ask"

    @classmethod
    async def open_one(cls) -> RetentionAsk | None:
        """The question that is not settled."""
        return await cls.filter(closed_at=None).order_by("id").first()

    @classmethod
    async def begin(cls, why: Why, total: int, now: datetime) -> None:
        """Ask, unless that is being done already. In a transaction."""
        ask = cls(id=new_id(), why=why, day=local_date(now), asked_at=now, total=total)
        await cls.bulk_create([ask], ignore_conflicts=True)

    async def collect(self, ids: Sequence[UUID]) -> int:
        """These records are among those that it is about."""
        waiting = Customer.filter(id__in=list(ids), retention=Stage.TOLD_TWICE, frozen_at=None)
        return await waiting.update(retention=Stage.SHOWN)

    async def show(self, now: datetime) -> bool:
        """All are gathered: it can be shown, and staff are to be told of it. False where that was done."""
        self.records = await self._collected().count()
        mine = RetentionAsk.filter(id=self.id, records=None)
        if not await mine.update(records=self.records):
            return False
        await Event.record(Tag.RETENTION_ASKED, now, detail=f"{self.why}:{self.records}")
        return True

    async def allow(self, member: UUID, now: datetime) -> bool:
        """A director says yes; False where somebody has, or it is no more to be answered."""
        shown = RetentionAsk.filter(id=self.id, records__isnull=False, allowed_at=None, closed_at=None)
        if not await shown.update(allowed_at=now, allowed_by=member):
            return False
        await Event.record(Tag.RETENTION_ALLOWED, now, member=member, detail=f"{self.why}:{self.records}")
        return True

    @classmethod
    async def collected(cls) -> list[UUID]:
        """The records that are gathered and whose erasure has not begun."""
        return list(await cls._collected().values_list("id", flat=True))  # type: ignore[arg-type]

    @staticmethod
    def _collected() -> QuerySet[Customer]:
        return Customer.filter(retention=Stage.SHOWN, erase_on__isnull=False, frozen_at=None)

    async def let_go(self, ids: Sequence[UUID]) -> int:
        """These records are no part of it any more, and wait as before."""
        mine = Customer.filter(id__in=list(ids), retention=Stage.SHOWN, frozen_at=None)
        return await mine.update(retention=Stage.TOLD_TWICE)

    async def close(self, now: datetime) -> None:
        """It is carried out, or has lost its reason."""
        await RetentionAsk.filter(id=self.id).update(closed_at=now)


class RetentionDay(Model):
    """What the sweep did on one day, and when it last ran.

    Notices that went out, those that could reach nobody, and erasures that were begun by
    themselves and with a director's yes.
    """

    day = fields.DateField(primary_key=True)
    swept_at = fields.DatetimeField()
    told = fields.IntField(default=0)
    unreached = fields.IntField(default=0)
    begun = fields.IntField(default=0)
    allowed = fields.IntField(default=0)

    class Meta:
        table = "retention_day"

    @classmethod
    async def add(
        cls, now: datetime, *, told: int = 0, unreached: int = 0, begun: int = 0, allowed: int = 0
    ) -> None:
        """The sweep runs now, and did so much."""
        await fetch(
            "INSERT INTO retention_day (day, swept_at, told, unreached, begun, allowed)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (day) DO UPDATE SET swept_at = excluded.swept_at,"
            " told = retention_day.told + excluded.told,"
            " unreached = retention_day.unreached + excluded.unreached,"
            " begun = retention_day.begun + excluded.begun,"
            " allowed = retention_day.allowed + excluded.allowed",
            local_date(now),
            now,
            told,
            unreached,
            begun,
            allowed,
        )

    @classmethod
    async def jumped(cls, now: datetime) -> bool:
        """Whether more time than usual has passed since the last sweep, by a clock that may be wrong. One
        that was set back has jumped, too, by what lies before the sweeps that it now calls future."""
        [row] = await fetch(LAST_SWEEP, now)
        return now - as_instant(row["last"]) > JUMP if row["last"] else row["days"] > 0

    @classmethod
    async def begun_on(cls, day: date) -> int:
        """How many erasures a day began by itself."""
        found = await cls.get_or_none(day=day)
        return found.begun if found else 0

    @classmethod
    async def lately(cls, limit: int) -> list[RetentionDay]:
        """The last days on which something was done, the newest first."""
        return await cls.all().order_by("-day").limit(limit)


LAST_SWEEP = """
SELECT MAX(CASE WHEN swept_at <= ? THEN swept_at END) AS last, COUNT(*) AS days FROM retention_day
"""
"""One statement, as other processes sweep too."""


async def too_many(due: int, today: date) -> bool:
    """Whether so many records, with those that went today already, are more than go without a yes."""
    many = due + await RetentionDay.begun_on(today)
    return many > HANDFUL and many > MANY * await Customer.all().count()
