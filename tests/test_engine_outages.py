"""The database is gone for a moment, or the task is cancelled: stored whole or not at all."""

from __future__ import annotations

import asyncio
import sqlite3

import asyncpg
import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError

from chatbot.answers import Choice
from chatbot.conversation import Conversation, Done, Turn
from chatbot.messages import Busy
from models.chat import Chat
from models.database import CONNECTION, connect, disconnect
from models.delivery import Delivery, Fate
from tests.chat import CustomerChat, Desk
from tests.conftest import Database
from tests.trial import Draft, Fault, Pick, make_trial, trial_desk

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


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


@pytest.mark.parametrize(
    "outage",
    [
        asyncpg.DeadlockDetectedError("x"),
        asyncpg.SerializationError("x"),
        asyncpg.DiskFullError("x"),
        asyncpg.TooManyConnectionsError("x"),
        asyncpg.AdminShutdownError("x"),
        asyncpg.ConnectionDoesNotExistError("x"),
        asyncpg.InvalidPasswordError("x"),
        asyncpg.InterfaceError("x"),
        ConnectionResetError("x"),
        TimeoutError("x"),
        OperationalError(sqlite3.OperationalError("database or disk is full")),
        OperationalError(sqlite3.OperationalError("disk I/O error")),
        OperationalError(sqlite3.OperationalError("database is locked")),
        sqlite3.DatabaseError("database disk image is malformed"),
    ],
    ids=lambda error: f"{type(error).__name__}: {error}",
)
async def test_a_database_at_fault_stores_nothing_and_says_so_to_the_channel(
    chat: CustomerChat, fault: Fault, outage: Exception
) -> None:
    """Busy, and the same delivery is taken when it comes again."""
    fault.after = lambda: outage
    message = chat.message(text="1")
    with pytest.raises(Busy) as raised:
        await chat.delivers(message)
    assert raised.value.__suppress_context__
    assert not await Delivery.filter(delivery=message.delivery).exists()
    assert await chat.reads() == []
    fault.after = None
    assert await chat.delivers(message) == ["trial.note.ask"]


async def test_a_cancelled_receive_is_stored_whole_or_not_at_all(desk: Desk) -> None:
    """Cancelled at any point: delivered again it is answered exactly once, and the engine goes on."""
    chat = desk.chat()
    await chat.says("/trial")
    await chat.says("Tiêu đề")
    fates = set()
    for steps in range(0, 120, 3):
        woken: list[bool] = []
        engine = desk.engine()
        engine._committed = lambda woken=woken: woken.append(True)  # type: ignore[misc]
        message = chat.message(text="2")
        task = asyncio.create_task(engine.receive(message))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        cancelled = isinstance(
            (await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError
        )
        stored = await Delivery.filter(delivery=message.delivery).exists()
        assert not stored or woken, "stored, and nobody was told to send the answer"
        said = await chat.reads()
        assert said == (["trial.pick.ask"] if stored else [])
        assert [*said, *await chat.delivers(message)] == ["trial.pick.ask"]
        fates.add((cancelled, stored))
    assert {(True, False), (True, True)} <= fates


@on_postgres
async def test_a_database_that_goes_away_loses_nothing(database: Database, desk: Desk) -> None:
    """Every connection is cut while messages come in: those that were refused are taken when sent again."""
    chats = [desk.chat(f"customer {number}") for number in range(10)]
    engine = desk.engine()
    refused = 0

    async def until_taken(chat: CustomerChat, text: str) -> None:
        nonlocal refused
        message = chat.message(text=text)
        for _ in range(50):
            try:
                return await engine.receive(message)
            except Busy:
                refused += 1
                await asyncio.sleep(0.02)
        raise AssertionError("refused fifty times")

    async def talk(chat: CustomerChat) -> None:
        for text in ("/trial", "Tiêu đề", *["2"] * 12):
            await until_taken(chat, text)

    async def cut() -> None:
        outside = await asyncpg.connect(database.url)
        for _ in range(4):
            await asyncio.sleep(0.1)
            await outside.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await outside.close()

    await asyncio.gather(cut(), *(talk(chat) for chat in chats))
    assert refused
    for chat in chats:
        assert await chat.reads() == ["menu.notice", "trial.title.ask", *["trial.pick.ask"] * 13]
    assert await Delivery.filter(fate=Fate.FAILED).count() == 0


@on_postgres
async def test_a_deadlock_is_tried_again_and_both_messages_are_taken(database: Database) -> None:
    """Two chats that each want the other's row: the database ends one of the two transactions."""
    both = asyncio.Barrier(2)
    tries: list[str] = []
    crossing = Conversation("trialcross", Draft, commands=("trialcross",))

    @crossing.step(Choice(Pick))
    async def cross(turn: Turn[Draft], picked: Pick) -> Done:
        tries.append(turn.message.delivery)
        if len(tries) <= 2:
            await both.wait()
        for identity in await Chat.all().values_list("id", flat=True):
            await Chat.hold_by_id(identity)  # type: ignore[arg-type]
        return Done("done")

    desk = trial_desk(crossing)
    chats = [desk.chat("1"), desk.chat("2")]
    for chat in chats:
        await chat.says("/trialcross")
    await asyncio.gather(*(desk.engine().receive(chat.message(text="1")) for chat in chats))
    assert len(tries) == 3
    assert [await chat.reads() for chat in chats] == [["trialcross.done"]] * 2


@on_sqlite
async def test_a_write_lock_held_by_another_process_is_an_outage(database: Database, desk: Desk) -> None:
    """Past the time that SQLite waits for it the message is refused, and taken afterwards."""
    await disconnect()
    await connect(f"{database.url}?busy_timeout=50")
    chat = desk.chat()
    await chat.says("/trial")
    other = sqlite3.connect(database.url.removeprefix("sqlite://"))
    other.execute("BEGIN IMMEDIATE")
    message = chat.message(text="Tiêu đề")
    for _ in range(3):
        with pytest.raises(Busy):
            await chat.delivers(message)
    other.rollback()
    other.close()
    assert await chat.delivers(message) == ["trial.pick.ask"]


@on_sqlite
async def test_a_full_disk_is_an_outage(chat: CustomerChat) -> None:
    """Nothing is stored while there is no room, all goes on when there is."""
    connection = get_connection(CONNECTION)
    pages = (await connection.execute_query_dict("PRAGMA page_count"))[0]["page_count"]
    await connection.execute_query_dict(f"PRAGMA max_page_count = {pages}")
    await chat.says("2")

    async def until_full() -> None:
        for _ in range(100):
            await chat.says("2")

    with pytest.raises(Busy):
        await until_full()
    refused = chat.message(text="1")
    with pytest.raises(Busy):
        await chat.delivers(refused)
    await connection.execute_query_dict("PRAGMA max_page_count = 1000000")
    assert await chat.delivers(refused) == ["trial.note.ask"]
