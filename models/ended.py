"""What outlives a record, or never belonged to one, and ends by itself (``models/keeping.py``): chats, cases
with their own keys, requests in the register, and consents of the erased. A legal hold stops it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from chatbot.clock import local_date
from models.case_states import OPEN, CaseState
from models.change import Change
from models.chat import Chat
from models.consent import Consent
from models.data_request import DataRequest, RequestState
from models.database import as_uuid, fetch
from models.deadline import Deadline
from models.event import Event, Tag
from models.keeping import TERMS, Category, over_before
from models.removal import Removal
from models.request_file import RequestFile
from models.warning import ClockWarning

_STATES = ", ".join(f"'{state}'" for state in sorted(OPEN))
_NOT_HELD = (
    "NOT EXISTS (SELECT 1 FROM legal_hold WHERE legal_hold.subject = {} AND legal_hold.lifted_at IS NULL)"
)

ENDED_CHATS = f"""
SELECT id FROM chat
WHERE last_inbound_at < ?
    AND NOT EXISTS (
        SELECT 1 FROM event JOIN customer ON customer.id = event.customer
        WHERE event.chat = chat.id AND event.tag = '{Tag.RECORD_OPENED}'
    )
    AND NOT EXISTS (SELECT 1 FROM "case" WHERE "case".chat = chat.id AND "case".state IN ({_STATES}))
    AND NOT EXISTS (
        SELECT 1 FROM data_request
        WHERE data_request.chat = chat.id AND data_request.state = '{RequestState.OPEN}'
    )
    AND NOT EXISTS (SELECT 1 FROM removal WHERE removal.id = chat.id)
"""
"""One in which a record was opened goes with that record; one where an answer is still owed stays for it."""

ENDED_CASES = f"""
SELECT id FROM "case"
WHERE COALESCE(ended_at, decided_at) < ?
    AND state IN ('{CaseState.ANSWERED}', '{CaseState.CLOSED}', '{CaseState.WITHDRAWN}')
    AND {_NOT_HELD.format('"case".id')}
"""
"""A decision that was answered neither by a yes nor by an appeal ends the case, too."""

ENDED_REQUESTS = f"""
SELECT id FROM data_request WHERE closed_at < ? AND {_NOT_HELD.format("data_request.customer")}
"""

ENDED_CONSENTS = """
SELECT consent.id FROM erased JOIN consent ON consent.customer = erased.id WHERE erased.erased_at < ?
"""


def _before(category: Category, today: date) -> datetime:
    years = TERMS[category].years
    assert years
    return over_before(today, years)


async def ended_chats(today: date, years: int) -> list[UUID]:
    """The chats of nobody's record that have been silent for so many years."""
    rows = await fetch(ENDED_CHATS, over_before(today, years))
    return [as_uuid(row["id"]) for row in rows]


async def end_chats(ids: Sequence[UUID], now: datetime, years: int) -> int:
    """Destroy the keys of chats, for good, in a transaction; how many. Their rows and files go next
    (``models/removal.py``)."""
    held = [one for one in ids if await Chat.hold_by_id(one)]
    return await _end(Category.CHAT, ENDED_CHATS, over_before(local_date(now), years), held, now)


async def ended_cases(today: date) -> list[UUID]:
    """The cases whose own retention is over."""
    rows = await fetch(ENDED_CASES, _before(Category.CASE, today))
    return [as_uuid(row["id"]) for row in rows]


async def end_cases(ids: Sequence[UUID], now: datetime) -> int:
    """Destroy the keys of cases, for good, in a transaction; how many. Their rows and files go next
    (``models/removal.py``)."""
    return await _end(Category.CASE, ENDED_CASES, _before(Category.CASE, local_date(now)), ids, now)


async def _end(category: Category, over: str, before: datetime, ids: Sequence[UUID], now: datetime) -> int:
    """Those of the ids that are over still: only they are looked at, as the write lock is held."""
    if not ids:
        return 0
    rows = await fetch(f"{over} AND id IN ({', '.join('?' * len(ids))})", before, *map(str, ids))
    still = sorted(as_uuid(row["id"]) for row in rows)
    await Removal.begin(still, now)
    for one in still:
        await Event.record(Tag.RETENTION_ENDED, now, member=None, detail=category, **{category.value: one})
    return len(still)


async def ended_requests(today: date) -> list[UUID]:
    """The requests that were closed as long ago as the register keeps them."""
    rows = await fetch(ENDED_REQUESTS, _before(Category.REQUEST, today))
    return [as_uuid(row["id"]) for row in rows]


async def end_requests(ids: Sequence[UUID], now: datetime) -> int:
    """Remove requests with their clocks, changes and files, in a transaction; how many."""
    for one in ids:
        await Event.record(Tag.RETENTION_ENDED, now, request=one, detail=Category.REQUEST)
    await RequestFile.filter(request__in=list(ids)).delete()  # its bytes go with the files of nobody
    await Change.filter(request__in=list(ids)).delete()
    await ClockWarning.filter(about__in=list(ids)).delete()
    await Deadline.filter(about__in=list(ids)).delete()
    return await DataRequest.filter(id__in=list(ids)).delete()


async def ended_consents(today: date) -> list[int]:
    """The consents of those who were erased long enough ago."""
    rows = await fetch(ENDED_CONSENTS, _before(Category.CONSENT, today))
    return [row["id"] for row in rows]


async def end_consents(ids: Sequence[int], now: datetime) -> int:
    """Remove consents, in a transaction; how many."""
    gone = await Consent.filter(id__in=list(ids)).delete()
    await Event.record(Tag.RETENTION_ENDED, now, detail=f"{Category.CONSENT}:{gone}")
    return gone
