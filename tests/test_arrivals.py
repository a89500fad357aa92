"""What must arrive and did not goes by another way, or becomes a task for staff."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from uuid import UUID

import pytest

from chatbot.conversation import Notice
from chatbot.messages import About, Address, Kind, Matter, Reply
from handlers.arrivals import chase
from handlers.sweeps import ONE_BY_ONE, stop_clocks
from models.case import Case, CaseContact, Decision, Verdict
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.casework import told_by_hand
from models.chat import Chat
from models.database import run_tx
from models.keys import new_id, ring
from models.letters import deliver_decisions, letter_of, not_arrived
from models.outgoing import Arrival, Outgoing, Purpose, State
from models.proof import Method, Proof
from tests.cases import HOUR, PHONE, REACH, SECOND, SHOP, WORDS, Watch, at, file_case, hand, staff_messages
from tests.chat import Desk
from tests.conftest import Database
from tests.outbox import eventually, sending, settled
from tests.room_cases import fresh, told_elsewhere
from tests.test_outlets import Mailbox, mail_server, mailer

NOW = at("2026-10-05T10:00").astimezone(UTC)
CANARY = "Nguyễn Thị Thu Hà, 0900000002, muốn biết vì sao"
REASON = "Quà của Phạm Gia Bảo đã gửi nhầm"
PAGE = "https://desk.example.vn"


async def a_case(
    channel: str = "web", *, user: str = "1", second: str | None = SECOND, language: str = "vi"
) -> Case:
    """A case that was filed in a chat, as staff see it."""
    return await fresh(await file_case(NOW, user=user, channel=channel, second=second, language=language))


async def write(case: Case, matter: Matter = Matter.QUESTION, now: datetime = NOW) -> None:
    """Queue something for the customer of a case that must arrive."""

    async def work() -> None:
        assert case.chat
        chat = await Chat.hold_by_id(case.chat)
        assert chat
        about = About(case.id, matter)
        await Outgoing.to_chat(chat, [Reply(CANARY)], now, purpose=Purpose.NOTICE, about=about)

    await run_tx(work)


async def decide(case: Case, now: datetime = NOW) -> None:
    """Decide a case and queue the decision."""
    assert await run_tx(lambda: case.decide(Decision(Verdict.UPHELD, REASON), now))
    await write(case, Matter.DECISION, now)


async def becomes(state: State, after: timedelta = timedelta(seconds=1)) -> None:
    """What waits in the outbox is settled, so much real time after it was queued."""
    for row in await Outgoing.filter(state=State.QUEUED):
        await Outgoing.filter(id=row.id).update(state=state, settled_at=row.queued_at + after)


async def last() -> int:
    """The number of the latest message of all."""
    rows = await Outgoing.all().order_by("id")
    newest: int = rows[-1].id
    return newest


async def sees(case: Case) -> None:
    """The customer has all that was sent before their eyes."""
    chat = await Chat.get(id=case.chat)
    await chat.saw(await last())


async def opens(case: Case, kind: Kind, value: str) -> None:
    """The case belongs to whoever proves a contact."""
    index = ring().blind_index(kind, value)
    await CaseContact.create(id=new_id(), case_id=case.id, value_index=index)


async def chased(now: datetime, watch: Watch | None = None) -> None:
    """Look after what did not arrive."""
    await (watch or Watch()).sweep(now, "chase")


async def kinds(case: Case) -> list[Entry]:
    """What stands on a case's timeline for staff."""
    return [entry.kind for entry in await CaseEntry.timeline(case, internal=True)]


async def test_what_is_unread_for_an_hour_goes_by_e_mail_once(database: Database) -> None:
    """It says that there is something, where, and nothing else. Staff see it until it is read after all."""
    case = await a_case()
    await write(case)
    await becomes(State.SENT)
    await chased(NOW + timedelta(minutes=59))
    assert await told_elsewhere(case) == []
    for minutes in (61, 62, 600):
        await chased(NOW + timedelta(minutes=minutes))
    [(outlet, to, words)] = await told_elsewhere(case)
    assert (outlet, to) == ("email", SECOND)
    assert case.code in words
    assert PAGE in words
    assert SHOP.email in words
    assert not any(secret in words for secret in (CANARY, WORDS, "Thu Hà", "0900000002", SECOND))
    assert await kinds(case) == [Entry.POINTED]
    assert await not_arrived(case) == [(Matter.QUESTION, NOW)]
    await sees(case)
    assert await not_arrived(case) == []
    assert await staff_messages() == []


