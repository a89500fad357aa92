"""What becomes of a message: sent, tried again, failed, or unknown; and of its words."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from chatbot.channels import Blocked, Later, Moved, Refused, Unsure
from chatbot.messages import Address, Reply
from models import Chat, Outgoing, SubjectKey
from models.database import run_tx
from models.outgoing import Purpose, State
from tests.conftest import Database
from tests.outbox import (
    HOUR,
    Line,
    eventually,
    has_sent,
    has_tried,
    is_busy,
    kill_while_sending,
    only,
    queue,
    queue_contact,
    sending,
    settled,
    shorten_waits,
    wall,
)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits longer than it must."""
    shorten_waits(monkeypatch)


# -- what becomes of a message -----------------------------------------------------------------------


async def test_a_sent_message_is_marked_with_its_outside_id(database: Database) -> None:
    """Settled, with no time held and its words still there for the history."""
    line = Line()
    await queue("me", "hello")
    async with sending(line):
        await eventually(settled)
    row = await only()
    assert (row.state, row.outside_id, row.held_until, row.attempts) == (State.SENT, "id1", None, 0)
    assert row.settled_at is not None
    assert row.payload is not None
    assert line.refs == [row.ref]


async def test_an_error_of_the_moment_is_tried_again_after_a_growing_wait(database: Database) -> None:
    """The attempts are counted and the reason kept."""
    line = Line()
    line.plan["me"] = [Later("busy"), Later("busy")]
    await queue("me", "hello")
    async with sending(line):
        await eventually(settled)
    row = await only()
    assert (row.state, row.attempts, len(line.tried)) == (State.SENT, 2, 3)


async def test_a_bug_of_an_outlet_only_delays_its_message(database: Database) -> None:
    """It is tried again, and of the error only its type is kept."""
    line = Line()
    line.plan["me"] = [ValueError("secret words")]
    await queue("me", "hello", "again")
    async with sending(line):
        await eventually(lambda: has_sent(line, 2))
        await eventually(settled)
    assert line.texts("me") == ["hello", "again"]
    assert await Outgoing.filter(reason__contains="secret").count() == 0


async def test_a_shut_chat_is_marked_and_its_queue_fails(database: Database) -> None:
    """Until the customer writes again: then their answers go out."""
    line = Line()
    line.plan["me"] = [Blocked("the chat is shut")]
    chat = await queue("me", "1", "2", "3")
    await queue("other", "x")
    async with sending(line) as sender:
        await eventually(settled)
        assert len(line.tried) == 2
        await chat.refresh_from_db()
        assert not chat.reachable
        await queue("me", "4")
        sender.wake()
        await eventually(settled)
        assert line.texts("me") == []

        async def writes() -> None:
            held = await Chat.hold(Address("chat", "me"), "vi", wall())
            await held.keep(None, None, None, None, None, wall())
            await Outgoing.to_chat(held, [Reply("5")], wall())

        await run_tx(writes)
        sender.wake()
        await eventually(settled)
    assert line.texts("me") == ["5"]
    assert await Outgoing.filter(state=State.FAILED).count() == 4


async def test_a_refused_message_fails_alone(database: Database) -> None:
    """The lane goes on with the next."""
    line = Line()
    line.plan["me"] = [Refused("too long")]
    await queue("me", "1", "2")
    async with sending(line):
        await eventually(settled)
    assert line.texts("me") == ["2"]
    assert (await Outgoing.get(state=State.FAILED)).reason == "too long"


async def test_a_chat_that_moved_is_followed_at_once(database: Database) -> None:
    """The same message goes to the new address, and so does all that follows."""
    line = Line()
    line.plan["old"] = [Moved(Address("chat", "new"))]
    chat = await queue("old", "1", "2")
    async with sending(line):
        await eventually(settled)
    assert (line.texts("old"), line.texts("new")) == ([], ["1", "2"])
    found = await Chat.find(Address("chat", "new"))
    assert found is not None
    assert (found.id, found.address.user) == (chat.id, "new")


async def test_a_chat_that_moved_to_a_known_chat_is_given_up(database: Database) -> None:
    """The other one is served for itself; nothing is merged and nothing spins."""
    line = Line()
    line.plan["old"] = [Moved(Address("chat", "new"))]
    await queue("old", "1", "2")
    await queue("new", "x")
    async with sending(line):
        await eventually(settled)
    assert line.texts("new") == ["x"]
    assert len(line.tried) == 2
    assert await Outgoing.filter(state=State.FAILED).count() == 2


async def test_messages_of_an_erased_subject_are_never_sent(database: Database) -> None:
    """Without its key nothing can be read; the row says so."""
    line = Line()
    await queue_contact("+84900000001", "123456")
    await SubjectKey.all().delete()
    async with sending(Line("sms")):
        await eventually(settled)
    assert line.tried == []
    assert (await only()).state is State.FAILED


async def test_a_channel_that_is_not_configured_is_left_alone(database: Database) -> None:
    """Its messages stay queued for a process that has it."""
    await queue("me", "hello", channel="elsewhere")
    async with sending(Line()):
        await asyncio.sleep(0.2)
    assert (await only()).state is State.QUEUED


async def test_a_notice_to_staff_goes_to_the_staff_outlet(database: Database) -> None:
    """Under the name that the app gave it."""

    async def work() -> None:
        await Outgoing.to_staff(Reply("a case waits"), wall())

    await run_tx(work)
    line = Line("staff")
    async with sending(line):
        await eventually(settled)
    assert [text for _, text, _ in line.sent] == ["a case waits"]


