"""What customers hear of their case without having asked."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from chatbot.conversation import Notice
from chatbot.messages import FileRef, Matter
from handlers.reminders import apologise, remind
from models.case import Case, Category, Decision, Verdict
from models.case_entry import CaseEntry, Entry
from models.case_states import OPEN
from models.database import run_tx
from models.evidence import Evidence
from models.keys import SubjectKey
from models.outgoing import Outgoing
from tests.cases import HOUR, SHOP, TEXTS, Watch, at, file_case, staff_messages
from tests.conftest import Database

PHOTO = FileRef("handle", "ảnh.jpg", "image/jpeg", 1000)


async def kinds(case: Case) -> list[Entry]:
    """What stands on a case's timeline."""
    return [entry.kind for entry in await CaseEntry.timeline(case)]


async def test_a_case_without_proof_is_reminded_three_times(database: Database) -> None:
    """After 2, 5 and 15 working days, from 08:00 on; each is told and stands on the timeline once."""
    case = await file_case(at("2026-11-18T21:00"), category=Category.LEAKED)
    told = await Watch().hourly(at("2026-11-18T21:00"), at("2026-12-20T00:00"), "proof")
    assert list(told) == ["Fri 20/11 08:00", "Thu 26/11 08:00", "Thu 10/12 08:00"]  # the 24th is off
    assert [len(texts) for texts in told.values()] == [1, 1, 1]
    assert all(case.code in text for [text] in told.values())
    assert await kinds(case) == [Entry.REMINDED] * 3


async def test_after_a_standstill_only_the_stage_that_is_reached_is_told(database: Database) -> None:
    """A month later it is the last word, once."""
    case = await file_case(at("2026-10-05T10:00"), category=Category.LEAKED)
    watch = Watch()
    [text] = await watch.sweep(at("2026-11-12T10:00"), "proof")
    assert "lần cuối" in text
    assert await watch.hourly(at("2026-11-12T11:00"), at("2026-11-16T11:00"), "proof") == {}
    assert await kinds(case) == [Entry.REMINDED]


async def test_nobody_is_reminded_at_night(database: Database) -> None:
    """After 20:00 it waits for the next morning."""
    await file_case(at("2026-10-05T10:00"), category=Category.LEAKED)
    told = await Watch().hourly(at("2026-10-07T20:00"), at("2026-10-09T00:00"), "proof")
    assert list(told) == ["Thu 08/10 08:00"]


async def test_who_has_sent_something_is_not_reminded(database: Database) -> None:
    """Neither while a file is on its way, nor with proof, nor after the complaint was taken back."""
    sent, proven, withdrawn = [
        await file_case(at("2026-10-05T10:00"), category=Category.LEAKED) for _ in range(3)
    ]
    now = at("2026-10-06T10:00")
    await run_tx(lambda: Evidence.add(sent, "web", [PHOTO], now, now))
    await run_tx(lambda: proven.prove(now, SHOP.calendar))
    await run_tx(lambda: withdrawn.withdraw(now))
    assert await Watch().sweep(at("2026-10-20T10:00"), "proof") == []


async def test_the_customer_is_spoken_to_in_their_language(database: Database) -> None:
    """Not in that of the staff."""
    await file_case(at("2026-10-05T10:00"), category=Category.LEAKED, language="en")
    [text] = await Watch().sweep(at("2026-10-07T10:00"), "proof")
    assert "no proof" in text


async def test_a_missed_day_is_apologised_for_once(database: Database) -> None:
    """From 08:00 on the day after, be it a day off: where the case stands, and whom else to turn to."""
    case = await file_case(at("2026-10-02T10:00"))  # promised for Friday 16/10
    told = await Watch().hourly(at("2026-10-16T00:00"), at("2026-11-16T00:00"), "apologise")
    assert list(told) == ["Sat 17/10 08:00"]
    [[text]] = told.values()
    for words in (
        case.code,
        "xin lỗi",
        "thứ Sáu, 16/10/2026",
        "đang được xem xét",
        "Sở Công Thương",
        "toà án",
    ):
        assert words in text, words
    assert await kinds(case) == [Entry.OVERDUE]
    assert (await Outgoing.get(about=case.id)).matter is Matter.APOLOGY


