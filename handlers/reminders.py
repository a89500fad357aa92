"""What customers hear of their case without having asked: that proof is missing, and that a promised day
was missed. In daytime only, and each once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from chatbot.clock import local_date
from chatbot.conversation import Say, Tell, ToChat, ToStaff
from chatbot.messages import About, Matter
from chatbot.shop import Shop
from chatbot.values import WithWeekday
from handlers.rungs import DAYTIME, within
from handlers.staff.card import page_of
from models.case import Case
from models.case_entry import CaseEntry, Entry
from models.case_states import OPEN, CaseState
from models.database import in_batches
from models.waiting import overdue, unproven

STAGES = {2: "first", 5: "second", 15: "last"}
"""Working days after filing on which a customer without proof is reminded, and by which words."""

BATCH = 5
"""Messages per transaction: each holds the chat that it goes to."""


async def remind(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Remind customers whose case waits for proof. After a standstill the stage that is reached is told,
    the earlier ones are not made up for."""
    if not within(DAYTIME, now):
        return 0
    today = local_date(now)
    due: list[tuple[UUID, int]] = []
    for one in await unproven():
        stage = _stage(shop, one.filed_at, today)
        heard = one.reminded_at and _stage(shop, one.filed_at, local_date(one.reminded_at))
        if stage is not None and stage != heard:
            due.append((one.case, stage))

    async def batch(some: Sequence[tuple[UUID, int]]) -> int:
        return sum([await _remind(case, STAGES[stage], shop, tell, now, wall) for case, stage in some])

    return await in_batches(due, BATCH, batch)


async def apologise(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Tell customers that a promised day was missed: from 08:00 on the day after, where the case stands,
    and whom else they may turn to (Law 19/2023/QH15 Art. 56(3); Law 91/2025/QH15 Art. 4(1)(đ))."""
    if not within(DAYTIME, now):
        return 0
    due = [
        (missed.case, missed.promised_on)
        for missed in await overdue(local_date(now))
        if missed.told_at is None or local_date(missed.told_at) <= missed.promised_on
    ]

    async def batch(some: Sequence[tuple[UUID, date]]) -> int:
        return sum([await _apologise(case, day, shop, tell, now, wall) for case, day in some])

    return await in_batches(due, BATCH, batch)


async def _remind(identity: UUID, stage: str, shop: Shop, tell: Tell, now: datetime, wall: datetime) -> bool:
    """Remind one customer, unless that was done meanwhile, or the proof has come."""
    case = await Case.get(id=identity)
    if case.state is not CaseState.WAITING or case.chat is None:
        return False
    if not await CaseEntry.once(identity, Entry.REMINDED, stage, now):
        return False
    # It need not arrive: it is said again, the case stays open, and nothing is lost by not reading it.
    await tell(ToChat(case.chat, Say(f"reminder.proof.{stage}", code=case.code, shop=shop.name)), now, wall)
    return True


async def _apologise(
    identity: UUID, promised_on: date, shop: Shop, tell: Tell, now: datetime, wall: datetime
) -> bool:
    """Apologise to one customer, unless that was done meanwhile, or the case has been answered."""
    case = await Case.get(id=identity)
    if case.state not in OPEN or not await CaseEntry.once(identity, Entry.OVERDUE, str(promised_on), now):
        return False
    if case.chat is None:
        await tell(ToStaff(Say("reminder.tell_customer", code=case.code), page=page_of(case)), now, wall)
        return True
    words = Say(
        "reminder.overdue",
        code=case.code,
        shop=shop.name,
        due=WithWeekday(promised_on),
        stands=Say(f"reminder.stands.{case.state}"),
        email=shop.email,
    )
    await tell(ToChat(case.chat, words, About(case.id, Matter.APOLOGY)), now, wall)
    return True


def _stage(shop: Shop, filed_at: datetime, day: date) -> int | None:
    """The stage that is reached on a day: so many working days after filing."""
    passed = shop.calendar.working_days_between(local_date(filed_at), day)
    return max((stage for stage in STAGES if stage <= passed), default=None)
