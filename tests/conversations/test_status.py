"""Khiếu nại của tôi, as transcripts: what is shown to whom."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from chatbot.certificate import Certificate, Certified
from chatbot.texts import Texts
from models.case import Case
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.database import run_tx
from models.event import Event, Tag
from models.evidence import Evidence, Found, Refusal
from models.keys import ring
from tests.chat import Desk, code_for
from tests.conftest import Database
from tests.conversations.filed_cases import (
    ACT,
    ADDED,
    DECISION,
    OWNER,
    PHOTO,
    QUESTION,
    TOLD,
    WAITING,
    WORDS,
    asked,
    brought_to,
    entries,
    filed,
    gathered,
    labels,
)
from tests.people import PHONE, put_on_file


async def test_one_case_opens_at_once(desk: Desk) -> None:
    """By command, by button, by free text; with its state, its day and its timeline."""
    chat = desk.chat()
    await filed(chat)
    ways = ("/theodoi", "/mycases", "khiếu nại của tôi", "tình trạng khiếu nại", "rút đơn", "nộp bằng chứng")
    for way in ways:
        assert await chat.says(way) == [*WAITING, *TOLD, ACT], way
        await chat.says("huỷ")
    await chat.says("/menu")
    assert await chat.presses("menu.choice.status") == [*WAITING, *TOLD, ACT]


async def test_several_are_chosen_by_button_or_by_number(desk: Desk) -> None:
    """Each button says number and state, and all my cases can be had again."""
    chat = desk.chat()
    first = await filed(chat)
    second = await brought_to(desk, await filed(chat), CaseState.RUNNING)
    assert await chat.says("/theodoi") == ["status.choose.ask"]
    assert [button.label for button in chat.last[-1].buttons] == [
        f"[status.label.running] {second.code}",
        f"[status.label.waiting] {first.code}",
    ]
    assert (await chat.says("2"))[0] == "status.state.waiting"
    assert await chat.presses("status.act.choice.list") == ["status.choose.ask"]
    assert (await chat.says(second.code))[0] == "status.state.running"
    await chat.presses("status.act.choice.list")
    assert await chat.says("cái nào cũng được") == ["answer.choice.invalid", "status.choose.ask"]
    assert (await chat.says("menu"))[0] == "menu.ask"
    assert (await chat.says(f"theo dõi khiếu nại {first.code.lower()}"))[0] == "status.state.waiting"


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        (CaseState.WAITING, ["add", "withdraw", "close"]),
        (CaseState.RUNNING, ["add", "withdraw", "close"]),
        (CaseState.DECIDED, ["add", "close"]),
        (CaseState.ANSWERED, ["add", "decision", "accept", "appeal", "close"]),
        (CaseState.CLOSED, ["decision", "close"]),
        (CaseState.WITHDRAWN, ["close"]),
    ],
)
async def test_the_acts_on_offer_depend_on_the_state(desk: Desk, state: CaseState, acts: list[str]) -> None:
    """And a stranger who types the number is told the same as of a number that was never given."""
    chat = desk.chat()
    case = await brought_to(desk, await filed(chat), state)
    said = await chat.says("/theodoi")
    assert said[0] == f"status.state.{state}"
    # No letter has brought this decision: whoever opens the case gets it here.
    assert said[-1] == ("status.letter" if state is CaseState.DECIDED else ACT)
    assert labels(chat) == acts
    stranger = desk.chat("2", "messenger")
    await stranger.says("/start")
    known = await stranger.says(case.code)
    assert known == await stranger.says("KN-2026-999999") == ["status.by_number"]
    assert await stranger.says("/theodoi") == ["status.none"]


async def test_the_days_left_are_counted_and_being_late_is_said(database: Database) -> None:
    """Ten working days from 25/11/2026 end on 09/12; afterwards it is said how late, and whom to turn to."""
    desk = Desk(texts=Texts)
    chat = desk.chat()
    await brought_to(desk, await filed(chat), CaseState.RUNNING)
    for day, words in (
        (datetime(2026, 11, 25, 3, tzinfo=UTC), "Còn 10 ngày làm việc."),
        (datetime(2026, 12, 8, 3, tzinfo=UTC), "Còn 1 ngày làm việc."),
        (datetime(2026, 12, 9, 16, 59, tzinfo=UTC), "Hôm nay là ngày cuối."),
        (datetime(2026, 12, 9, 17, 0, tzinfo=UTC), "trễ hạn 1 ngày làm việc"),
        (datetime(2026, 12, 14, 3, tzinfo=UTC), "trễ hạn 3 ngày làm việc"),
    ):
        desk.time.instant = day
        await chat.says("/theodoi")
        assert words in chat.last[-1].text, day
        assert "thứ Tư, 09/12/2026" in chat.last[-1].text
        assert ("Sở Công Thương" in chat.last[-1].text) == ("trễ hạn" in words)


async def test_the_receipt_proves_what_was_promised(database: Database) -> None:
    """While something is owed, whenever the case is looked at: number, arrival, and with proof the day."""
    desk = Desk(texts=Texts)
    chat = desk.chat()
    case = await filed(chat)
    received, until = date(2026, 11, 25), date(2026, 12, 9)
    number = (case.year, case.number)

    async def receipt() -> Certificate | None:
        await chat.says("/theodoi")
        found = re.search(r"^Mã biên nhận: (.+)$", chat.last[-1].text, re.MULTILINE)
        assert ("https://desk.example.vn/verify" in chat.last[-1].text) == bool(found)
        return Certificate.read(found[1], ring()) if found else None

    assert await receipt() == Certificate(Certified.COMPLAINT, number, received)
    case = await brought_to(desk, case, CaseState.RUNNING)
    desk.time.instant += timedelta(days=2)
    assert await receipt() == Certificate(Certified.COMPLAINT, number, received, until)
    await brought_to(desk, case, CaseState.CLOSED)
    assert await receipt() is None


async def test_on_a_day_off_after_the_last_day_it_is_late_already(desk: Desk) -> None:
    """Though no working day has gone by since."""
    chat = desk.chat()
    desk.time.instant = datetime(2026, 11, 27, 3, tzinfo=UTC)  # a Friday: the tenth day is Friday 11/12
    await brought_to(desk, await filed(chat), CaseState.RUNNING)
    desk.time.instant = datetime(2026, 12, 12, 3, tzinfo=UTC)
    assert (await chat.says("/theodoi"))[2:4] == ["status.just_overdue", "status.elsewhere"]


async def test_files_are_shown_with_what_became_of_them(database: Database) -> None:
    """Waiting, received with size and fingerprint, refused with the reason, or gone."""
    desk = Desk(texts=Texts)
    chat = desk.chat()
    case = await filed(chat)
    now = desk.time.now()
    await run_tx(lambda: Evidence.add(case, "web", [PHOTO] * 4, now, now))
    _, second, third, fourth = await Evidence.of_case(case.id)
    await second.keep(Found("image/jpeg", 2049, "ab12cd34" * 8), now)
    await third.refuse(Refusal.KIND, now)
    await fourth.lose(now)
    await chat.says("/theodoi")
    text = chat.last[-1].text
    assert f"1. {PHOTO.name}: đã ghi nhận, đang tải" in text
    assert f"2. {PHOTO.name}: đã nhận, 2 kB, SHA-256 (dùng để đối chiếu tệp) ab12cd34…" in text
    assert f"3. {PHOTO.name}: không nhận loại tệp này" in text
    assert f"4. {PHOTO.name}: không tải được" in text


async def test_the_timeline_has_no_internal_entries(database: Database) -> None:
    """Notes and who has the case are the staff's own; of a long history the last entries are shown."""
    desk = Desk(texts=Texts)
    chat = desk.chat()
    case = await filed(chat)

    async def happen() -> None:
        for kind in (Entry.NOTE, Entry.TAKEN, Entry.HANDED_OVER):
            await CaseEntry.add(case, kind, desk.time.now(), words="bí mật nội bộ")
        for number in range(25):
            words = f"tin {number} " + "x" * 300
            await CaseEntry.add(case, Entry.CUSTOMER_WROTE, desk.time.now(), words=words)

    await run_tx(happen)
    await chat.says("/theodoi")
    text = chat.last[-1].text
    assert "bí mật nội bộ" not in text
    assert "(6 việc trước đó)" in text
    assert "tin 5 xxx" in text
    assert "tin 4 " not in text
    assert "x" * 200 not in text


