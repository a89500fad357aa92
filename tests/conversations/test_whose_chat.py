"""Whose a chat is, as its customers use it: by that an erasure goes, and a copy to take along."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.messages import Kind, Person, Proven
from models.belonging import shares_of
from models.chat import Chat
from models.customer import Customer
from models.event import Event, Tag
from models.keys import new_id
from models.proof import Proof
from tests.cases import SECOND
from tests.chat import CustomerChat, Desk, code_for
from tests.conftest import Database
from tests.conversations.filed_cases import filed
from tests.erasures import by_mail
from tests.people import EMAIL, put_on_file


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk with one customer on file."""
    desk = Desk()
    await put_on_file(desk.time.now())
    return desk


async def of(chat: CustomerChat) -> tuple[Chat, Customer]:
    """The chat, and the one record."""
    found = await Chat.find(chat.address)
    assert found
    return found, await Customer.get()


async def test_a_chat_stays_wholly_theirs_when_they_add_a_contact(desk: Desk) -> None:
    """It is no other person who proves it: all that is said before and after goes with the record."""
    chat = desk.chat()
    await chat.says("/sualienhe")
    await by_mail(chat)
    await chat.presses("contacts.choose.choice.add_email")
    await chat.says("moi@example.com")
    await chat.says(await code_for("moi@example.com"))
    assert "contacts.saved" in await chat.presses("contacts.review.choice.save")
    desk.time.move(timedelta(minutes=1))
    await chat.says("/xemdulieu")
    found, record = await of(chat)
    share = (await shares_of(record.id))[found.id]
    assert share.whole
    assert share.has(desk.time.now())


async def test_a_chat_stays_wholly_theirs_when_they_name_another_way(desk: Desk) -> None:
    """Who has a case there, and is asked how else to be reached, is no other person either."""
    chat = desk.chat()
    await chat.says("/xemdulieu")
    await by_mail(chat)
    await filed(chat, Person((Proven(new_id(), Kind.EMAIL, EMAIL),)))
    assert await names_another_way(chat)


async def test_who_names_a_way_for_a_case_of_nobody_may_be_somebody_else(desk: Desk) -> None:
    """Filed where nothing was proven any more: whose it is, nobody knows."""
    chat = desk.chat()
    await chat.says("/xemdulieu")
    await by_mail(chat)
    await filed(chat)
    assert not await names_another_way(chat)


async def names_another_way(chat: CustomerChat) -> bool:
    """Whether the chat is theirs alone after that."""
    await chat.says("/lienlacthem")
    await chat.says(SECOND)
    assert "second_way.proven" in await chat.says(await code_for(SECOND))
    found, record = await of(chat)
    return (await shares_of(record.id))[found.id].whole


async def test_who_proves_something_else_there_may_be_somebody_else(desk: Desk) -> None:
    """A contact that leads to no record: from then on the chat is shared."""
    chat = desk.chat()
    await chat.says("/xemdulieu")
    await by_mail(chat)
    await chat.says("/xacminh")
    await by_mail(chat, "khac@example.com")
    found, record = await of(chat)
    assert not (await shares_of(record.id))[found.id].whole


async def test_words_after_an_idled_proof_are_nobodys(desk: Desk) -> None:
    """Whoever writes first after a quarter of an hour may be somebody else, also where that message comes
    before the sweep that ends proofs; and the proof has ended, so that it is forgotten in its time."""
    chat = desk.chat()
    await chat.says("/xemdulieu")
    await by_mail(chat)
    desk.time.move(timedelta(minutes=16))
    await chat.says("xin chào")
    found, record = await of(chat)
    assert (await shares_of(record.id))[found.id].spans[-1][1] is not None
    assert await Event.filter(tag=Tag.PROOF_ENDED, chat=found.id).count() == 1
    assert not await Proof.filter(ended_at=None).exists()
