"""The clocks of cases and of data subject requests: what was promised until when.

A promised date never moves later. When the calendar changes, the date that staff work towards may move
earlier; the customer's stays.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from chatbot.workdays import Calendar
from models.keys import new_id
from models.promises import TERMS, Promise


class Deadline(Model):
    """One clock.

    ``about`` is the case or the request whose clock it is. ``promised_on`` is what the customer was told,
    ``due_on`` what staff work towards and are warned of: the same day or an earlier one. ``calendar`` is the
    version by which it was counted.
    """

    id = fields.UUIDField(primary_key=True)
    about = fields.UUIDField(db_index=True)
    promise = fields.CharEnumField(Promise, description="", max_length=12)
    round = fields.IntField()
    started_at = fields.DatetimeField()
    promised_on = fields.DateField()
    due_on = fields.DateField()
    provisional = fields.BooleanField()
    calendar = fields.CharField(64)
    met_at = fields.DatetimeField(null=True)

    class Meta:
        table = "deadline"
        unique_together = (("about", "promise", "round"),)

    @classmethod
    async def start(
        cls,
        about: UUID,
        promise: Promise,
        round: int,
        arrived: datetime,
        calendar: Calendar,
        met_at: datetime | None = None,
    ) -> Deadline:
        """Start a clock on the local day of an instant. Raises OutsideCalendar."""
        counted = TERMS[promise].count(arrived, calendar)
        return await cls.create(
            id=new_id(),
            about=about,
            promise=promise,
            round=round,
            started_at=arrived,
            promised_on=counted.until,
            due_on=counted.due_on,
            provisional=counted.provisional,
            calendar=calendar.version,
            met_at=met_at,
        )

    @classmethod
    async def meet(cls, about: UUID, promise: Promise, at: datetime) -> int:
        """Stop the clocks of a promise that still run; how many."""
        return await cls.filter(about=about, promise=promise, met_at=None).update(met_at=at)

    @classmethod
    async def stop(cls, about: UUID, at: datetime) -> None:
        """Stop every clock that still runs: nothing is owed any more."""
        await cls.filter(about=about, met_at=None).update(met_at=at)

    @classmethod
    async def resume(cls, about: UUID, promise: Promise) -> None:
        """The clocks of a promise run on: what had stopped them did not arrive."""
        await cls.filter(about=about, promise=promise).update(met_at=None)

    @classmethod
    async def running(cls, about: UUID, promise: Promise) -> Deadline | None:
        """The clock of a promise that still runs."""
        return await cls.filter(about=about, promise=promise, met_at=None).order_by("-round").first()

    @classmethod
    async def recount(cls, calendar: Calendar, limit: int) -> int:
        """Count running clocks anew that were counted by another calendar; how many. The day that staff
        work towards may move earlier, never past what was promised."""
        rows = await cls.filter(met_at=None).exclude(calendar=calendar.version).limit(limit)
        for row in rows:
            counted = TERMS[row.promise].count(row.started_at, calendar)
            row.due_on = min(row.promised_on, counted.due_on)
            row.provisional, row.calendar = counted.provisional, calendar.version
            await row.save(update_fields=["due_on", "provisional", "calendar"])
        return len(rows)


def days_left(calendar: Calendar, today: date, due_on: date) -> int:
    """Working days from today until a due day: 0 on the day itself, negative when it has passed."""
    return calendar.working_days_between(today, due_on)
