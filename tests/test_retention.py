"""The end of a record's year: two notices, then the erasure on its day, and what stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from chatbot.clock import local_date
from chatbot.conversation import Notice
from chatbot.messages import Address
from handlers import retention
from handlers.retention import Retention
from models.case import Case, CaseContact
from models.chat import Chat
from models.customer import ContactPoint, Customer, Stage
from models.data_request import DataRequest, RequestState
from models.database import run_tx
from models.erasure import Erasure, Why
from models.event import Event, Tag
from models.keys import new_id
from models.legal_hold import Ground, LegalHold
from models.outgoing import Outgoing
from models.retention_ask import RetentionDay
from models.roles import Role
from tests.cases import REACH, SHOP, file_case, staff_messages
from tests.conftest import Database
from tests.requests import a_request
from tests.retention import DAY, Keeper, a_chat_of, a_record, at, leaving, many, sent_to

LAST = at("2026-03-10T15:00")
"""Kept until 10/03/2027, to be erased on the 11th: told on 09/02 and 04/03."""
FIRST, SECOND, GONE = at("2027-02-09T09:00"), at("2027-03-04T09:00"), at("2027-03-11T00:05")
MUTE = replace(REACH, kinds=frozenset())
"""A desk that can write to no contact."""


async def count(tag: Tag) -> int:
    """How many events there are of a kind."""
    return await Event.filter(tag=tag).count()


async def test_told_thirty_and_seven_days_before_and_erased_on_the_day_after(database: Database) -> None:
    """Each notice once, and the erasure when the day after the last one of the year has begun."""
    record = await a_record(LAST)
    told = await Keeper().daily(at("2027-02-01T09:00"), at("2027-03-11T00:00"))
    assert list(told) == ["09/02/2027", "04/03/2027"]
    assert [["thứ Năm, 11/03/2027" in text for text in texts] for texts in told.values()] == [[True]] * 2
    assert "nhắc lại" in told["04/03/2027"][0]
    assert await leaving() == set()
    keeper = Keeper()
    await keeper.sweep(at("2027-03-10T23:59"))
    assert await leaving() == set()
    await keeper.sweep(GONE)
    assert await leaving() == {record.id}
    erasure = await Erasure.get(id=record.id)
    assert (erasure.why, erasure.due_at) == (Why.RETENTION, GONE)
    assert [event.detail for event in await Event.filter(tag=Tag.RETENTION_TOLD).order_by("id")] == [
        "1:phone",
        "2:phone",
    ]


async def test_a_29th_of_february_counts_as_the_28th(database: Database) -> None:
    """Erased on the first of March of the next year; so is the record of a day before."""
    both = {(await a_record(at(f"2028-02-{day}T10:00"))).id for day in (28, 29)}
    await a_record(at("2028-03-01T00:00"))
    keeper = Keeper()
    await keeper.at(at("2029-01-30T09:00"), at("2029-02-22T09:00"), at("2029-02-28T23:59"))
    assert await leaving() == set()
    await keeper.at(at("2029-03-01T00:00"))
    assert await leaving() == both


async def test_whoever_is_past_the_year_gets_both_notices_first(database: Database) -> None:
    """An import of somebody who was silent for three years: told now, after 23 days, erased after 30."""
    record = await a_record(at("2024-01-05T10:00"))
    keeper = Keeper()
    told = await keeper.daily(at("2027-02-01T09:00"), at("2027-03-03T00:00"))
    assert list(told) == ["01/02/2027", "24/02/2027"]
    assert all("thứ Tư, 03/03/2027" in text for texts in told.values() for text in texts)
    assert await leaving() == set()
    await keeper.sweep(at("2027-03-03T00:00"))
    assert await leaving() == {record.id}


async def test_a_record_without_a_date_counts_from_its_import(database: Database) -> None:
    """That is its last contact."""
    record = await a_record(LAST, now=LAST)
    assert (record.last_contact_at, record.imported_at) == (LAST, LAST)


async def test_who_cannot_be_reached_is_recorded_and_erased(database: Database) -> None:
    """On the day itself; of somebody long past it, at once: nobody waits for a notice that reaches nobody."""
    on_time, late = await a_record(LAST), await a_record(at("2024-01-05T10:00"))
    keeper = Keeper(reach=MUTE)
    assert await keeper.sweep(FIRST) == []
    assert await leaving() == {late.id}
    assert await count(Tag.RETENTION_UNREACHED) == 3
    await keeper.at(SECOND, GONE - DAY)
    assert await leaving() == {late.id}
    await keeper.at(GONE)
    assert await leaving() == {late.id, on_time.id}
    assert await count(Tag.RETENTION_UNREACHED) == 4
    days = await RetentionDay.all()
    assert (sum(day.unreached for day in days), sum(day.told for day in days)) == (4, 0)
    assert sum(day.begun for day in days) == 2


async def test_who_becomes_reachable_has_the_time_of_that_notice(database: Database) -> None:
    """Nobody is erased sooner than a notice has said."""
    record = await a_record(LAST)
    await Keeper(reach=MUTE).at(FIRST)
    keeper = Keeper()
    [[text]] = await keeper.at(at("2027-03-06T10:00"))
    assert "thứ Bảy, 13/03/2027" in text
    await keeper.at(at("2027-03-12T23:00"))
    assert await leaving() == set()
    await keeper.at(at("2027-03-13T00:00"))
    assert await leaving() == {record.id}


async def contact(record: Customer) -> None:
    """The customer writes."""
    await Customer.touched(record.id, SECOND)


async def nothing(record: Customer) -> None:
    """The shop writes, which is no contact."""
    await Customer.filter(id=record.id).update(updated_at=SECOND)


@pytest.mark.parametrize(("happens", "kept"), [(contact, True), (nothing, False)])
async def test_contact_after_a_notice_keeps_the_record(
    database: Database, happens: Callable[[Customer], Awaitable[None]], kept: bool
) -> None:
    """For a year more, whose end is told anew."""
    record, keeper = await a_record(LAST), Keeper()
    await keeper.at(FIRST, SECOND)
    await happens(record)
    await keeper.at(GONE)
    assert (await leaving() == set()) is kept
    days = [at(f"2028-02-{day}T09:00") for day in ("03", "04", "26", "27")]
    assert [len(texts) for texts in await keeper.at(*days)] == ([0, 1, 0, 1] if kept else [0] * 4)


async def hold(record: Customer) -> Callable[[], Awaitable[object]]:
    """A legal hold."""
    who = new_id()
    put = await run_tx(
        lambda: LegalHold.put(
            record,
            Ground.DISPUTE,
            "kiện",
            review_on=local_date(FIRST),
            member=who,
            role=Role.DIRECTOR,
            now=LAST,
        )
    )
    assert put
    return lambda: run_tx(lambda: put.lift("xong", member=who, now=GONE))


async def request(record: Customer) -> Callable[[], Awaitable[object]]:
    """An open request of theirs."""
    found = await a_request(record, LAST)
    return lambda: DataRequest.filter(id=found.id).update(state=RequestState.DONE)


async def by_contact(record: Customer) -> Callable[[], Awaitable[object]]:
    """An open request that staff entered, of nobody's record, with a contact of theirs."""
    found = await a_request(record, LAST)
    point = await ContactPoint.get(customer_id=record.id)
    await DataRequest.filter(id=found.id).update(customer=None, who_index=point.value_index)
    return lambda: DataRequest.filter(id=found.id).update(state=RequestState.DONE)


