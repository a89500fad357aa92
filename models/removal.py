"""What is still to be removed of a subject whose key is destroyed: rows in batches, then files.

The key goes first, so that wherever this stops, nothing is readable any more; which rows are the subject's
is read from ``models/inventory.py``.

    farewell -> removing -> gone

A subject may be kept for a while, to be told one last thing (``farewell_until``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.case import Case
from models.database import as_uuid, dialect, fetch
from models.erased import Erased
from models.inventory import INVENTORY
from models.keys import SubjectKey
from models.tally import Tally

FAREWELL = timedelta(days=7)
"""How long at most an address is kept to tell somebody that they were erased, or how their case has ended."""

_TABLE = "removal"


class Removal(Model):
    """One subject that goes, by its id.

    ``erasure`` is the erasure that is not done before this is, or whose farewell this is. ``files`` names
    its sealed files, one a line, each by folder and id: their rows may go with the key. Until
    ``farewell_until``, at most, the key stays, so that ``contact`` (its kind and value, sealed; None where
    the subject is a chat) can still be told something. ``since`` is when it began.
    """

    id = fields.UUIDField(primary_key=True)
    erasure = fields.UUIDField(null=True, db_index=True)
    since = fields.DatetimeField()
    farewell_until = fields.DatetimeField(null=True)
    contact = fields.BinaryField(null=True)
    files = fields.TextField(null=True)

    class Meta:
        table = _TABLE

    @classmethod
    async def begin(cls, subjects: Sequence[UUID], now: datetime, *, erasure: UUID | None = None) -> None:
        """Destroy the keys of subjects, for good, and note what is to be removed after them; no case is
        answered any more in a chat that goes. Inside a transaction."""
        for subject in subjects:
            names = await _files(subject)
            await cls.filter(id=subject).delete()
            await cls.create(
                id=subject, erasure=erasure, since=now, files="\n".join(names) if names else None
            )
            await Erased.record(subject, now)
            await Case.filter(chat=subject).update(chat=None)

    @classmethod
    async def keep(cls, key: SubjectKey, erasure: UUID, now: datetime, contact: str | None = None) -> None:
        """Let a subject stay to be told something. Inside a transaction."""
        sealed = key.seal(contact.encode(), f"removal.contact:{key.id}") if contact else None
        await cls.create(id=key.id, erasure=erasure, since=now, farewell_until=now + FAREWELL, contact=sealed)

    @classmethod
    async def under_way(cls, limit: int) -> list[Removal]:
        """Those whose key is destroyed, the oldest first."""
        return await cls.filter(farewell_until=None).order_by("since", "id").limit(limit)

    @classmethod
    async def over(cls, unkept: Sequence[str], now: datetime, limit: int) -> list[UUID]:
        """The subjects that need stay no longer: they were told, their time is over, or the person has
        written since, and the chat is one like any other. One that an open case needs stays with it, and
        until its end was told.

        ``unkept`` are the channels that keep no history: there the words are for the customer to read until
        the time is over.
        """
        rows = await fetch(
            _OVER.format(unkept=", ".join("?" * len(unkept))), now, now - FAREWELL, *unkept, limit
        )
        return [as_uuid(row["id"]) for row in rows]

    def opened_contact(self, key: SubjectKey) -> str | None:
        """The contact to be told, as it was given; None where the subject is a chat. Raises SealBroken."""
        if self.contact is None:
            return None
        return key.unseal(self.contact, f"removal.contact:{self.id}").decode()

    async def remove_rows(self, limit: int) -> int:
        """Remove up to ``limit`` rows, and what is sealed in rows that stay; how many. Inside a
        transaction."""
        done = await Tally.filter(key=str(self.id)).delete()
        for table, holding in INVENTORY.items():
            for column in holding.subjects if table != _TABLE else ():
                some = _some(table, f'"{column}" = ?')
                gone = f'DELETE FROM "{table}" WHERE {some} RETURNING 1 AS one'
                done += len(await fetch(gone, str(self.id), limit - done))
            if holding.outlived and holding.sealed:
                nothing = ", ".join(f'"{column}" = NULL' for column in holding.sealed)
                held = " OR ".join(f'"{column}" IS NOT NULL' for column in holding.sealed)
                some = _some(table, f'"{holding.outlived}" = ? AND ({held})')
                emptied = f'UPDATE "{table}" SET {nothing} WHERE {some} RETURNING 1 AS one'
                done += len(await fetch(emptied, str(self.id), limit - done))
            if done >= limit:
                break
        return done


_OVER = """
SELECT removal.id FROM removal LEFT JOIN chat ON chat.id = removal.id
WHERE removal.farewell_until IS NOT NULL AND (
    chat.last_inbound_at > removal.since
    OR removal.farewell_until <= ? AND NOT EXISTS (
        SELECT 1 FROM "case"
        WHERE "case".chat = removal.id AND ("case".ended_at IS NULL OR "case".ended_at > ?)
    )
    OR NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.id = removal.erasure)
    AND NOT EXISTS (SELECT 1 FROM "case" WHERE "case".chat = removal.id AND "case".ended_at IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM outgoing
        WHERE outgoing.subject = removal.id AND outgoing.state IN ('queued', 'sending')
    )
    AND COALESCE(chat.channel, '') NOT IN ({unkept})
)
ORDER BY removal.id LIMIT ?
"""


async def _files(subject: UUID) -> list[str]:
    """The sealed files of a subject, by folder and id."""
    return [
        f"{holding.folder}/{row['id']}"
        for table, holding in INVENTORY.items()
        if holding.folder
        for column in holding.subjects
        for row in await fetch(f'SELECT id FROM "{table}" WHERE "{column}" = ?', str(subject))
    ]


def _some(table: str, condition: str) -> str:
    """The condition of SQL that a row is one of the first so many that meet a condition. By where it lies,
    as not every table has a key of the same name."""
    if dialect() == "postgres":
        return f'ctid = ANY(ARRAY(SELECT ctid FROM "{table}" WHERE {condition} LIMIT ?))'
    return f'rowid IN (SELECT rowid FROM "{table}" WHERE {condition} LIMIT ?)'
