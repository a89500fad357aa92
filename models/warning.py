"""Warnings of clocks that run out: each exists once, however often and by however many it is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.case import Case
from models.database import as_date, as_instant, as_uuid, fetch
from models.deadline import Deadline
from models.event import Event, Tag
from models.keys import new_id
from models.owed import Owed
from models.promises import Promise


class Level(StrEnum):
    """Whom a warning calls. Stored, so never renamed."""

    HANDLER = "handler"
    """Who has it in hand, or everybody where nobody has."""
    LEAD = "lead"
    DIRECTOR = "director"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands with a clock that runs, and with the latest warning of it, if there is one.

    ``called_at`` is when somebody was called last; of several clocks that stand alike, the first of them.
    """

    promise: Promise
    due_on: date
    rung: int | None = None
    level: Level | None = None
    called_at: datetime | None = None
    taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClock(Standing):
    """A clock that runs."""

    deadline: UUID
    about: UUID
    warning: UUID | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of a clock that is to be told, or that was skipped."""

    about: UUID
    deadline: UUID
    due_on: date
    rung: int
    level: Level
    skipped: bool

    @property
    def values(self) -> tuple[object, ...]:
        """As the database takes them."""
        return str(self.about), str(self.deadline), self.due_on, self.rung, self.level, self.skipped


class ClockWarning(Model):
    """One rung of one clock.

    ``about`` is the case or the request whose clock it is. ``rung`` is the number of working days left; a
    negative one tells of a day that was missed. It belongs to ``due_on``: where that day moves, the rungs are
    climbed anew. ``level`` is who was called last, at ``called_at``, with ``telling``. A rung that was
    ``skipped`` had passed when staff were told of a later one.
    """

    id = fields.UUIDField(primary_key=True)
    about = fields.UUIDField(db_index=True)
    deadline_id = fields.UUIDField()
    due_on = fields.DateField()
    rung = fields.IntField()
    level = fields.CharEnumField(Level, description="", max_length=10)
    told_at = fields.DatetimeField()
    called_at = fields.DatetimeField()
    telling = fields.UUIDField(null=True, db_index=True)
    skipped = fields.BooleanField(default=False)
    taken_at = fields.DatetimeField(null=True)
    taken_by = fields.UUIDField(null=True)

    class Meta:
        table = "clock_warning"
        unique_together = (("deadline_id", "due_on", "rung"),)

    @classmethod
    async def record(cls, rungs: Sequence[Rung], telling: UUID, now: datetime) -> None:
        """Write rungs of clocks that nobody has written yet, to be told with a telling. Two that write the
        same at once must do so in the same order."""
        if not rungs:
            return
        # One statement, written out: the ORM takes far longer, and the write lock is held meanwhile.
        await fetch(
            "INSERT INTO clock_warning"
            " (id, about, deadline_id, due_on, rung, level, skipped, telling, told_at, called_at)"
            f" VALUES {', '.join(['(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'] * len(rungs))}"
            " ON CONFLICT (deadline_id, due_on, rung) DO NOTHING",
            *(
                value
                for one in rungs
                for value in (
                    *(str(new_id()), *one.values),
                    *(None if one.skipped else str(telling), now, now),
                )
            ),
        )

    @classmethod
    async def call(cls, warnings: Sequence[UUID], level: Level, telling: UUID, now: datetime) -> None:
        """Call a further level for warnings that nobody has taken, and for which nobody has called it."""
        lying = cls.filter(id__in=list(warnings), taken_at=None).exclude(level=level)
        await lying.update(level=level, called_at=now, telling=telling)

    @classmethod
    async def take(cls, what: Owed, member: UUID, told_by: datetime, now: datetime) -> int:
        """Somebody has seen what staff were told of a case or request until an instant ("Đã nắm"). That
        silences these rungs; the next one comes on its day. How many nobody had taken before."""
        untaken = cls.filter(about=what.id, told_at__lte=told_by, taken_at=None, skipped=False)
        taken = await untaken.update(taken_at=now, taken_by=member)
        if taken:
            about = {"case" if isinstance(what, Case) else "request": what.id}
            await Event.record(Tag.WARNING_SEEN, now, member=member, detail=str(taken), **about)
        return taken

    @classmethod
    async def out(cls, about: UUID) -> dict[UUID, ClockWarning]:
        """The latest warning of each clock of a case or request that runs, by the clock."""
        due = {clock.id: clock.due_on for clock in await Deadline.filter(about=about, met_at=None)}
        told = cls.filter(about=about, deadline_id__in=list(due), skipped=False).order_by("-rung")
        return {one.deadline_id: one for one in await told if one.due_on == due[one.deadline_id]}


class MorningDigest(Model):
    """A working day whose overview was given."""

    day = fields.DateField(primary_key=True)
    told_at = fields.DatetimeField()

    class Meta:
        table = "morning_digest"

    @classmethod
    async def begin(cls, day: date, now: datetime) -> bool:
        """Whether the overview of a day is still to be given, which is true once."""
        rows = await fetch(
            "INSERT INTO morning_digest (day, told_at) VALUES (?, ?)"
            " ON CONFLICT (day) DO NOTHING RETURNING day",
            day,
            now,
        )
        return bool(rows)


_LATEST = """
FROM deadline LEFT JOIN clock_warning AS latest ON latest.id = (
    SELECT clock_warning.id FROM clock_warning
    WHERE clock_warning.deadline_id = deadline.id AND clock_warning.due_on = deadline.due_on
    ORDER BY clock_warning.rung LIMIT 1
)
WHERE deadline.met_at IS NULL
"""
"""By indexes alone, so that it costs the same however much was closed."""

STANDINGS = f"""
SELECT deadline.promise, deadline.due_on, latest.rung, latest.level,
       latest.taken_at IS NOT NULL AS taken, MIN(latest.called_at) AS called_at
{_LATEST} GROUP BY 1, 2, 3, 4, 5
"""

_CLOCKS = f"""
SELECT deadline.id AS deadline, deadline.about, deadline.promise, deadline.due_on, latest.id AS warning,
       latest.rung, latest.level, latest.taken_at IS NOT NULL AS taken, latest.called_at
{_LATEST}
"""
DUE_CLOCKS = f"{_CLOCKS} AND deadline.due_on = ? ORDER BY deadline.id"
CLOCKS_OF = f"{_CLOCKS} AND deadline.id IN (%s) ORDER BY deadline.id"
SOONEST_CLOCKS = f"{_CLOCKS} ORDER BY deadline.due_on, deadline.id LIMIT ?"

OPEN_DUE = """
SELECT due_on, COUNT(*) AS open
FROM (SELECT MIN(due_on) AS due_on FROM deadline WHERE met_at IS NULL GROUP BY about) AS soonest
GROUP BY due_on
"""


async def standings() -> list[Standing]:
    """All clocks that run, those that stand alike as one: a few lines, however much is open."""
    return [Standing(**_standing(row)) for row in await fetch(STANDINGS)]


async def due_clocks(day: date) -> list[OpenClock]:
    """The clocks that run and are due on a day."""
    return [_open_clock(row) for row in await fetch(DUE_CLOCKS, day)]


async def clocks_of(deadlines: Sequence[UUID]) -> list[OpenClock]:
    """Those of these clocks that still run, as they stand now."""
    marks = ", ".join("?" * len(deadlines))
    return [_open_clock(row) for row in await fetch(CLOCKS_OF % marks, *map(str, deadlines))]


async def soonest_clocks(limit: int) -> list[OpenClock]:
    """The clocks that run and are due first."""
    return [_open_clock(row) for row in await fetch(SOONEST_CLOCKS, limit)]


async def open_due() -> dict[date, int]:
    """How many cases and requests are due on which day, each counted by what is due first."""
    return {as_date(row["due_on"]): row["open"] for row in await fetch(OPEN_DUE)}


def _open_clock(row: dict[str, Any]) -> OpenClock:
    return OpenClock(
        **_standing(row),
        deadline=as_uuid(row["deadline"]),
        about=as_uuid(row["about"]),
        warning=row["warning"] and as_uuid(row["warning"]),
    )


def _standing(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "promise": Promise(row["promise"]),
        "due_on": as_date(row["due_on"]),
        "rung": row["rung"],
        "level": row["level"] and Level(row["level"]),
        "called_at": row["called_at"] and as_instant(row["called_at"]),
        "taken": bool(row["taken"]),
    }
