"""A bug in a step keeps the message, says so once, and changes nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import DoesNotExist, IntegrityError, OperationalError

from chatbot.conversation import Conversation, Done, Go, Turn
from models import desk as desks
from models.chat import Chat
from models.code import WRONG_GUESSES
from models.database import fetch
from models.delivery import Delivery, Fate
from models.event import Event, Tag
from models.keys import SubjectKey
from models.outgoing import STAFF, Outgoing
from models.tally import Tally
from models.wish import Wish
from tests.chat import CustomerChat, Desk
from tests.conftest import Database
from tests.trial import COUNTED, Draft, Fault, make_trial, trial_desk


@pytest.fixture
def fault() -> Fault:
    return Fault()


@pytest.fixture
def desk(database: Database, fault: Fault) -> Desk:
    return trial_desk(make_trial(fault=fault))


@pytest.fixture
async def chat(desk: Desk) -> CustomerChat:
    """A chat that stands at the step ``pick``."""
    chat = desk.chat()
    await chat.says("/trial")
    assert await chat.says("Tiêu đề 0900000001") == ["trial.pick.ask"]
    return chat


def a_bug() -> Exception:
    return RuntimeError("a bug")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_bug_in_a_step_keeps_the_message_and_changes_nothing_else(
    chat: CustomerChat, fault: Fault, when: str
) -> None:
    """Rolled back, one apology, the message sealed and fit to be played again, the same button still good."""
    setattr(fault, when, a_bug)
    token = chat.last[-1].buttons[0].token
    message = chat.message(press=token)
    before = await Chat.find(chat.address)
    assert await chat.delivers(message) == ["engine.failed"]
    row = await Delivery.get(delivery=message.delivery)
    after = await Chat.find(chat.address)
    assert before
    assert after
    assert row.fate is Fate.FAILED
    assert await row.opened() == message
    assert (after.state, after.step, after.expires_at) == (before.state, before.step, before.expires_at)
    assert await Event.filter(detail="trial").count() == 0
    assert await Outgoing.filter(outlet=STAFF).count() == 0
    assert await Event.filter(tag=Tag.MESSAGE_FAILED, chat=before.id).count() == 1
    assert await chat.delivers(message) == []
    fault.before = fault.after = None
    assert await chat.delivers(chat.message(press=token)) == ["trial.note.ask"]


async def test_what_was_counted_stays_counted_when_the_step_fails_after_it(
    chat: CustomerChat, desk: Desk, fault: Fault
) -> None:
    """Failing gives no guess back, and costs no more than it would have."""
    fault.before = a_bug
    await chat.says("1")
    assert not await Tally.filter(scope=WRONG_GUESSES.scope, key=COUNTED).exists()
    fault.before, fault.after = None, a_bug
    for count in (1, 2, 3):
        assert await chat.says("1") == ["engine.failed"]
        assert (await Tally.get(scope=WRONG_GUESSES.scope, key=COUNTED)).count == count
    fault.after = None
    await chat.says("1")
    assert (await Tally.get(scope=WRONG_GUESSES.scope, key=COUNTED)).count == 4


async def test_a_bug_that_meets_two_copies_at_once_apologises_once(
    chat: CustomerChat, desk: Desk, fault: Fault
) -> None:
    """Whichever worker keeps the message, the other sees that it is kept."""
    fault.after = a_bug
    message = chat.message(text="1")
    engines = [desk.engine(), desk.engine()]
    await asyncio.gather(*(engines[number % 2].receive(message) for number in range(6)))
    assert await chat.reads() == ["engine.failed"]
    assert await Delivery.filter(fate=Fate.FAILED).count() == 1


async def test_a_bug_at_the_first_message_of_a_chat_leaves_the_notice_to_the_next(desk: Desk) -> None:
    """The apology goes out; who processes what is said as soon as something works."""

    def broken(text: str) -> Any:
        raise LookupError("a bug")

    chat, engine = desk.chat("new"), desk.engine()
    engine.world = replace(engine.world, understand=broken)
    await engine.receive(chat.message(text="xin được hỏi"))
    assert await chat.reads() == ["engine.failed"]
    assert await chat.says("/menu") == ["menu.notice", "menu.ask"]


async def _twice() -> None:
    for _ in range(2):
        await desks.Desk.create(name="the same", value="x")


async def _missing() -> None:
    await Wish.get(id="00000000-0000-0000-0000-000000000001")


async def _nonsense() -> None:
    await fetch("SELECT nothing FROM nowhere")


@pytest.mark.parametrize("statement", [_twice, _missing, _nonsense])
async def test_a_wrong_statement_is_a_bug_and_not_an_outage(
    database: Database, statement: Callable[[], Any]
) -> None:
    """Taken for an outage it would be delivered again for ever, and hold up all that comes after it."""
    wrong = Conversation("trialwrong", Draft, commands=("trialwrong",))

    @wrong.opening
    async def begin(turn: Turn[Draft]) -> Go[Draft] | Done:
        await statement()
        return Done("done")

    chat = trial_desk(wrong).chat()
    assert await chat.says("/trialwrong") == ["engine.failed"]
    assert await Delivery.filter(fate=Fate.FAILED).count() == 1


@pytest.mark.parametrize(
    "bug",
    [
        IntegrityError(sqlite3.IntegrityError("UNIQUE constraint failed")),
        IntegrityError(asyncpg.UniqueViolationError("x")),
        DoesNotExist(Wish),
        OperationalError(sqlite3.OperationalError("no such column: x")),
        OperationalError(asyncpg.UndefinedColumnError("x")),
        sqlite3.ProgrammingError("Incorrect number of bindings supplied"),
        ValueError("x"),
        RecursionError("x"),
    ],
    ids=lambda error: f"{type(error).__name__}: {error}",
)
async def test_a_bug_is_not_taken_for_an_outage(chat: CustomerChat, fault: Fault, bug: Exception) -> None:
    """It is kept as failed, and the next message is answered."""
    fault.after = lambda: bug
    assert await chat.says("1") == ["engine.failed"]
    fault.after = None
    assert await chat.says("1") == ["trial.note.ask"]


async def test_a_chat_whose_key_cannot_be_opened_keeps_its_messages_under_the_systems(
    chat: CustomerChat,
) -> None:
    """Nothing can be said there any more, and nothing that is written there is lost."""
    stored = await Chat.find(chat.address)
    assert stored
    await SubjectKey.filter(id=stored.id).update(wrapped=b"\1" + bytes(60))
    message = chat.message(text="Có ai không?")
    await chat.desk.engine().receive(message)
    row = await Delivery.get(delivery=message.delivery)
    assert row.fate is Fate.FAILED
    assert await row.opened() == message
