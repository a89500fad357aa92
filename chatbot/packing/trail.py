"""What the audit trail tells of a customer: what they corrected, who looked, and what happened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from chatbot.messages import Kind
from chatbot.packing import contents as c
from chatbot.packing.mine import Mine
from models.event import Event, Tag

_STAFF_ONLY = frozenset(
    {
        Tag.WARNING_SEEN,
        Tag.CASE_TAKEN,
        Tag.CASE_HANDED_OVER,
        Tag.CASE_NOTED,
        Tag.CASE_PROPOSED,
        Tag.CASE_DECLINED,
        Tag.CASE_APPROVED,
        Tag.CASE_APPROVED_ALONE,
        Tag.CASE_BREACH,
        Tag.CASE_TOLD_BY_HAND,
    }
)
"""What staff do among themselves, as in ``models.case_entry.INTERNAL``."""


async def corrections(mine: Mine) -> list[c.Correction]:
    """What the customer corrected, as far as it stands, and when."""
    at: dict[str, datetime] = {}
    tags = [Tag.RECORD_CORRECTED, Tag.CONTACT_UNDONE]
    for event in await Event.filter(customer=mine.customer.id, tag__in=tags).order_by("id"):
        if event.tag is Tag.RECORD_CORRECTED and event.detail:
            at[event.detail] = event.at
        else:  # an earlier correction stands again, and nothing says which
            at.pop(Kind.PHONE, None)
            at.pop(Kind.EMAIL, None)
    return [c.Correction(field=name, at=at.get(name)) for name in mine.profile.corrected]


async def looks(mine: Mine) -> AsyncIterator[c.Look]:
    """Who has seen the record in full, and why."""
    shown = Event.filter(tag=Tag.RECORD_SHOWN, customer=mine.customer.id)
    for event in await shown.order_by("id"):
        role, _, reason = (event.detail or "").partition(":")
        yield c.Look(
            at=event.at,
            by=role if event.member else "customer",
            reason=reason or None,
            case=mine.codes.get(event.case) if event.case else None,
        )


async def events(mine: Mine) -> AsyncIterator[c.Happening]:
    """What happened to the customer's record, cases and chats, but not among staff."""
    found = {event.id: event for event in await Event.filter(customer=mine.customer.id)}
    if mine.cases:
        found |= {event.id: event for event in await Event.filter(case__in=list(mine.codes))}
    if mine.chats:
        found |= {event.id: event for event in await Event.filter(chat__in=list(mine.chats))}
    for _, event in sorted(found.items()):
        if _is_about(mine, event):
            yield c.Happening(
                at=event.at,
                tag=event.tag,
                by="staff" if event.member else "self",
                chat=mine.chat_names.get(event.chat) if event.chat else None,
                case=mine.codes.get(event.case) if event.case else None,
                request=mine.asked.codes.get(event.request) if event.request else None,
            )


def _is_about(mine: Mine, event: Event) -> bool:
    """An event names a record, a case or a chat: whichever is the narrowest decides."""
    if event.tag in _STAFF_ONLY:
        return False
    if event.customer:
        return event.customer == mine.customer.id
    if event.case:
        return event.case in mine.codes
    return event.chat is not None and mine.shares[event.chat].has(event.at)
