"""What happened in a case, in order: the timeline that the customer and staff see."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from tortoise import fields
from tortoise.models import Model

from models.case import Case
from models.database import fetch
from models.keys import new_id


class Entry(StrEnum):
    """What an entry tells. Stored, so never renamed."""

    FILED = "filed"
    PROVEN = "proven"
    CUSTOMER_WROTE = "customer_wrote"
    CUSTOMER_SENT_FILES = "customer_sent_files"
    STAFF_ASKED = "staff_asked"
    TAKEN = "taken"
    HANDED_OVER = "handed_over"
    NOTE = "note"
    """Internal: never shown to the customer."""
    DECIDED = "decided"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"
    PROPOSED = "proposed"
    """Internal: a decision by which money is paid waits for a second person."""
    BREACH = "breach"
    """Internal: somebody has said that there may have been a breach."""
    RECORD_SHOWN = "record_shown"
    """Internal here: the customer sees it in what is recorded of their own record."""
    POINTED = "pointed"
    """Internal: by another way the customer was told that there is something to read."""
    UNREACHED = "unreached"
    """Internal: something did not arrive, and somebody is to tell the customer."""
    WAY_ASKED = "way_asked"
    """Internal, as the next two: the customer was asked for a second way to reach them."""
    WAY_GIVEN = "way_given"
    WAY_DECLINED = "way_declined"
    REMINDED = "reminded"
    OVERDUE = "overdue"


INTERNAL = frozenset(
    {
        *(Entry.NOTE, Entry.TAKEN, Entry.HANDED_OVER, Entry.PROPOSED, Entry.BREACH, Entry.RECORD_SHOWN),
        *(Entry.POINTED, Entry.UNREACHED, Entry.WAY_ASKED, Entry.WAY_GIVEN, Entry.WAY_DECLINED),
    }
)
ANSWERS = frozenset({Entry.CUSTOMER_WROTE, Entry.CUSTOMER_SENT_FILES})
"""What answers a question from staff."""


class CaseEntry(Model):
    """One entry, its words sealed under the key of its case."""

    id = fields.BigIntField(primary_key=True)
    case_id = fields.UUIDField(db_index=True)
    ref = fields.UUIDField(unique=True)
    at = fields.DatetimeField()
    kind = fields.CharEnumField(Entry, description="", max_length=24)
    member = fields.UUIDField(null=True)
    words = fields.BinaryField(null=True)

    class Meta:
        table = "case_entry"

    @classmethod
    async def add(
        cls, case: Case, kind: Entry, at: datetime, *, words: str | None = None, member: UUID | None = None
    ) -> None:
        """Add an entry."""
        ref = new_id()
        sealed = case.key.seal(words.encode(), f"case_entry.words:{ref}") if words else None
        await cls.create(case_id=case.id, ref=ref, at=at, kind=kind, member=member, words=sealed)

    @classmethod
    async def once(cls, case: UUID, kind: Entry, name: str, at: datetime) -> bool:
        """Add an entry that a case has only once under a name, and without words; whether it was new,
        however many try at the same time."""
        rows = await fetch(
            "INSERT INTO case_entry (case_id, ref, at, kind) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (ref) DO NOTHING RETURNING id",
            str(case),
            str(uuid5(case, f"{kind}:{name}")),
            at,
            kind,
        )
        return bool(rows)

    @classmethod
    async def timeline(cls, case: Case, *, internal: bool = False) -> list[CaseEntry]:
        """The entries of a case in order; for the customer without the internal ones."""
        entries = await cls.filter(case_id=case.id).order_by("id")
        return [entry for entry in entries if internal or entry.kind not in INTERNAL]

    @classmethod
    async def questions(cls, case: Case) -> list[CaseEntry]:
        """What staff have asked since the customer last wrote or sent something, in order."""
        asked: list[CaseEntry] = []
        for entry in await cls.filter(case_id=case.id, kind__in=[Entry.STAFF_ASKED, *ANSWERS]).order_by("id"):
            asked = [] if entry.kind in ANSWERS else [*asked, entry]
        return asked

    def opened(self, case: Case) -> str | None:
        """The words of an entry. Raises SealBroken."""
        if self.words is None:
            return None
        return case.key.unseal(self.words, f"case_entry.words:{self.ref}").decode()
