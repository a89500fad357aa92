"""What staff do in a case. Room and group call the same verbs; each runs in the caller's transaction.

Two people at once: the first wins, the second is told (False), and nothing is overwritten. The caller
checks the role, and queues what the customer is to hear.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from tortoise.expressions import Q

from chatbot.workdays import Calendar
from models.case import Case, Compensation, Decision
from models.case_entry import CaseEntry, Entry
from models.case_states import OPEN, CaseState
from models.event import Event, Tag
from models.letters import UNDER_WAY, end_by_hand, letter_of
from models.staff import StaffMember

_decision = TypeAdapter(Decision)

ALONE = "alone"
"""The detail of an event for which a second person would be needed, but the roster has nobody else."""


async def take(case: Case, member: UUID, now: datetime, *, alone: bool = False) -> bool:
    """Take a case that nobody has, or somebody who has left. An appeal goes to another member than the
    first decision, but where ``alone`` says that the roster has nobody else: that is recorded."""
    left: list[UUID] = await StaffMember.filter(disabled_at__not_isnull=True).values_list("id", flat=True)  # type: ignore[assignment]
    nobody = Q(handler=None) | Q(handler__in=left) if left else Q(handler=None)
    free = Case.filter(nobody, id=case.id, state__in=list(OPEN))
    again = case.first_handler == member
    if again and not alone:
        return False
    taken = await free.update(handler=member)
    detail = ALONE if again else None
    return await _done(bool(taken), case, Entry.TAKEN, Tag.CASE_TAKEN, member, now, detail=detail)


async def hand_over(case: Case, member: UUID, to: UUID, now: datetime) -> bool:
    """Give a case that one has to somebody else; its clocks go on."""
    mine = Case.filter(id=case.id, handler=member, state__in=list(OPEN))
    given = await mine.filter(Q(first_handler=None) | ~Q(first_handler=to)).update(handler=to)
    tag = Tag.CASE_HANDED_OVER
    return await _done(bool(given), case, Entry.HANDED_OVER, tag, member, now, detail=str(to))


async def ask(case: Case, member: UUID, words: str, now: datetime) -> bool:
    """Ask the customer something; the clocks go on."""
    open_ = await _has(case, member)
    return await _done(open_, case, Entry.STAFF_ASKED, Tag.CASE_ASKED, member, now, words)


async def note(case: Case, member: UUID, words: str, now: datetime) -> None:
    """Write an internal note, which the customer never sees."""
    await _done(True, case, Entry.NOTE, Tag.CASE_NOTED, member, now, words)


async def accept_words(case: Case, member: UUID, now: datetime, calendar: Calendar) -> bool:
    """Take the customer's words as proof: the promise of 10 working days runs from now."""
    proven = await _has(case, member) and await case.prove(now, calendar)
    return await _done(proven, case, Entry.PROVEN, Tag.CASE_PROVEN, member, now)


async def mark_breach(case: Case, member: UUID, discovered: datetime, now: datetime) -> bool:
    """Say that there may have been a breach of data protection: its clocks run from its discovery (Law
    91/2025/QH15 Art. 23(1), Law 19/2023/QH15 Art. 19(3))."""
    marked = await Case.filter(id=case.id, breach_at=None).update(breach_at=discovered)
    return await _done(bool(marked), case, Entry.BREACH, Tag.CASE_BREACH, member, now)


async def propose(case: Case, member: UUID, decision: Decision, now: datetime) -> bool:
    """Put a decision by which money is paid before a second person; it takes the place of one that was
    put before. Raises ValueError without a reason."""
    if not decision.reason.strip():
        raise ValueError("a decision needs a reason")
    sealed = case.key.seal(_decision.dump_json(decision), f"case.proposal:{case.id}")
    running = Case.filter(id=case.id, handler=member, state=CaseState.RUNNING)
    put = await running.update(proposal=sealed, proposed_by=member)
    return await _done(bool(put), case, Entry.PROPOSED, Tag.CASE_PROPOSED, member, now)


async def decide(case: Case, member: UUID, decision: Decision, now: datetime) -> bool:
    """Decide a case that one has. Where money is paid ``approve`` is the way. Raises ValueError."""
    if decision.compensation is not Compensation.NONE:
        raise ValueError("where money is paid, a second person says yes")
    decided = await _has(case, member) and await case.decide(decision, now)
    return await _done(decided, case, Entry.DECIDED, Tag.CASE_DECIDED, member, now, decision.reason)


async def approve(case: Case, member: UUID, seen: bytes, now: datetime, *, alone: bool = False) -> bool:
    """Say yes to the decision that was put before a second person: to the very one that they have
    ``seen``, as it is sealed. ``alone`` lets the same person do it where the roster has nobody else, which
    is recorded."""
    fresh = await _proposed(case, seen)
    decision = proposal_of(fresh) if fresh else None
    if fresh is None or decision is None or (fresh.proposed_by == member and not alone):
        return False
    if not await case.decide(decision, now):
        return False
    await Case.filter(id=case.id).update(proposal=None)
    tag = Tag.CASE_APPROVED_ALONE if fresh.proposed_by == member else Tag.CASE_APPROVED
    return await _done(True, case, Entry.DECIDED, tag, member, now, decision.reason)


async def decline(case: Case, member: UUID, seen: bytes, words: str, now: datetime) -> bool:
    """Say no to it, and why; or take one's own back. The case goes on."""
    if await _proposed(case, seen) is None:
        return False
    await Case.filter(id=case.id).update(proposal=None, proposed_by=None)
    return await _done(True, case, Entry.NOTE, Tag.CASE_DECLINED, member, now, words)


def proposal_of(case: Case) -> Decision | None:
    """The decision that waits for a second person. Raises SealBroken."""
    if case.proposal is None:
        return None
    return _decision.validate_json(case.key.unseal(case.proposal, f"case.proposal:{case.id}"))


async def told_by_hand(case: Case, member: UUID, words: str, now: datetime) -> bool:
    """Staff have told the customer themselves what did not arrive, and say how. Of a decision, that stops the
    clock where no letter of ours is on its way."""
    if not await Case.filter(id=case.id, handler=member).exists():
        return False
    answered = await letter_of(case) not in UNDER_WAY and await case.deliver(now)
    if not await end_by_hand(case.id) and not answered:
        return False
    if answered:
        await CaseEntry.add(case, Entry.ANSWERED, now, member=member)
    return await _done(True, case, Entry.NOTE, Tag.CASE_TOLD_BY_HAND, member, now, words)


async def _has(case: Case, member: UUID) -> bool:
    """Whether somebody has a case that is open."""
    return await Case.filter(id=case.id, handler=member, state__in=list(OPEN)).exists()


async def _proposed(case: Case, seen: bytes) -> Case | None:
    """The case as it is now, held, where this proposal still waits."""
    held = Case.filter(id=case.id, state=CaseState.RUNNING, proposal=seen).select_for_update()
    fresh = await held.first()
    if fresh:
        fresh.key = case.key
    return fresh


async def _done(
    done: bool,
    case: Case,
    entry: Entry,
    tag: Tag,
    member: UUID,
    now: datetime,
    words: str | None = None,
    *,
    detail: str | None = None,
) -> bool:
    if done:
        await CaseEntry.add(case, entry, now, words=words, member=member)
        await Event.record(tag, now, case=case.id, member=member, detail=detail)
        await case.refresh_from_db(fields=["state", "handler"])
    return done
