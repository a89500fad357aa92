"""By which contacts a case's customer can be reached beside the chat, and whose chat falls silent soon."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from chatbot.contacts import kind_of
from chatbot.messages import Kind
from models.case import Case, CaseContact
from models.case_entry import Entry
from models.database import as_uuid, fetch
from models.keys import ring
from models.proof import Proof


@dataclass(frozen=True, slots=True)
class OtherWay:
    """A contact. ``opens`` is whether who proves it sees the case: a second contact that was only typed
    opens nothing."""

    kind: Kind
    value: str = field(repr=False)
    opens: bool


async def other_ways(case: Case) -> list[OtherWay]:
    """The second contact that the customer named, then what they have proven, the latest first, as long as
    its proof is kept (it need not count any more: the contact is still theirs). Raises SealBroken."""
    contacts = await CaseContact.filter(case_id=case.id)
    opening = {contact.value_index for contact in contacts}
    found: dict[tuple[Kind, str], OtherWay] = {}
    if second := kind_of(case.opened().second_contact or ""):
        found[second] = OtherWay(*second, opens=ring().blind_index(*second) in opening)
    proofs = Proof.filter(value_index__in=list(opening)).order_by("-proven_at").select_related("chat__key")
    for proof in await proofs if opening else []:
        contact = (proof.kind, proof.opened_value(proof.chat.key))
        found.setdefault(contact, OtherWay(*contact, opens=True))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class SilentSoon:
    """A chat that delivers nothing soon, unless its customer writes, and their open cases."""

    chat: UUID
    cases: tuple[UUID, ...]


SILENT_SOON = f"""
SELECT chat.id AS chat, "case".id AS "case"
FROM chat JOIN "case" ON "case".chat = chat.id
WHERE chat.channel = ? AND chat.last_inbound_at > ? AND chat.last_inbound_at <= ?
  AND chat.reachable AND "case".ended_at IS NULL
  AND (chat.expires_at IS NULL OR chat.expires_at <= ?)
  AND (chat.paused_until IS NULL OR chat.paused_until <= ?)
  AND NOT EXISTS (
    SELECT 1 FROM "case" AS open JOIN case_entry ON case_entry.case_id = open.id
    WHERE open.chat = chat.id AND open.ended_at IS NULL AND case_entry.kind = '{Entry.WAY_ASKED}'
  )
ORDER BY chat.id, "case".id
"""


async def silent_soon(channel: str, window: timedelta, quiet: timedelta, now: datetime) -> list[SilentSoon]:
    """The chats of a channel whose customers have open cases and have written nothing for a while, but within
    the window; without those who were asked already, are in the middle of something, or speak with a person
    of the shop."""
    rows = await fetch(SILENT_SOON, channel, now - window, now - quiet, now, now)
    by_chat = groupby(rows, key=lambda row: as_uuid(row["chat"]))
    return [SilentSoon(chat, tuple(as_uuid(row["case"]) for row in found)) for chat, found in by_chat]