async def case(record: Customer) -> Callable[[], Awaitable[object]]:
    """An open complaint that belongs to a contact of theirs."""
    found = await file_case(LAST)
    return lambda: run_tx(lambda: found.withdraw(GONE))


async def in_chat(record: Customer) -> Callable[[], Awaitable[object]]:
    """An open complaint, filed in a chat in which their record was opened."""
    chat = await a_chat_of(record, LAST, "web")
    found = await file_case(LAST)
    await Case.filter(id=found.id).update(chat=chat.id)
    await CaseContact.filter(case_id=found.id).delete()
    return lambda: run_tx(lambda: found.withdraw(GONE))


@pytest.mark.parametrize("stop", [hold, request, by_contact, case, in_chat])
@pytest.mark.parametrize("after", [0, 1, 2])
async def test_what_stops_it_stops_it_at_every_step(
    database: Database, stop: Callable[[Customer], Awaitable[Callable[[], Awaitable[object]]]], after: int
) -> None:
    """Before a notice, or after one or both; when it is over, both notices come anew."""
    record, keeper = await a_record(LAST), Keeper()
    await keeper.at(*(FIRST, SECOND)[:after])
    end = await stop(record)
    later = at("2027-06-01T09:00")
    assert await keeper.at(later) == [[]]
    assert (await Customer.get(id=record.id)).retention is Stage.KEPT
    assert await leaving() == set()
    await end()
    days = [later + days * DAY for days in (1, 23, 24, 30)]
    assert [len(texts) for texts in await keeper.at(*days)] == [1, 0, 1, 0]
    assert await leaving() == set()
    await keeper.at(later + 31 * DAY)
    assert await leaving() == {record.id}