async def test_each_missed_promise_has_its_apology(database: Database) -> None:
    """The answer to the wish to negotiate, then the decision; after a standstill both in one."""
    case = await file_case(at("2026-10-02T10:00"), negotiate=True)  # 13/10 and 16/10
    told = await Watch().hourly(at("2026-10-12T00:00"), at("2026-10-30T00:00"), "apologise")
    assert list(told) == ["Wed 14/10 08:00", "Sat 17/10 08:00"]
    await file_case(at("2026-10-02T10:00"), negotiate=True)
    assert len(await Watch(_seen=2).sweep(at("2026-11-20T08:00"), "apologise")) == 1
    assert await kinds(case) == [Entry.OVERDUE] * 2


async def test_no_apology_for_a_promise_that_was_kept_or_is_the_shops_own(database: Database) -> None:
    """A decision that a channel took stops the clock; the three days to look at proof bind staff alone."""
    kept = await file_case(at("2026-10-02T10:00"))
    await run_tx(lambda: kept_in_time(kept))
    await file_case(at("2026-10-02T10:00"), category=Category.LEAKED)
    assert await Watch().sweep(at("2026-11-20T08:00"), "apologise") == []


async def kept_in_time(case: Case) -> None:
    """Decide a case and deliver the decision."""
    loaded = await Case.load(case.id)
    assert loaded is not None
    assert await loaded.decide(Decision(Verdict.UPHELD, "lý do"), at("2026-10-15T10:00"))
    assert await loaded.deliver(at("2026-10-15T10:01"))


def test_where_a_case_stands_can_be_said_in_every_open_state() -> None:
    """A clock runs in no other."""
    assert all(TEXTS.has(f"reminder.stands.{state}") for state in OPEN)


async def test_staff_are_asked_to_tell_a_customer_without_a_chat(database: Database) -> None:
    """A complaint that came by post is apologised for by a person."""
    case = await file_case(at("2026-10-02T10:00"), user=None)
    [text] = await Watch().sweep(at("2026-10-17T08:00"), "apologise")
    assert case.code in text
    assert await staff_messages() == [text]


async def test_two_workers_at_once_tell_a_customer_once(database: Database) -> None:
    """The reminder and the apology."""
    for _ in range(15):
        await file_case(at("2026-10-02T10:00"), category=Category.LEAKED)
        await file_case(at("2026-10-02T10:00"))
    told: list[Notice] = []

    async def tell(notice: Notice, now: datetime, wall: datetime) -> None:
        told.append(notice)

    now = at("2026-11-20T08:00")
    for sweep in (remind, apologise):
        told.clear()
        counts = await asyncio.gather(*(sweep(SHOP, tell, now, now) for _ in range(3)))
        assert (sum(counts), len(told)) == (15, 15)


async def test_many_are_told_in_small_batches(database: Database) -> None:
    """All of them, however many are due."""
    for number in range(45):
        await file_case(at("2026-10-05T10:00"), category=Category.LEAKED, user=str(number))
    watch = Watch()
    assert len(await watch.sweep(at("2026-10-07T10:00"), "proof")) == 45
    assert await watch.sweep(at("2026-10-07T10:00") + HOUR + timedelta(days=1), "proof") == []


async def test_a_chat_that_opens_no_more_holds_up_nobody(database: Database) -> None:
    """The others are reminded, and those in the batches after it too."""
    cases = [
        await file_case(at("2026-10-05T10:00"), category=Category.LEAKED, user=str(number))
        for number in range(12)
    ]
    await SubjectKey.filter(id=cases[0].chat).update(wrapped=b"broken")
    watch = Watch(time=at("2026-10-07T10:00"))
    scheduler = watch.scheduler(["proof"])
    await scheduler.run_all()
    assert scheduler._failing == {"remind of proof": "SealBroken"}
    assert [await kinds(case) for case in cases] == [[]] + [[Entry.REMINDED]] * 11
