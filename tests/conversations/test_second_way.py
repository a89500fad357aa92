"""Liên lạc thêm: what the customer answers who was asked for another way to be reached."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.channels import WINDOW_SHUT
from chatbot.messages import Kind, Matter
from models.case import Case, CaseContact
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.database import run_tx
from models.event import Event, Tag
from models.other_ways import OtherWay, other_ways
from models.outgoing import Outgoing, State
from models.proof import Proof
from tests.cases import SECOND, Watch
from tests.chat import CustomerChat, Desk, code_for, codes_sent
from tests.conftest import Database
from tests.conversations.filed_cases import asked, brought_to, filed
from tests.room_cases import told_elsewhere
from tests.test_arrivals import decide, kinds

TEXTED = "+84900000002"


async def a_case(desk: Desk) -> tuple[CustomerChat, Case]:
    """A customer with an open case in a chat that may fall silent."""
    chat = desk.chat(channel="silent")
    return chat, await filed(chat)


async def a_question(desk: Desk) -> tuple[CustomerChat, Case]:
    """The same, who was asked a day later."""
    chat, case = await a_case(desk)
    desk.time.move(timedelta(hours=25))
    await Watch().sweep(desk.time.now(), "second way")
    assert len(await chat.replies()) == 1
    return chat, case


async def ways(case: Case) -> list[OtherWay]:
    """By what else the customer can be reached."""
    found = await Case.load(case.id)
    assert found
    return await other_ways(found)


async def test_what_they_give_is_used_when_the_window_is_shut(desk: Desk) -> None:
    """The decision finds the chat shut: by then the contact, proven by a code, stands for it."""
    chat, case = await a_question(desk)
    assert await chat.says(SECOND) == ["second_way.code.ask"]
    assert await ways(case) == [OtherWay(Kind.EMAIL, SECOND, opens=False)]
    assert await chat.says(await code_for(SECOND)) == ["second_way.proven"]
    assert await ways(case) == [OtherWay(Kind.EMAIL, SECOND, opens=True)]
    assert (await Proof.get()).kind is Kind.EMAIL
    now = desk.time.now() + timedelta(hours=49)
    await decide(await brought_to(desk, case, CaseState.RUNNING), now)
    letter = Outgoing.filter(about=case.id, state=State.QUEUED)
    await letter.update(state=State.FAILED, settled_at=now, reason=WINDOW_SHUT)
    await Watch().sweep(now, "chase")
    [(outlet, to, hint)] = await told_elsewhere(case)
    assert (outlet, to) == ("email", SECOND)
    assert case.code in hint
    assert [row.matter for row in await Outgoing.filter(outlet="email", about=case.id)] == [Matter.DECISION]


async def test_a_number_that_is_not_on_file_gets_its_code_and_a_hint(desk: Desk) -> None:
    """Whoever leaves the code for later is written to as with a second contact named while filing."""
    chat, case = await a_question(desk)
    assert await chat.says("số của chị tôi: 0900 000 002") == ["second_way.code.ask"]
    [(to, _, decoy)] = await codes_sent()
    assert (to, decoy) == (TEXTED, False)
    assert await chat.says("000000") == ["second_way.code.wrong", "second_way.code.ask"]
    assert await chat.presses("second_way.code.choice.resend") == ["second_way.code.ask"]
    assert await chat.presses("second_way.code.choice.later") == ["second_way.unproven"]
    assert await ways(case) == [OtherWay(Kind.PHONE, TEXTED, opens=False)]
    assert not await CaseContact.exists()
    assert await Event.filter(tag=Tag.CASE_WAY_GIVEN, case=case.id).count() == 1


@pytest.mark.parametrize("words", ["không", "Dạ không ạ", "no"])
async def test_a_no_is_remembered(desk: Desk, words: str) -> None:
    """It is not asked again, and a contact that comes later by itself is taken for nothing."""
    chat, case = await a_question(desk)
    assert await chat.says(words) == ["second_way.declined"]
    assert await kinds(case) == [Entry.FILED, Entry.WAY_ASKED, Entry.WAY_DECLINED]
    assert await chat.says(SECOND) == ["engine.did_you_mean"]
    await Watch().hourly(desk.time.now(), desk.time.now() + timedelta(days=3), "second way")
    assert await kinds(case) == [Entry.FILED, Entry.WAY_ASKED, Entry.WAY_DECLINED]
    assert await ways(case) == []


async def test_everything_else_is_what_it_always_was(desk: Desk) -> None:
    """The question stays open beside it; nobody is asked again for having said something else."""
    chat, _ = await a_question(desk)
    assert "status.filed" in await chat.says("khiếu nại của tôi đến đâu rồi")
    await chat.presses("status.act.choice.close")
    assert await chat.says("cảm ơn") == ["engine.thanks"]
    assert await chat.says(SECOND) == ["second_way.code.ask"]


async def test_a_no_to_staff_is_no_answer_to_this(desk: Desk) -> None:
    """Where staff have asked something since, words answer that; a contact answers this."""
    chat, case = await a_question(desk)
    await asked(desk, case)
    assert await chat.says("không") == ["status.noted", "status.add.ask"]
    await chat.says("xong")
    await asked(desk, case)
    await chat.says("huỷ")
    assert await chat.says(SECOND) == ["second_way.code.ask"]
    assert [entry.kind for entry in await CaseEntry.timeline(case)][-1] is Entry.STAFF_ASKED


async def test_nobody_is_overheard_who_was_not_asked(desk: Desk) -> None:
    """A contact alone means nothing."""
    chat, case = await a_case(desk)
    assert await chat.says(SECOND) == ["engine.did_you_mean"]
    assert await ways(case) == []


async def test_it_can_be_named_at_any_time(desk: Desk) -> None:
    """By its words; what cannot be used is asked for again, and it can be left."""
    chat, case = await a_case(desk)
    assert await chat.says("liên lạc thêm") == ["second_way.contact.ask"]
    assert await chat.says("024 3825 1234") == ["second_way.no_mobile", "second_way.contact.ask"]
    assert await chat.says("để xem") == ["answer.contact.invalid", "second_way.contact.ask"]
    assert await chat.presses("second_way.contact.choice.no") == ["second_way.declined"]
    await chat.says("/lienlacthem")
    assert await chat.says(SECOND) == ["second_way.code.ask"]
    assert await kinds(case) == [Entry.FILED, Entry.WAY_DECLINED, Entry.WAY_GIVEN]
    await run_tx(lambda: case.withdraw(desk.time.now()))
    await chat.says("huỷ")
    assert await chat.says("/lienlacthem") == ["second_way.no_case"]


async def test_only_what_the_desk_can_write_to_is_taken(database: Database) -> None:
    """Without text messages a number is of no use; without both there is nothing to ask."""
    desk = Desk(codes=frozenset({Kind.EMAIL}))
    chat, case = await a_case(desk)
    await chat.says("/lienlacthem")
    assert await chat.says("0900000002") == ["second_way.not_by", "second_way.contact.ask"]
    await chat.says("huỷ")
    desk.codes = frozenset()
    assert await chat.says("/lienlacthem") == ["second_way.no_way"]
    assert await ways(case) == []


async def test_where_no_code_can_be_sent_now_the_contact_is_kept(desk: Desk) -> None:
    """Limits hold back codes, never what the customer has said."""
    chat, case = await a_question(desk)
    await chat.says(SECOND)
    for _ in range(3):
        await chat.presses("second_way.code.choice.resend")
    assert await chat.presses("second_way.code.choice.resend") == ["second_way.unproven"]
    assert await ways(case) == [OtherWay(Kind.EMAIL, SECOND, opens=False)]
