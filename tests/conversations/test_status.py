"""Khiếu nại của tôi, as transcripts: what is shown to whom, and every act in every state."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from chatbot.messages import FileRef, Kind, Person, Proven
from chatbot.texts import Texts
from models.case import Case, Category, Compensation, Decision, Statement, Verdict
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.chat import Chat
from models.database import run_tx
from models.deadline import Deadline
from models.event import Event, Tag
from models.evidence import Evidence, Found, Refusal
from models.keys import SYSTEM, SubjectKey
from models.outgoing import STAFF, Outgoing
from models.promises import Promise
from models.reply import CaseReply
from tests.cases import Watch
from tests.chat import SHOP, CustomerChat, Desk, code_for
from tests.conftest import Database
from tests.people import PHONE, PHONE_E164, put_on_file

PHOTO = FileRef("handle", "căn cước Nguyễn Văn Kín.jpg", "image/jpeg", 1000)
WORDS = "Số điện thoại của tôi bị dùng để quảng cáo cho cửa hàng khác."
ADDED = "Hôm qua họ lại gọi cho mẹ tôi."
WHY = "Tôi không đồng ý vì họ vẫn còn gọi mỗi ngày."
QUESTION = "Quý khách có ảnh chụp cuộc gọi không?"
DECISION = Decision(
    Verdict.PARTLY, "Đã tìm thấy lỗi ở khâu giao hàng.", "Đã dừng gửi.", Compensation.AMOUNT, 500_000
)
OWNER = Person((Proven(UUID(int=9), Kind.PHONE, PHONE_E164),))

WAITING = ["status.state.waiting", "status.due.evidence", "status.days_left"]
RUNNING = ["status.state.running", "status.due.resolve", "status.days_left"]
TOLD = ["status.filed", "status.timeline", "status.entry.filed"]
ACT = "status.act.ask"


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk over an open database."""
    return Desk()


async def filed(chat: CustomerChat, person: Person | None = None) -> Case:
    """A case filed in a chat."""
    await chat.says("/start")
    stored = await Chat.find(chat.address)
    assert stored
    now = chat.desk.time.now()

    async def file() -> Case:
        case = await Case.file(
            Statement(WORDS),
            category=Category.LEAKED,
            chat=stored.id,
            person=person or Person(),
            priority=False,
            negotiate=False,
            arrived=now,
            calendar=SHOP.calendar,
        )
        await CaseEntry.add(case, Entry.FILED, now)
        return case

    return await run_tx(file)


async def brought_to(desk: Desk, case: Case, state: CaseState) -> Case:
    """A case as staff, the sender and the customer would have brought it there."""
    now = desk.time.now()

    async def moves() -> None:
        if state in (CaseState.RUNNING, CaseState.DECIDED, CaseState.ANSWERED, CaseState.CLOSED):
            await case.prove(now, SHOP.calendar)
        if state in (CaseState.DECIDED, CaseState.ANSWERED, CaseState.CLOSED):
            assert await case.decide(DECISION, now)
        if state in (CaseState.ANSWERED, CaseState.CLOSED):
            assert await case.deliver(now)
        if state is CaseState.CLOSED:
            assert await case.accept(now)
        if state is CaseState.WITHDRAWN:
            assert await case.withdraw(now)

    await run_tx(moves)
    return case


async def asked(desk: Desk, case: Case, words: str = QUESTION) -> None:
    """Staff ask something."""
    await run_tx(lambda: CaseEntry.add(case, Entry.STAFF_ASKED, desk.time.now(), words=words))


async def told_to_staff() -> list[str]:
    """What staff were told, in order."""
    key = await SubjectKey.of(SYSTEM)
    replies = [row.opened(key) for row in await Outgoing.filter(outlet=STAFF).order_by("id")]
    return [reply.text for reply in replies if reply]


async def gathered(case: Case) -> tuple[int, int, int]:
    """How many texts, photos and other files staff will be told of."""
    reply = await CaseReply.get(case_id=case.id)
    return reply.texts, reply.photos, reply.files


async def entries(case: Case) -> list[tuple[Entry, str | None]]:
    """The timeline with its words."""
    return [(entry.kind, entry.opened(case)) for entry in await CaseEntry.timeline(case)]


def labels(chat: CustomerChat) -> list[str]:
    """The buttons under what was said last, short."""
    return [button.label.rpartition(".")[2].rstrip("]") for reply in chat.last for button in reply.buttons]


# What is shown -----------------------------------------------------------------------------------


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
    assert f"2. {PHOTO.name}: đã nhận, 3 KB, SHA-256 (dùng để đối chiếu tệp) ab12cd34…" in text
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


# To whom -----------------------------------------------------------------------------------------


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
    assert (await web.says("/theodoi"))[-5:] == ["status.days_left", *TOLD, ACT]
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


# What may be done --------------------------------------------------------------------------------


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


# Two at once -------------------------------------------------------------------------------------


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
