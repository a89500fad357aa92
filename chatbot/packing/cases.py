"""A customer's complaints, what happened in each, and what was promised. Opening words raises SealBroken."""

from __future__ import annotations

from collections.abc import AsyncIterator

from chatbot.packing import contents as c
from chatbot.packing.mine import Mine
from models.case import Case
from models.case_entry import CaseEntry
from models.deadline import Deadline


def complaint(case: Case) -> c.Complaint:
    """A complaint with what was decided."""
    statement, decision = case.opened(), case.opened_decision()
    return c.Complaint(
        case=case.code,
        state=case.state,
        category=case.category,
        filed_at=case.filed_at,
        proven_at=case.proven_at,
        decided_at=case.decided_at,
        ended_at=case.ended_at,
        round=case.round,
        priority=case.priority,
        negotiate=case.negotiate,
        what=statement.what,
        when=statement.when,
        remedy=statement.remedy,
        amount=statement.amount,
        second_contact=statement.second_contact,
        verdict=decision.verdict if decision else None,
        reason=decision.reason if decision else None,
        measures=decision.measures or None if decision else None,
        compensation=decision.compensation if decision else None,
        compensation_amount=decision.amount if decision else None,
    )


async def timeline(mine: Mine) -> AsyncIterator[c.Step]:
    """What happened in each case and the customer may know, the oldest first."""
    for case in mine.cases:
        for entry in await CaseEntry.timeline(case):
            yield c.Step(case=case.code, at=entry.at, kind=entry.kind, words=entry.opened(case))


async def promises(mine: Mine) -> AsyncIterator[c.Promise]:
    """The clocks of cases and of requests."""
    for about in (*mine.codes, *mine.asked.codes):
        for clock in await Deadline.filter(about=about).order_by("started_at", "promise"):
            yield c.Promise(
                case=mine.codes.get(about),
                request=mine.asked.codes.get(about),
                promise=clock.promise,
                round=clock.round,
                started_at=clock.started_at,
                promised_on=clock.promised_on,
                kept_at=clock.met_at,
            )