# -- in doubt ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "language", "texts"),
    [
        (Purpose.ANSWER, "vi", ["hello", "hello"]),
        (Purpose.NOTICE, "vi", ["hello", "(gửi lại) hello"]),
        (Purpose.NOTICE, "en", ["hello", "(sent again) hello"]),
    ],
)
async def test_what_may_have_arrived_is_sent_again(
    database: Database, purpose: Purpose, language: str, texts: list[str]
) -> None:
    """An answer as it is, a notice with a word that it is sent again."""
    line = Line()
    line.plan["me"] = [Unsure("timed out")]
    await queue("me", "hello", purpose=purpose, language=language)
    async with sending(line):
        await eventually(settled)
    assert [text for _, text in line.tried] == texts
    row = await only()
    assert (row.state, row.doubts) == (State.SENT, 1)


@pytest.mark.parametrize("purpose", [Purpose.ANSWER, Purpose.NOTICE])
async def test_after_three_doubts_it_is_left_unknown(
    database: Database, monkeypatch: pytest.MonkeyPatch, purpose: Purpose
) -> None:
    """Nobody gets the same words for ever; the lane goes on."""
    monkeypatch.setattr("chatbot.outcome.LONGEST_WAIT", 0.05)
    line = Line()
    line.plan["me"] = [Unsure("?")] * 3
    await queue("me", "1", purpose=purpose)
    await queue("me", "2")
    async with sending(line):
        await eventually(settled)
    assert len(line.tried) == 4
    assert (await Outgoing.get(state=State.UNKNOWN)).doubts == 3
    assert line.texts("me") == ["2"]


async def test_a_code_in_doubt_is_never_sent_twice_and_wiped(database: Database) -> None:
    """The customer asks for a new one."""
    line = Line("sms")
    line.plan["+84900000001"] = [Unsure("timed out")]
    await queue_contact("+84900000001", "123456")
    async with sending(line):
        await eventually(settled)
    row = await only()
    assert (row.state, row.payload, row.target, len(line.tried)) == (State.UNKNOWN, None, None, 1)


async def test_killed_between_sending_and_marking_an_answer_is_sent_again(database: Database) -> None:
    """Once the time of the process that had it is over; not before."""
    line = Line()
    await queue("me", "hello")
    await kill_while_sending(age=timedelta(seconds=-0.8))
    async with sending(line):
        await asyncio.sleep(0.3)
        assert line.tried == []
        await eventually(settled)
    assert line.texts("me") == ["hello"]
    assert (await only()).doubts == 1


async def test_killed_between_sending_and_marking_a_code_is_left_unknown(database: Database) -> None:
    """It may have arrived, so it is wiped, not sent again."""
    line = Line("sms")
    await queue_contact("+84900000001", "123456")
    await kill_while_sending()
    async with sending(line):
        await eventually(settled)
    row = await only()
    assert (row.state, row.payload, row.target, line.tried) == (State.UNKNOWN, None, None, [])


async def test_a_row_that_another_process_took_over_is_not_marked_by_the_first(database: Database) -> None:
    """Whoever holds the row decides what became of it."""
    line = Line(delay=0.3)
    await queue("me", "hello")
    async with sending(line):
        await eventually(lambda: is_busy(line))
        await Outgoing.all().update(held_until=wall() + HOUR)
        await eventually(lambda: has_sent(line, 1))
        await asyncio.sleep(0.1)
        assert (await only()).state is State.SENDING


# -- codes -------------------------------------------------------------------------------------------


async def test_a_code_is_wiped_as_soon_as_it_is_sent(database: Database) -> None:
    """Neither number nor code stays in the database."""
    line = Line("sms")
    await queue_contact("+84900000001", "123456")
    async with sending(line):
        await eventually(settled)
    row = await only()
    assert line.texts("+84900000001") == ["123456"]
    assert (row.state, row.payload, row.target) == (State.SENT, None, None)


async def test_a_decoy_looks_the_same_and_is_never_sent(database: Database) -> None:
    """In the database nothing tells it from a code that went out but its flag and the outside's id."""
    line = Line("sms")
    await queue_contact("+84900000001", "123456", decoy=True)
    async with sending(line):
        await eventually(settled)
    row = await only()
    assert line.tried == []
    assert (row.state, row.payload, row.target, row.settled_at is not None) == (State.SENT, None, None, True)


async def test_a_code_that_is_too_old_is_not_sent(database: Database) -> None:
    """After five minutes it could not be used any more."""
    line = Line("sms")
    await queue_contact("+84900000001", "123456")
    async with sending(line, wall=lambda: wall() + timedelta(minutes=5)):
        await eventually(settled)
    row = await only()
    assert (row.state, row.payload, row.target, line.tried) == (State.FAILED, None, None, [])


@pytest.mark.parametrize(
    ("age", "state"), [(timedelta(hours=23), State.QUEUED), (timedelta(hours=24), State.FAILED)]
)
async def test_after_a_day_of_failures_a_message_is_given_up(
    database: Database, age: timedelta, state: State
) -> None:
    """It is tried once more even after a long stop, and then fails with the reason."""
    line = Line()
    line.plan["me"] = [Later("busy")] * 9
    await queue("me", "hello")
    async with sending(line, wall=lambda: wall() + age):
        await eventually(lambda: has_tried(line, 1))
    row = await only()
    assert row.state is state
    assert "busy" in (row.reason or "")
