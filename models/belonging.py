"""What of chats and cases belongs to one customer alone, where several people share a chat or a contact.

The audit trail knows whose record stood open in a chat, and when. What cannot be told apart belongs to
nobody here: a package must never hold another person's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.case import Case, CaseContact
from models.customer import ContactPoint
from models.event import Event, Tag

_TURNS = (Tag.RECORD_OPENED, Tag.CONTACT_PROVEN, Tag.PROOF_ENDED)
"""After each of these somebody else may be writing in a chat; not after a proof that names a customer: one
who writes there already has proven one more contact."""


@dataclass(frozen=True, slots=True)
class Share:
    """What of a chat is one customer's: all of it, or what was said in some spans, each without its end."""

    spans: tuple[tuple[datetime, datetime | None], ...]
    whole: bool = False

    def has(self, at: datetime) -> bool:
        """Whether what was said at an instant is this customer's."""
        return self.whole or any(start <= at and (end is None or at < end) for start, end in self.spans)


async def shares_of(customer: UUID) -> dict[UUID, Share]:
    """The chats in which a record stood open, with its share of each: the whole chat where nobody else ever
    proved anything in it, else the times at which this record alone was open."""
    opened = Event.filter(customer=customer, tag=Tag.RECORD_OPENED)
    chats = {event.chat for event in await opened.only("chat") if event.chat}
    turns: dict[UUID, list[Event]] = {chat: [] for chat in chats}
    for event in await Event.filter(chat__in=list(chats), tag__in=_TURNS).order_by("id") if chats else ():
        if event.chat and not (event.tag is Tag.CONTACT_PROVEN and event.customer):
            turns[event.chat].append(event)
    return {chat: _share(customer, events) for chat, events in turns.items()}


def _share(customer: UUID, turns: list[Event]) -> Share:
    spans: list[tuple[datetime, datetime | None]] = []
    opened = [event for event in turns if event.tag is Tag.RECORD_OPENED]
    proven = sum(event.tag is Tag.CONTACT_PROVEN for event in turns)
    alone = all(event.customer == customer for event in opened) and proven <= len(opened)
    since: datetime | None = None
    for event in turns:
        if event.tag is Tag.RECORD_OPENED and event.customer == customer:
            since = since or event.at
        elif since:
            spans.append((since, event.at))
            since = None
    return Share((*spans, (since, None)) if since else tuple(spans), alone)


async def cases_of(customer: UUID, shares: Mapping[UUID, Share]) -> list[Case]:
    """The cases that are a customer's alone, the oldest first, with their keys.

    One filed in a chat is of the record that stood open there. Where none did, or it came by post, it is of
    the record to which all its contacts lead, if they lead to one.
    """
    indexes = await ContactPoint.filter(customer_id=customer).values_list("value_index", flat=True)
    claimed = await CaseContact.filter(value_index__in=list(indexes)).values_list("case_id", flat=True)
    filed = await Case.filter(chat__in=list(shares)).values_list("id", flat=True) if shares else []
    ids = list({*claimed, *filed})
    if not ids:
        return []
    begun = {event.case: event for event in await Event.filter(tag=Tag.CASE_FILED, case__in=ids)}
    found = await Case.filter(id__in=ids).select_related("key").order_by("filed_at", "number")
    return [case for case in found if await _is_of(customer, case, begun.get(case.id), shares)]


async def _is_of(customer: UUID, case: Case, filed: Event | None, shares: Mapping[UUID, Share]) -> bool:
    if filed and filed.chat:
        if filed.chat in shares and shares[filed.chat].has(filed.at):
            return True
        # Whoever proves a contact in the chat later gets to see the case; but who filed it is not known.
        if await Event.filter(chat=filed.chat, tag=Tag.RECORD_OPENED).exclude(customer=customer).exists():
            return False
    contacts = await CaseContact.filter(case_id=case.id).values_list("value_index", flat=True)
    behind = await ContactPoint.records(list(contacts)) if contacts else {}  # type: ignore[arg-type]
    return bool(behind) and all(records == (customer,) for records in behind.values())