@pytest.mark.parametrize("channel", ["web", "messenger"])
async def test_what_arrived_is_not_said_again(database: Database, channel: str) -> None:
    """Seen in time where we keep the history, taken where the customer's own app does."""
    case = await a_case(channel)
    await write(case)
    await becomes(State.SENT)
    if channel == "web":
        await sees(case)
    await chased(NOW + 5 * HOUR)
    assert await told_elsewhere(case) == []
    assert {row.arrival for row in await Outgoing.all()} == {Arrival.OVER}


async def test_an_hour_unread_begins_with_the_sending(database: Database) -> None:
    """After an outage of ours the customer has an hour still, however the desk's clock was moved."""
    case = await a_case()
    await write(case)
    await becomes(State.SENT, after=2 * HOUR)
    await chased(NOW + 2 * HOUR + timedelta(minutes=59))
    assert await told_elsewhere(case) == []
    await chased(NOW + 3 * HOUR)
    assert len(await told_elsewhere(case)) == 1


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN])
async def test_what_a_channel_refused_goes_another_way_at_once(database: Database, state: State) -> None:
    """Also what may or may not have arrived. In the customer's language."""
    case = await a_case("messenger", language="en")
    await write(case, Matter.DATE)
    await chased(NOW)
    assert await told_elsewhere(case) == []
    await becomes(state)
    await chased(NOW + timedelta(minutes=1))
    [(_, _, words)] = await told_elsewhere(case)
    assert "your complaint" in words


async def test_what_waits_for_a_channel_that_was_removed_is_given_up_after_a_day(database: Database) -> None:
    """It is pointed to, and whoever tells the decision by hand stops its clock: nothing is on its way."""
    case = await a_case("removed")
    await decide(case)
    await chased(NOW + 23 * HOUR)
    assert (await told_elsewhere(case), await letter_of(case)) == ([], State.QUEUED)
    for hours in (25, 26):
        await chased(NOW + hours * HOUR)
    assert len(await told_elsewhere(case)) == 1
    member = new_id()
    await hand(case.id, member)
    await becomes(State.FAILED)
    assert await run_tx(lambda: told_by_hand(case, member, "Đã gọi điện.", NOW + 27 * HOUR))
    assert (await Case.get(id=case.id)).state is CaseState.ANSWERED


async def test_a_contact_that_was_proven_is_written_to_where_no_other_was_named(database: Database) -> None:
    """Long after the proof has ended: the number is still the customer's."""
    case = await a_case("messenger", second=None)
    chat = await Chat.get(id=case.chat).select_related("key")
    await run_tx(lambda: Proof.add(chat, Kind.PHONE, PHONE, Method.SHARED, NOW, NOW))
    await run_tx(lambda: Proof.end(chat, NOW))
    await write(case)
    await becomes(State.FAILED)
    await chased(NOW)
    assert [(by, to) for by, to, _ in await told_elsewhere(case)] == [("sms", PHONE)]


async def test_without_another_way_it_is_a_task_for_staff_once(database: Database) -> None:
    """They hear the number alone; whoever has the case says how it was told, and then it has arrived."""
    case, member = await a_case("messenger", second=None), new_id()
    await hand(case.id, member)
    await write(case)
    await becomes(State.FAILED)
    watch = Watch()
    for hours in range(4):
        await chased(NOW + hours * HOUR, watch)
    [text] = await staff_messages()
    assert case.code in text
    assert CANARY not in text
    assert await kinds(case) == [Entry.UNREACHED]
    assert await not_arrived(case) == [(Matter.QUESTION, NOW)]
    assert not await run_tx(lambda: told_by_hand(case, new_id(), "Gọi điện", NOW))
    assert await run_tx(lambda: told_by_hand(case, member, "Gọi điện", NOW))
    assert not await run_tx(lambda: told_by_hand(case, member, "Gọi điện", NOW))
    assert await not_arrived(case) == []
    assert (await fresh(case)).state is CaseState.RUNNING


