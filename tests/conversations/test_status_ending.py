"""Khiếu nại của tôi, as transcripts: withdrawing, accepting, appealing."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from models.case import Case, Decision, Verdict
from models.case_entry import Entry
from models.case_states import CaseState
from models.database import run_tx
from models.deadline import Deadline
from models.event import Event, Tag
from models.promises import Promise
from tests.chat import SHOP, Desk
from tests.conversations.filed_cases import (
    ACT,
    ADDED,
    DECISION,
    WHY,
    brought_to,
    entries,
    filed,
    gathered,
    labels,
    told_to_staff,
)


async def test_withdrawing_is_confirmed_and_stops_every_clock(desk: Desk) -> None:
    """No is no; yes ends the case, and staff hear of it by its number."""
    chat = desk.chat()
    case = await brought_to(desk, await filed(chat), CaseState.RUNNING)
    await chat.says("/theodoi")
    assert await chat.presses("status.act.choice.withdraw") == ["status.withdraw.ask"]
    assert await chat.presses("status.withdraw.choice.no") == [ACT]
    await chat.presses("status.act.choice.withdraw")
    assert await chat.presses("status.withdraw.choice.yes") == ["status.ended.withdrawn"]
    assert (await Case.get(id=case.id)).state is CaseState.WITHDRAWN
    assert not await Deadline.filter(about=case.id, met_at=None).exists()
    assert (await entries(case))[-1] == (Entry.WITHDRAWN, None)
    assert await told_to_staff() == [f"[status.staff.withdrawn] {case.code}"]
    assert await Event.filter(tag=Tag.CASE_WITHDRAWN, case=case.id).count() == 1


async def test_accepting_is_confirmed_and_closes_the_case(desk: Desk) -> None:
    """After the decision was read."""
    chat = desk.chat()
    case = await brought_to(desk, await filed(chat), CaseState.ANSWERED)
    await chat.says("/theodoi")
    decision = ["verdict.partly", "reason", "measures", "compensation.amount", "compensated"]
    assert await chat.presses("status.act.choice.decision") == [f"status.{line}" for line in decision] + [ACT]
    assert await chat.presses("status.act.choice.accept") == ["status.accept.ask"]
    assert await chat.presses("status.accept.choice.no") == [ACT]
    await chat.presses("status.act.choice.accept")
    assert await chat.presses("status.accept.choice.yes") == ["status.ended.accepted"]
    assert (await Case.get(id=case.id)).state is CaseState.CLOSED
    assert await told_to_staff() == [f"[status.staff.accepted] {case.code}"]
    assert await Event.filter(tag=Tag.CASE_ACCEPTED, case=case.id).count() == 1


async def test_an_appeal_once_and_no_second_one(desk: Desk) -> None:
    """With a reason; a new promise runs, and it is said until when and why; the second is refused with
    whom else one may turn to."""
    chat = desk.chat()
    case = await brought_to(desk, await filed(chat), CaseState.ANSWERED)
    desk.time.instant = datetime(2026, 12, 10, 3, tzinfo=UTC)
    await chat.says("/theodoi")
    assert await chat.presses("status.act.choice.appeal") == ["status.appeal.ask"]
    assert await chat.says("không") == ["answer.text.too_short", "status.appeal.ask"]
    assert await chat.presses("status.appeal.choice.not_now") == [ACT]
    await chat.presses("status.act.choice.appeal")
    said = await chat.says(WHY)
    assert said[:3] == ["status.appealed", "case.due", "case.why"]
    assert (Entry.APPEALED, WHY) in await entries(case)
    [clock] = await Deadline.filter(about=case.id, met_at=None)
    assert (clock.promise, clock.round, str(clock.promised_on)) == (Promise.RESOLVE, 2, "2026-12-24")
    assert await told_to_staff() == [f"[status.staff.appealed] {case.code}"]
    assert await Event.filter(tag=Tag.CASE_APPEALED, case=case.id).count() == 1
    await run_tx(lambda: case.decide(DECISION, desk.time.now()))
    await run_tx(lambda: case.deliver(desk.time.now()))
    await chat.says("/theodoi")
    refused = ["status.appealed_before", "status.elsewhere", ACT]
    assert await chat.presses("status.act.choice.appeal") == refused
    assert (await chat.presses("status.act.choice.decision"))[-2:] == ["status.elsewhere", ACT]


async def test_staff_decide_while_the_customer_withdraws(desk: Desk) -> None:
    """The first wins; the second is told how the case stands."""
    chat = desk.chat()
    case = await brought_to(desk, await filed(chat), CaseState.RUNNING)
    await chat.says("/theodoi")
    await chat.presses("status.act.choice.withdraw")
    await run_tx(lambda: case.decide(DECISION, desk.time.now()))
    said = await chat.presses("status.withdraw.choice.yes")
    assert said[:2] == ["status.too_late", "status.state.decided"]
    assert said[-1] == ACT
    assert labels(chat) == ["add", "close"]
    assert (await Case.get(id=case.id)).state is CaseState.DECIDED
    assert await told_to_staff() == []


async def test_an_appeal_that_comes_too_late_keeps_its_words(desk: Desk) -> None:
    """They join the case, staff are told that something came, and the case stays as it was."""
    chat = desk.chat()
    case = await brought_to(desk, await filed(chat), CaseState.ANSWERED)
    await chat.says("/theodoi")
    await chat.presses("status.act.choice.appeal")
    await run_tx(lambda: case.accept(desk.time.now()))
    assert (await chat.says(WHY))[:2] == ["status.too_late", "status.state.closed"]
    assert (await entries(case))[-1] == (Entry.CUSTOMER_WROTE, WHY)
    assert await gathered(case) == (1, 0, 0)


async def test_words_that_cross_the_end_of_a_case_are_kept(desk: Desk) -> None:
    """Withdrawn elsewhere while they were typed here."""
    chat = desk.chat()
    case = await filed(chat)
    await chat.says("/theodoi")
    await chat.presses("status.act.choice.add")
    await run_tx(lambda: case.withdraw(desk.time.now()))
    assert await chat.says(ADDED) == ["status.noted", "status.add.ask"]
    assert (Entry.CUSTOMER_WROTE, ADDED) in await entries(case)


async def test_an_act_that_is_possible_no_more_is_not_begun(desk: Desk) -> None:
    """A second decision that no channel has taken yet is not shown by an old button."""
    chat = desk.chat()
    case = await brought_to(desk, await filed(chat), CaseState.ANSWERED)
    await chat.says("/theodoi")

    async def again() -> None:
        assert await case.appeal(desk.time.now(), SHOP.calendar)
        assert await case.decide(Decision(Verdict.UPHELD, "mới"), desk.time.now())

    await run_tx(again)
    said = await chat.presses("status.act.choice.decision")
    assert said[:2] == ["status.too_late", "status.state.decided"]
    assert not any(re.match(r"status\.(verdict|reason)", one) for one in said)