async def test_outside_our_own_server_ones_own_words_are_masked(database: Database) -> None:
    """The complaint, what was added, the names of files; a question and a decision come in full."""
    desk = Desk(texts=Texts)
    chats = {"web": desk.chat("1", "web"), "messenger": desk.chat("2", "messenger")}
    for channel, chat in chats.items():
        case = await filed(chat)
        now = desk.time.now()
        await run_tx(partial(Evidence.add, case, "web", [PHOTO], now, now))
        await run_tx(partial(CaseEntry.add, case, Entry.CUSTOMER_WROTE, now, words=ADDED))
        await asked(desk, case)
        await chat.says("/theodoi")
        for private in (WORDS, ADDED, PHOTO.name):
            assert (private in chat.last[-1].text) == (channel == "web")
        assert chat.last[-1].text.count(QUESTION) == 2  # in the timeline, and as what comes next
        await brought_to(desk, case, CaseState.ANSWERED)
        await chat.says("Xong")
        await chat.presses("Xem kết quả")
        for public in (DECISION.reason, DECISION.measures, "500.000"):
            assert public in chat.last[-1].text


async def test_filed_on_a_messenger_found_on_the_web(desk: Desk) -> None:
    """A case filed without proof is claimed by a contact proven later in its chat, and found by the same
    contact elsewhere; without that proof the web shows nothing."""
    await put_on_file(desk.time.now())
    messenger, web = desk.chat("1", "messenger"), desk.chat("2", "web")
    case = await filed(messenger)
    await messenger.says("/xacminh")
    await messenger.says("1")
    await messenger.shares(PHONE)
    assert await Event.filter(tag=Tag.CASE_CLAIMED, case=case.id).count() == 1
    await web.says("/start")
    assert await web.says("/theodoi") == ["status.none"]
    assert await web.says(case.code) == ["status.by_number"]
    await web.proves(PHONE)
    assert (await web.says("/theodoi"))[2:] == ["status.days_left", *TOLD, ACT]
    await web.says("huỷ")
    assert (await web.says(case.code))[0] == "status.state.waiting"
    assert await Event.filter(tag=Tag.CASE_CLAIMED).count() == 1