async def test_a_case_of_somebody_else_stops_nothing(database: Database) -> None:
    """Nor one that is closed."""
    record = await a_record(LAST, phone="+84900000077")
    await file_case(LAST)
    mine = await file_case(LAST, user="2")
    point = await ContactPoint.get(customer_id=record.id)
    await CaseContact.create(id=new_id(), case_id=mine.id, value_index=point.value_index)
    await run_tx(lambda: mine.withdraw(LAST))
    assert len(await Keeper().sweep(FIRST)) == 1


async def test_restricted_and_stricter_records_follow_the_same_rule(database: Database) -> None:
    """The restriction of their use is no reason to keep them longer."""
    record = await a_record(LAST)
    await Customer.all().update(restricted_at=LAST, stricter_since=LAST)
    await Keeper().at(FIRST, SECOND, GONE)
    assert await leaving() == {record.id}


async def test_a_record_that_is_being_erased_on_request_is_left_alone(database: Database) -> None:
    """Neither told nor erased by the clock."""
    record = await a_record(LAST)
    await run_tx(lambda: Erasure.begin(record, Why.ASKED, due_at=GONE + 9 * DAY, now=FIRST))
    assert await Keeper().at(FIRST, SECOND, GONE) == [[]] * 3
    assert (await Erasure.get(id=record.id)).why is Why.ASKED


async def test_who_keeps_a_record_at_the_last_instant_has_a_year_again(database: Database) -> None:
    """Between its day and the eraser: whoever says that it is to stay is in contact."""
    record, keeper = await a_record(LAST), Keeper()
    await keeper.at(FIRST, SECOND, GONE)
    [erasure] = await Erasure.of([record.id])
    now = GONE + timedelta(minutes=1)
    assert await run_tx(lambda: erasure.undo(None, now))
    await keeper.at(GONE + timedelta(hours=1))
    assert not await leaving()
    kept = await Customer.get(id=record.id)
    assert (kept.last_contact_at, kept.retention, kept.erase_on) == (now, Stage.KEPT, None)


async def test_the_chat_comes_first_then_mail_then_the_other_contact(database: Database) -> None:
    """A chat that takes our messages gets both; else the second notice goes where the first did not."""
    email = "ngoc@example.com"
    in_chat, written = await a_record(LAST, email=email), await a_record(LAST, email=email)
    await a_chat_of(in_chat, LAST, language="en")
    keeper = Keeper()
    await keeper.at(FIRST, SECOND)
    assert await sent_to() == [
        ("messenger", ""), ("email", email), ("messenger", ""), ("sms", "+84900000001")
    ]  # fmt: skip
    rows = await Outgoing.filter(outlet="messenger").select_related()
    chat = await Chat.find(Address("messenger", "1"))
    assert chat
    replies = [row.opened(chat.key) for row in rows]
    assert all(reply and "just send us any message here" in reply.text for reply in replies)
    assert written.id != in_chat.id


