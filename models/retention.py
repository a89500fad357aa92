"""The end of a record's retention (policy, section 3): who is to be told of it, who is to be erased, and
what stops it.

    kept -> told -> told twice -> (shown to a director ->) erased
      ^______|________|____________|   contact, or something that stops it

The year ends with the day that ``models.holding.kept_until`` gives; the record is erased on the day after. A
notice that reached somebody lets that day be no sooner than its own time says; nobody reachable puts
nothing off (Law 19/2023/QH15 Art. 20(3) gives no grace).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from chatbot.clock import local_date
from chatbot.crypto import SealBroken
from chatbot.messages import Kind
from models.case_states import OPEN
from models.customer import BEGUN_ANEW, Customer, Stage
from models.data_request import RequestState
from models.database import as_uuid, fetch
from models.erasure import Erasure, Why
from models.event import Event, Tag
from models.holding import kept_until
from models.keeping import over_before

NOTICE = {Stage.KEPT: timedelta(days=30), Stage.TOLD: timedelta(days=7)}
"""How long before the erasure each notice goes out, by the stage in which it is due."""

_STATES = ", ".join(f"'{state}'" for state in sorted(OPEN))

STOPPED = f"""(
    EXISTS (
        SELECT 1 FROM legal_hold
        WHERE legal_hold.subject = customer.id AND legal_hold.lifted_at IS NULL
    ) OR EXISTS (
        SELECT 1 FROM data_request
        WHERE data_request.customer = customer.id AND data_request.state = '{RequestState.OPEN}'
    ) OR EXISTS (
        SELECT 1 FROM contact_point
        JOIN data_request ON data_request.who_index = contact_point.value_index
        WHERE contact_point.customer_id = customer.id AND data_request.state = '{RequestState.OPEN}'
    ) OR EXISTS (
        SELECT 1 FROM contact_point
        JOIN case_contact ON case_contact.value_index = contact_point.value_index
        JOIN "case" ON "case".id = case_contact.case_id
        WHERE contact_point.customer_id = customer.id AND "case".state IN ({_STATES})
    ) OR EXISTS (
        SELECT 1 FROM event
        JOIN "case" ON "case".chat = event.chat
        WHERE event.customer = customer.id AND event.tag = '{Tag.RECORD_OPENED}'
            AND "case".state IN ({_STATES})
    )
)"""
"""What stops the end: a legal hold; an open request or case that is theirs, or may be theirs by a contact
that others share. What cannot be told apart keeps the record."""

_DUE = {
    Stage.KEPT: "retention = 0 AND last_contact_at < ?",
    Stage.TOLD: "retention = 1 AND erase_on <= ?",
    Stage.TOLD_TWICE: "retention = 2 AND erase_on <= ?",
    Stage.SHOWN: "retention = 3 AND erase_on <= ?",
}
"""The next step of each stage is due. The numbers are those of ``Stage``, written out for the indexes."""

LONGER = "SELECT id FROM customer WHERE erase_on <= ? AND last_contact_at >= ?"
"""Those who were told of a day that is no longer theirs, as the shop now keeps records for longer."""


def found(stage: Stage, *, stopped: bool = False) -> str:
    """The statement that finds the records whose next step is due, and that nothing stops, the longest silent
    first; or those that something stops."""
    return (
        f"SELECT id FROM customer WHERE {_DUE[stage]} AND frozen_at IS NULL"
        f" AND {'' if stopped else 'NOT '}{STOPPED} ORDER BY last_contact_at, id"
    )


def limit_of(stage: Stage, today: date, years: int) -> date | datetime:
    """What the statement takes: the day up to which a record must be due or, before it was told, the instant
    before which its last contact lies."""
    if stage is Stage.KEPT:
        return over_before(today + NOTICE[stage], years)
    return today + NOTICE.get(stage, timedelta())


async def due(stage: Stage, today: date, years: int) -> list[UUID]:
    """The records whose next step is due and that nothing stops, the longest silent first."""
    return [as_uuid(row["id"]) for row in await fetch(found(stage), limit_of(stage, today, years))]


async def stopped(today: date, years: int) -> list[UUID]:
    """The records that were told of their end and whose next step something stops, or of a day that is no
    longer theirs: for them all begins anew."""
    rows = await fetch(LONGER, today + NOTICE[Stage.TOLD], limit_of(Stage.KEPT, today, years))
    for stage in (Stage.TOLD, Stage.TOLD_TWICE, Stage.SHOWN):
        rows += await fetch(found(stage, stopped=True), limit_of(stage, today, years))
    return [as_uuid(row["id"]) for row in rows]


async def begin_anew(ids: Sequence[UUID]) -> int:
    """None of them counts as told any more; how many."""
    return await Customer.filter(id__in=list(ids), frozen_at=None).update(**BEGUN_ANEW)


def erased_on(customer: Customer, today: date, years: int, *, reached: bool) -> date:
    """The day of erasure as a notice says it: the day after the last one of the period, but never sooner
    than the notice's own time where it reaches somebody, and not in the past."""
    first = customer.erase_on or kept_until(customer.last_contact_at, years) + timedelta(days=1)
    own = NOTICE[customer.retention] if reached else timedelta()
    return max(first, today + own)


def contacts_of(customer: Customer) -> tuple[tuple[Kind, str], ...]:
    """The contacts of a record, loaded with its key; none where it does not open: it goes on its day all the
    same."""
    try:
        return customer.opened().contacts
    except SealBroken:
        return ()


async def told(customer: Customer, erase_on: date, way: str | None, now: datetime) -> bool:
    """A notice is given, by a kind of way, or could not be (None); in a transaction, before the words are
    queued. False where that is not due any more: somebody else did it, or the customer was in contact, or
    something stops it."""
    done = await fetch(
        "UPDATE customer SET retention = retention + 1, erase_on = ?"
        " WHERE id = ? AND retention = ? AND last_contact_at = ? AND frozen_at IS NULL"
        f" AND NOT {STOPPED} RETURNING 1 AS one",
        erase_on,
        str(customer.id),
        int(customer.retention),
        customer.last_contact_at,
    )
    if not done:
        return False
    number = int(customer.retention) + 1
    tag = Tag.RETENTION_TOLD if way else Tag.RETENTION_UNREACHED
    await Event.record(tag, now, customer=customer.id, detail=f"{number}:{way}" if way else str(number))
    return True


async def erase(identity: UUID, stage: Stage, now: datetime, years: int) -> bool:
    """Begin the erasure of a record whose day has come, in a transaction. False where it is not due any
    more."""
    customer = await Customer.hold(identity)
    if customer is None:
        return False
    today = local_date(now)
    condition = f"id = ? AND last_contact_at < ? AND {_DUE[stage]} AND NOT {STOPPED}"
    still = await fetch(
        f"SELECT 1 AS one FROM customer WHERE {condition}",
        str(identity),
        over_before(today, years),
        limit_of(stage, today, years),
    )
    if not still:
        return False
    await Erasure.begin(customer, Why.RETENTION, due_at=now, now=now)
    return True