async def test_another_contact_opens_nothing(desk: Desk) -> None:
    """Somebody proven, but by a contact that the case does not belong to."""
    owner = desk.chat("1")
    case = await filed(owner, person=OWNER)
    other = desk.chat("2")
    await other.says("/xacminh")
    await other.presses("identity.way.choice.email")
    await other.says("nguoi.khac@example.vn")
    assert (await other.says(await code_for("nguoi.khac@example.vn")))[0] == "identity.proven"
    assert await other.says("/theodoi") == ["status.none"]
    assert await other.says(case.code) == ["status.by_number"]


async def test_a_proof_that_idled_out_closes_the_case_but_loses_no_words(desk: Desk) -> None:
    """What is typed and sent still joins the case; nothing of it is shown, and nothing can be ended."""
    await put_on_file(desk.time.now())
    case = await filed(desk.chat("1", "messenger"), person=OWNER)
    web = desk.chat("2")
    await web.proves(PHONE)
    assert (await web.says("/theodoi"))[0] == "status.state.waiting"
    await web.presses("status.act.choice.add")
    desk.time.move(timedelta(minutes=16))
    assert await web.says(ADDED) == ["status.noted", "status.add.ask"]
    assert await web.sends(PHOTO) == ["status.files_noted", "status.add.ask"]
    assert await web.presses("status.add.choice.done") == ["status.out_of_reach"]
    assert await entries(case) == [
        (Entry.FILED, None),
        (Entry.CUSTOMER_WROTE, ADDED),
        (Entry.CUSTOMER_SENT_FILES, None),
    ]
    assert await gathered(case) == (1, 1, 0)
    assert await web.says("/theodoi") == ["status.none"]


async def test_after_idling_out_a_case_cannot_be_withdrawn(desk: Desk) -> None:
    """Nor accepted, nor looked at: that takes a proof again."""
    await put_on_file(desk.time.now())
    case = await filed(desk.chat("1", "messenger"), person=OWNER)
    web = desk.chat("2")
    await web.proves(PHONE)
    await web.says("/theodoi")
    await web.presses("status.act.choice.withdraw")
    desk.time.move(timedelta(minutes=16))
    assert await web.presses("status.withdraw.choice.yes") == ["status.out_of_reach"]
    assert (await Case.get(id=case.id)).state is CaseState.WAITING
