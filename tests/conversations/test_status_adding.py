"""Khiếu nại của tôi, as transcripts: words and files for a case, and answers to staff."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.messages import FileRef
from chatbot.texts import Texts
from models.case_entry import CaseEntry, Entry
from models.event import Event, Tag
from models.evidence import Evidence
from tests.cases import Watch
from tests.chat import Desk
from tests.conftest import Database
from tests.conversations.filed_cases import (
    ACT,
    ADDED,
    PHOTO,
    asked,
    entries,
    filed,
    gathered,
    told_to_staff,
)


async def test_words_and_files_are_added_in_order(desk: Desk) -> None:
    """Noted now, confirmed when they are fetched; staff hear how much came, never what."""
    chat = desk.chat(channel="messenger")
    case = await filed(chat)
    await chat.says("/theodoi")
    assert await chat.presses("status.act.choice.add") == ["status.add.ask"]
    assert await chat.says(ADDED) == ["status.noted", "status.add.ask"]
    assert await chat.sends(PHOTO) == ["status.files_noted", "status.add.ask"]
    assert await chat.sends(PHOTO, text="và ảnh này") == ["status.files_noted", "status.add.ask"]
    assert await chat.presses("status.add.choice.done") == [ACT]
    assert [kind for kind, _ in await entries(case)] == [
        Entry.FILED,
        Entry.CUSTOMER_WROTE,
        Entry.CUSTOMER_SENT_FILES,
        Entry.CUSTOMER_WROTE,
        Entry.CUSTOMER_SENT_FILES,
    ]
    assert await Evidence.filter(case_id=case.id).count() == 2
    assert await gathered(case) == (2, 2, 0)
    assert await told_to_staff() == []
    assert await Event.filter(tag=Tag.CASE_WORDS_ADDED, case=case.id).count() == 2
    assert await Event.filter(tag=Tag.CASE_EVIDENCE_ADDED, case=case.id).count() == 2
    assert await chat.presses("status.act.choice.close") == ["status.closed"]


async def test_staff_hear_only_how_much_came(database: Database) -> None:
    """In one message, some minutes after the first of what came; what comes later is told anew."""
    desk, watch = Desk(texts=Texts), Watch()
    chat = desk.chat(channel="messenger")
    case = await filed(chat)
    await chat.says("/theodoi")
    await chat.says("1")
    await chat.says(ADDED)
    desk.time.move(timedelta(minutes=2))
    await chat.says("thêm một tin")
    await chat.sends(PHOTO)
    await watch.sweep(desk.time.now(), "replies")
    assert await told_to_staff() == []
    desk.time.move(timedelta(minutes=1))
    await watch.sweep(desk.time.now(), "replies")
    first = f"{case.code}: khách đã trả lời: 2 tin, 1 ảnh."
    assert await told_to_staff() == [first]
    await chat.sends(FileRef("other", "đơn.pdf", "application/pdf", 1000), text="và đơn mua hàng")
    desk.time.move(timedelta(hours=3))
    await watch.sweep(desk.time.now(), "replies")
    await watch.sweep(desk.time.now(), "replies")
    assert await told_to_staff() == [first, f"{case.code}: khách đã trả lời: 1 tin, 1 tệp."]


async def test_files_at_the_open_case_belong_to_it(desk: Desk) -> None:
    """Nobody has to press a button first; words alone are no act, and may name another conversation."""
    chat = desk.chat()
    case = await filed(chat)
    await chat.says("/theodoi")
    assert await chat.says("gì cơ") == ["answer.choice.invalid", ACT]
    assert await chat.sends(PHOTO, text=ADDED) == ["status.files_noted", "status.add.ask"]
    assert (Entry.CUSTOMER_WROTE, ADDED) in await entries(case)


async def test_a_file_counts_as_arrived_when_the_channel_says(desk: Desk) -> None:
    """The message's own time, where it is plausible."""
    chat = desk.chat()
    case = await filed(chat)
    await chat.says("/theodoi")
    sent = desk.time.now() + timedelta(minutes=1)
    desk.time.move(timedelta(hours=3))
    await chat.delivers(chat.message(files=(PHOTO,), at=sent))
    [file] = await Evidence.of_case(case.id)
    assert file.arrived_at == sent


async def test_the_eleventh_file_is_refused_in_words(desk: Desk) -> None:
    """Those that count are there, and it is said that one is not."""
    chat = desk.chat()
    case = await filed(chat)
    await chat.says("/theodoi")
    await chat.sends(*[PHOTO] * 9)
    assert await chat.sends(PHOTO, PHOTO) == ["status.too_many", "status.add.ask"]
    assert await Evidence.filter(case_id=case.id).count() == 10


async def test_an_answer_to_a_question_from_staff(desk: Desk) -> None:
    """The open question is shown, and the next words or files answer it."""
    chat = desk.chat(channel="messenger")
    case = await filed(chat)
    await asked(desk, case)
    question = ["status.entry.staff_asked", "status.question", "status.add.ask"]
    assert (await chat.says("/theodoi"))[-3:] == question
    assert await chat.sends(PHOTO) == ["status.files_noted", "status.add.ask"]
    await chat.presses("status.add.choice.done")
    assert await CaseEntry.questions(case) == []
    assert (await chat.says("/theodoi"))[-1] == ACT
    await asked(desk, case, "Còn gì nữa không?")
    assert [question.opened(case) for question in await CaseEntry.questions(case)] == ["Còn gì nữa không?"]


@pytest.mark.parametrize("opened", [False, True])
async def test_whoever_was_asked_just_writes_the_answer(desk: Desk, opened: bool) -> None:
    """With nothing open, or with the case open since before the question: it is kept; other wishes stay
    wishes; and without a question such words are met as before."""
    chat = desk.chat(channel="messenger")
    case = await filed(chat)
    words = "số đó là 0909 rồi tôi chặn mất"
    if opened:
        await chat.says("/theodoi")
    assert "status.noted" not in await chat.says(words)
    await asked(desk, case)
    assert await chat.says(words) == ["status.noted", "status.add.ask"]
    assert await CaseEntry.questions(case) == []
    await chat.presses("status.add.choice.done")
    await chat.says("/huy")
    await asked(desk, case)
    assert await chat.sends(PHOTO) == ["status.files_noted", "status.add.ask"]
    await chat.says("/huy")
    await asked(desk, case)
    assert (await chat.says("cho tôi đọc chính sách bảo mật"))[0].startswith("policy")
