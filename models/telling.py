"""What staff are told at once: warnings are written down in batches, gathered in a telling, and told with it.

So one row decides who tells them, however many they are, and what was written by a desk that then stopped
waits in its telling for the next sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.database import as_uuid, fetch
from models.keys import new_id


@dataclass(frozen=True, slots=True)
class Told:
    """Of how many cases and requests is told, and the clocks that are due first, each after its own."""

    owed: int
    first: Sequence[tuple[UUID, UUID]]


class Telling(Model):
    """Warnings that are told at once.

    ``urgent`` is one that is told while the office is closed, too. Of each kind one is open at a time.
    """

    id = fields.UUIDField(primary_key=True)
    urgent = fields.BooleanField()
    told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "telling"

    @classmethod
    async def begin(cls, *, urgent: bool) -> UUID:
        """The one that is open, held until the transaction ends so that nobody tells it meanwhile."""
        [row] = await fetch(
            "INSERT INTO telling (id, urgent) VALUES (?, ?)"
            " ON CONFLICT (urgent) WHERE told_at IS NULL DO UPDATE SET urgent = excluded.urgent RETURNING id",
            str(new_id()),
            urgent,
        )
        return as_uuid(row["id"])

    @classmethod
    async def waits(cls, *, urgent: bool) -> bool:
        """Whether there is something to be told; with ``urgent`` only of what is."""
        return await cls.filter(told_at=None, **({"urgent": True} if urgent else {})).exists()

    @classmethod
    async def end(cls, now: datetime, limit: int, *, urgent: bool) -> Told:
        """What is to be told now, with ``limit`` clocks at most, which nobody gets twice. Left away is what
        needs no telling any more: its clock has stopped or goes to another day, or somebody has taken it."""
        rows = await fetch(END, now, urgent)
        tellings = [str(row["id"]) for row in rows]
        if not tellings:
            return Told(0, ())
        marks = ", ".join("?" * len(tellings))
        [counted] = await fetch(OWED_TOLD.format(tellings=marks), *tellings)
        first = await fetch(CLOCKS_TOLD.format(tellings=marks), *tellings, limit)
        return Told(counted["owed"], [(as_uuid(row["about"]), as_uuid(row["deadline_id"])) for row in first])


END = "UPDATE telling SET told_at = ? WHERE told_at IS NULL AND urgent >= ? RETURNING id"
"""One statement: of two workers at once the second finds none left."""

_TOLD = """
FROM clock_warning JOIN deadline
  ON deadline.id = clock_warning.deadline_id AND deadline.due_on = clock_warning.due_on
WHERE clock_warning.telling IN ({tellings}) AND clock_warning.taken_at IS NULL AND deadline.met_at IS NULL
"""
OWED_TOLD = f"SELECT COUNT(DISTINCT clock_warning.about) AS owed {_TOLD}"
CLOCKS_TOLD = f"""
SELECT clock_warning.about, clock_warning.deadline_id {_TOLD}
GROUP BY clock_warning.about, clock_warning.deadline_id, clock_warning.due_on
ORDER BY clock_warning.due_on, clock_warning.deadline_id LIMIT ?
"""