async def test_without_a_page_a_chat_that_refuses_is_no_place_to_read(database: Database) -> None:
    """Then staff tell it; where it merely is unread the customer is asked to open the chat again."""
    reach = replace(REACH, page=None)
    refused, unread = await a_case("messenger"), await a_case(user="2")
    await write(refused)
    await becomes(State.FAILED)
    await write(unread)
    await becomes(State.SENT)
    await chased(NOW + HOUR * 2, Watch(reach=reach))
    assert await told_elsewhere(refused) == []
    [(_, _, words)] = await told_elsewhere(unread)
    assert "mở lại" in words
    assert [refused.code in text for text in await staff_messages()] == [True]


async def test_a_mail_that_fails_is_a_task_for_staff(database: Database) -> None:
    """The second way is the last one that this desk has."""
    case = await a_case("messenger")
    await write(case)
    for _ in range(3):
        await becomes(State.FAILED)
        await chased(NOW)
    assert len(await told_elsewhere(case)) == 1
    assert len(await staff_messages()) == 1
    assert await kinds(case) == [Entry.POINTED, Entry.UNREACHED]


async def stops(case: Case) -> bool:
    """Whether the clock of a decided case stops now."""
    return await run_tx(lambda: deliver_decisions(NOW, NOW, 10)) == 1


async def test_a_hint_at_a_decision_stops_the_clock_where_it_leads_to_it(database: Database) -> None:
    """When the mail server has taken it, not before: who proves that address can read the decision."""
    case = await a_case("messenger")
    await opens(case, Kind.EMAIL, SECOND)
    await decide(case)
    await becomes(State.FAILED)
    assert not await stops(case)
    await chased(NOW)
    assert not await stops(case)
    assert await letter_of(case) is State.QUEUED
    await becomes(State.SENT)
    assert await stops(case)
    assert await staff_messages() == []


async def test_a_hint_that_leads_to_no_decision_does_not_stop_the_clock(database: Database) -> None:
    """An address that was only typed opens nothing: staff tell the decision, and that stops it."""
    case, member = await a_case("messenger"), new_id()
    await hand(case.id, member)
    await decide(case)
    await becomes(State.FAILED)
    await chased(NOW)
    await becomes(State.SENT)
    assert len(await told_elsewhere(case)) == 1
    assert len(await staff_messages()) == 1
    assert not await stops(case)
    assert await run_tx(lambda: told_by_hand(case, member, "Gọi điện", NOW))
    assert (await fresh(case)).state is CaseState.ANSWERED


async def test_clocks_are_stopped_in_small_batches(database: Database) -> None:
    """Each case takes several statements, and the write lock is held meanwhile."""
    for number in range(12):
        await decide(await a_case("messenger", user=str(number)))
    await becomes(State.SENT)
    counts = [await run_tx(lambda: stop_clocks(NOW, NOW)) for _ in range(3)]
    assert counts == [ONE_BY_ONE, 12 - ONE_BY_ONE, 0]


async def test_a_decision_in_the_web_chat_has_stopped_the_clock_and_is_chased_all_the_same(
    database: Database,
) -> None:
    """It is stored for a customer who can open it; whether they did is another question."""
    case = await a_case()
    await decide(case)
    await becomes(State.SENT)
    assert await stops(case)
    await chased(NOW + HOUR + timedelta(minutes=1))
    assert len(await told_elsewhere(case)) == 1
    assert await not_arrived(await fresh(case)) == [(Matter.DECISION, NOW)]


async def test_who_shut_the_chat_and_comes_back_is_sent_the_decision(database: Database) -> None:
    """Looking at the case is enough; the clock stops when the channel has taken it. It is sent once."""
    desk = Desk()
    chat = desk.chat("1", "messenger")
    case = await a_case("messenger")
    await decide(case)
    await becomes(State.FAILED)
    await Chat.reach(Address("messenger", "1"), False)
    await chased(NOW)
    for _ in range(2):
        await chat.says("/theodoi")
    assert await letter_of(case) is State.QUEUED
    letters = await Outgoing.filter(about=case.id, matter=Matter.DECISION, state=State.QUEUED)
    assert len(letters) == 1
    await becomes(State.SENT)
    assert await stops(case)


