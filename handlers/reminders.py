"""What customers hear of their case without having asked: that proof is missing, and that a promised day
was missed. In daytime only, and each once.
"""

from __future__ import annotations

from datetime import date, datetime

from chatbot.clock import local_date
from chatbot.conversation import Say, Tell, ToChat, ToStaff
from chatbot.shop import Shop
from chatbot.values import WithWeekday
from handlers.rungs import DAYTIME, within
from handlers.staff.card import page_of
from models.case import Case
from models.case_entry import CaseEntry, Entry
from models.waiting import overdue, unproven

STAGES = {2: "first", 5: "second", 15: "last"}
"""Working days after filing on which a customer without proof is reminded, and by which words."""

BATCH = 20
"""Messages per transaction: each holds the chat that it goes to."""


async def remind(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Remind customers whose case waits for proof. After a standstill the stage that is reached is told,
    the earlier ones are not made up for."""
    if not within(DAYTIME, now):
        return 0
    today, told = local_date(now), 0
    for one in await unproven():
        stage = _stage(shop, one.filed_at, today)
        heard = one.reminded_at and _stage(shop, one.filed_at, local_date(one.reminded_at))
        if stage is None or stage == heard:
            continue
        if not await CaseEntry.once(one.case, Entry.REMINDED, STAGES[stage], now):
            continue
        case = await Case.get(id=one.case)
        words = Say(f"reminder.proof.{STAGES[stage]}", code=case.code, shop=shop.name)
        await tell(ToChat(one.chat, words), now, wall)
        told += 1
        if told == BATCH:
            break
    return told


async def apologise(shop: Shop, tell: Tell, now: datetime, wall: datetime) -> int:
    """Tell customers that a promised day was missed: from 08:00 on the day after, where the case stands,
    and whom else they may turn to (Law 19/2023/QH15 Art. 56(3); Law 91/2025/QH15 Art. 4(1)(đ))."""
    if not within(DAYTIME, now):
        return 0
    told = 0
    for missed in await overdue(local_date(now)):
        if missed.told_at and local_date(missed.told_at) > missed.promised_on:
            continue
        if not await CaseEntry.once(missed.case, Entry.OVERDUE, str(missed.promised_on), now):
            continue
        case = await Case.get(id=missed.case)
        if case.chat is None:
            await tell(ToStaff(Say("reminder.tell_customer", code=case.code), page=page_of(case)), now, wall)
        else:
            words = Say(
                "reminder.overdue",
                code=case.code,
                shop=shop.name,
                due=WithWeekday(missed.promised_on),
                stands=Say(f"reminder.stands.{case.state}"),
                email=shop.email,
            )
            await tell(ToChat(case.chat, words), now, wall)
        told += 1
        if told == BATCH:
            break
    return told


def _stage(shop: Shop, filed_at: datetime, day: date) -> int | None:
    """The stage that is reached on a day: so many working days after filing."""
    passed = shop.calendar.working_days_between(local_date(filed_at), day)
    return max((stage for stage in STAGES if stage <= passed), default=None)
