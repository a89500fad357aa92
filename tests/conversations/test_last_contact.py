"""What counts as contact: the year of retention (policy, section 3) runs from what the customer does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chatbot.conversation import Conversation, Done, Go, Turn
from handlers.menu import Nothing
from models.chat import Chat
from models.customer import Customer, Stage
from models.database import run_tx
from models.proof import Proof
from tests.chat import CustomerChat, Desk
from tests.conftest import Database
from tests.people import PHONE, put_on_file

MONTH = timedelta(days=31)

fails = Conversation("fails", Nothing, commands=("fails",))


@fails.opening
async def fail(turn: Turn[Nothing]) -> Go[Nothing] | Done:
    """A bug."""
    raise ZeroDivisionError


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk with one customer on file, who was in contact thirty days ago."""
    desk = Desk(more=(fails,))  # type: ignore[arg-type]
    await put_on_file(desk.time.now())
    return desk


async def last() -> datetime:
    """The last contact on file."""
    return (await Customer.get()).last_contact_at


async def opened(desk: Desk, user: str = "1") -> CustomerChat:
    """A chat in which the record was opened, a month ago and for a quarter of an hour."""
    chat = desk.chat(user, "messenger")
    await chat.proves(PHONE)
    assert await last() == desk.time.now()
    desk.time.move(MONTH)
    return chat


async def test_a_proof_is_contact_and_what_leads_to_it_is_not(desk: Desk) -> None:
    """Whoever only asks for a code, or mistypes it, has not been in contact as this customer."""
    before, chat = await last(), desk.chat()
    for said in ("/start", "/xacminh", PHONE, "000000"):
        await chat.says(said)
        assert await last() == before
    await chat.proves(PHONE)
    assert await last() == desk.time.now()


async def test_whatever_is_written_where_the_record_was_opened_is_contact(desk: Desk) -> None:
    """Also a month after the proof has idled out: words, a press, a late or an edited message, a bug."""
    chat = await opened(desk)
    for said in ("Xin chào", "/menu", "/fails"):
        await chat.says(said)
        assert await last() == desk.time.now(), said
        desk.time.move(MONTH)
    await chat.says("/menu")
    desk.time.move(MONTH)
    await chat.presses("menu.choice.policy")
    assert await last() == desk.time.now()
    desk.time.move(MONTH)
    await chat.delivers(replace(chat.message(text="sửa"), edited=True))
    assert await last() == desk.time.now()


async def test_what_is_written_to_a_person_of_the_shop_is_contact(desk: Desk) -> None:
    """The desk keeps quiet, and counts it all the same."""
    chat = await opened(desk)
    await Chat.pause(chat.address, desk.time.now() + timedelta(hours=1))
    assert await chat.says("Chị ơi") == []
    assert await last() == desk.time.now()


async def test_after_thoat_a_chat_is_nobodys(desk: Desk) -> None:
    """Nor is another chat, or a message that comes a second time."""
    chat = await opened(desk)
    message = chat.message(text="/thoat")
    await chat.delivers(message)
    left = desk.time.now()
    assert await last() == left
    desk.time.move(MONTH)
    await chat.delivers(message)
    await chat.says("Xin chào")
    await desk.chat("2").says("Xin chào")
    assert await last() == left


async def test_thoat_after_the_proof_has_idled_out_counts_too(desk: Desk) -> None:
    """It is said that nothing was open, and from then on the chat is nobody's."""
    chat = await opened(desk)
    found = await Chat.find(chat.address)
    assert found
    await run_tx(lambda: Proof.end(found, desk.time.now()))
    assert await chat.says("/thoat") == ["leave.nothing"]
    desk.time.move(MONTH)
    before = await last()
    await chat.says("Xin chào")
    assert await last() == before


async def test_contact_ends_what_was_begun(desk: Desk) -> None:
    """Whoever was told that their record goes, and writes, keeps it."""
    chat = await opened(desk)
    today = desk.time.now().date()
    await Customer.all().update(retention=Stage.TOLD_TWICE, erase_on=today)
    await chat.says("Xin chào")
    customer = await Customer.get()
    assert (customer.retention, customer.erase_on) == (Stage.KEPT, None)


async def test_a_clock_that_was_set_back_takes_no_contact_away(desk: Desk) -> None:
    """The latest counts."""
    chat = await opened(desk)
    await chat.says("Xin chào")
    latest = await last()
    desk.time.move(-MONTH)
    await chat.says("Xin chào")
    assert await last() == latest