async def test_nobody_is_written_to_at_night_but_of_a_decision_on_its_last_day(database: Database) -> None:
    """Everything else waits until 08:00, tasks of staff too."""
    question, decision = await a_case("messenger"), await a_case("messenger", user="2")
    late = at("2026-10-19T21:00").astimezone(UTC)  # the cases are promised for this Monday
    await write(question, now=late)
    for case in (decision, await a_case("messenger", user="3", second=None)):
        await opens(case, Kind.EMAIL, SECOND)
        await decide(case, late)
    await becomes(State.FAILED)
    await chased(late)
    assert len(await told_elsewhere(decision)) == 1
    assert len(await staff_messages()) == 1
    told = await Watch(_seen=await last()).hourly(late, at("2026-10-21T00:00"), "chase")
    assert list(told) == ["Tue 20/10 08:00"]
    assert len(await told_elsewhere(question)) == 1


async def test_after_a_standstill_each_case_is_written_to_once(database: Database) -> None:
    """Three days later one message speaks of all that waits."""
    cases = [await a_case("messenger", user=str(number)) for number in range(25)]
    for case in cases:
        await write(case, Matter.DATE)
        await write(case, Matter.QUESTION)
    await becomes(State.FAILED)
    watch = Watch()
    for hours in (72, 73):
        await chased(NOW + hours * HOUR, watch)
    assert [len(await told_elsewhere(case)) for case in cases] == [1] * 25


async def test_nothing_is_owed_of_a_case_that_is_over(database: Database) -> None:
    """Who took the complaint back is left alone."""
    case = await a_case("messenger")
    await write(case)
    await becomes(State.FAILED)
    await run_tx(lambda: case.withdraw(NOW))
    await chased(NOW)
    assert await told_elsewhere(case) == []
    assert await not_arrived(await fresh(case)) == []


async def test_two_workers_at_once_write_once(database: Database) -> None:
    """To customers and to staff."""
    for number in range(15):
        await write(await a_case("messenger", user=str(number), second=SECOND if number % 2 else None))
    await becomes(State.FAILED)
    told: list[Notice] = []

    async def tell(notice: Notice, now: datetime, wall: datetime) -> None:
        told.append(notice)

    reach = Watch().reach
    counts = await asyncio.gather(*(chase(SHOP, tell, reach, NOW, NOW) for _ in range(3)))
    assert sum(counts) == 15
    assert sum(type(one).__name__ == "ToContact" for one in told) == 7
    entries = await CaseEntry.filter(kind__in=[Entry.POINTED, Entry.UNREACHED])
    assert len({entry.case_id for entry in entries}) == len(entries) == 15


async def test_a_case_that_opens_no_more_holds_up_nobody(database: Database) -> None:
    """The others are written to; that it fails is said where the desk says how it is."""
    cases = [await a_case("messenger", user=str(number)) for number in range(3)]
    for case in cases:
        await write(case)
    await becomes(State.FAILED)
    await Case.filter(id=cases[0].id).update(statement=b"broken")
    watch = Watch(time=NOW)
    scheduler = watch.scheduler(["chase"])
    for _ in range(2):
        await scheduler.run_all()
        assert [len(await told_elsewhere(case)) for case in cases] == [0, 1, 1]
    assert scheduler._failing == {"chase what did not arrive": "SealBroken"}


async def test_a_night_with_much_unread_costs_little(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for the morning anyway is not looked at case by case."""
    for number in range(5):
        await write(await a_case("messenger", user=str(number)))
    await becomes(State.FAILED)
    loaded: list[UUID] = []
    load = Case.load

    async def counted(identity: UUID) -> Case | None:
        loaded.append(identity)
        return await load(identity)

    monkeypatch.setattr(Case, "load", counted)
    await chased(at("2026-10-05T21:00").astimezone(UTC))
    assert loaded == []


async def test_a_real_mail_server_takes_it_and_it_names_nobody(database: Database) -> None:
    """From the unread message to the mailbox, through the sender."""
    case, box = await a_case(), Mailbox()
    await write(case)
    await becomes(State.SENT)
    await chased(NOW + 2 * HOUR)
    async with mail_server(box) as port, sending(mailer(port)):
        await eventually(settled)
    [taken] = box.taken
    assert taken.rcpt_tos == [SECOND]
    assert isinstance(taken.content, bytes)
    mail = message_from_bytes(taken.content, policy=policy.default).get_content()
    assert case.code in mail
    assert not any(secret in mail for secret in (CANARY, WORDS, "Thu Hà", "0900000002", "Bích Ngọc"))
    await chased(NOW + 3 * HOUR)
    assert (len(await told_elsewhere(case)), await staff_messages()) == (1, [])