@pytest.mark.parametrize("how", ["web", "blocked", "window", "left"])
async def test_a_chat_that_would_reach_nobody_is_passed_over(database: Database, how: str) -> None:
    """On the shop's own page, blocked, silent for longer than the channel allows, or left with thoát."""
    record = await a_record(LAST)
    chat = await a_chat_of(record, LAST, "web" if how == "web" else "messenger", language="en")
    if how == "blocked":
        await Chat.all().update(reachable=False)
    if how == "left":
        await Chat.belongs(chat.id, None)
    windows = {"messenger": timedelta(days=7)} if how == "window" else {}
    [text] = await Keeper(reach=replace(REACH, windows=windows)).sweep(FIRST)
    assert await sent_to() == [("sms", "+84900000001")]
    assert ("xác minh" if how == "left" else "verify") in text
    assert "https://desk.example.vn" in text


async def test_nothing_personal_stands_in_a_notice_or_for_staff(database: Database) -> None:
    """No name, no contact."""
    await a_record(LAST, email="ngoc@example.com")
    told = await Keeper().at(FIRST, SECOND, GONE)
    words = " ".join([text for texts in told for text in texts] + await staff_messages())
    for personal in ("Ngọc", "ngoc", "900000001"):
        assert personal not in words


async def test_without_pages_one_is_asked_to_write_where_one_did(database: Database) -> None:
    """Or by mail."""
    await a_record(LAST)
    [text] = await Keeper(reach=replace(REACH, page=None)).sweep(FIRST)
    assert SHOP.email in text


async def test_nobody_is_written_to_at_night(database: Database) -> None:
    """The erasure itself wakes nobody."""
    await a_record(LAST)
    keeper = Keeper()
    assert await keeper.sweep(at("2027-02-09T02:00")) == []
    assert len(await keeper.sweep(at("2027-02-09T08:00"))) == 1


async def test_a_longer_period_counts_at_once(database: Database) -> None:
    """Whoever was told of a day that is theirs no more is not erased on it."""
    await a_record(LAST)
    await Keeper().at(FIRST, SECOND)
    await Keeper(shop=replace(SHOP, retention_years=2)).at(GONE)
    assert await leaving() == set()
    assert (await Customer.get()).retention is Stage.KEPT


async def test_a_record_whose_key_is_broken_holds_up_nobody(database: Database) -> None:
    """It counts as one that nobody can be reached by."""
    broken, record = await a_record(LAST), await a_record(LAST)
    await Customer.filter(id=broken.id).update(profile=b"?")
    await Keeper().at(FIRST, SECOND, GONE)
    assert await leaving() == {broken.id, record.id}


async def test_several_workers_at_once_tell_and_erase_once(database: Database) -> None:
    """Each notice goes out once, each erasure begins once."""
    await many(9, LAST)
    keeper = Keeper()
    sweep = Retention(SHOP, keeper.tell, REACH).run
    for now in (FIRST, SECOND, GONE):
        await RetentionDay.all().delete()
        assert sum(await asyncio.gather(*(sweep(now, now) for _ in range(3)))) == 9
    assert await Outgoing.all().count() == 18
    assert len(await leaving()) == 9
    assert await Event.filter(tag=Tag.RETENTION_TOLD).count() == 18


async def test_what_another_worker_told_meanwhile_is_not_told_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found due for the first notice and read after that was given: the second is not due with it."""
    record, keeper = await a_record(LAST), Keeper()
    await keeper.at(FIRST)

    async def found(stage: Stage, today: date, years: int) -> list[UUID]:
        return [record.id] if stage is Stage.KEPT else []

    monkeypatch.setattr(retention, "due", found)
    await keeper.at(FIRST)
    assert (await Customer.get(id=record.id)).retention is Stage.TOLD
    assert await count(Tag.RETENTION_TOLD) == 1


async def test_cut_off_anywhere_each_notice_still_goes_out_once(database: Database) -> None:
    """In the middle of a batch the sweep may end; the next one gives what is still due."""
    await many(12, LAST)
    keeper = Keeper()
    for now in (FIRST, SECOND):
        await RetentionDay.all().delete()
        told = 0

        async def tell(notice: Notice, now: datetime, wall: datetime) -> None:
            nonlocal told
            told += 1
            if told % 7 == 0:
                raise asyncio.CancelledError
            await keeper.tell(notice, now, wall)

        for _ in range(9):
            with suppress(asyncio.CancelledError):
                await Retention(SHOP, tell, REACH).run(now, now)
    assert await Outgoing.all().count() == await count(Tag.RETENTION_TOLD) == 24
