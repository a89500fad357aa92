"""Tải dữ liệu: asked for in a chat, made in the background, fetched by a link."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chatbot.texts import Texts
from models.customer import Customer
from models.event import Event
from models.package import ASKS, LIFE, Package
from tests.chat import CustomerChat
from tests.conftest import Database
from tests.packages import Packing
from tests.people import EMAIL, PHONE, put_on_file

ASKED = ["export.asked", "export.what", "export.formats", "export.link_life"]


@pytest.fixture
async def packing(database: Database, tmp_path: Path) -> Packing:
    """A desk with one customer on file."""
    packing = Packing(tmp_path)
    await put_on_file(packing.desk.time.now())
    return packing


async def _shares(chat: CustomerChat) -> None:
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.share")
    await chat.shares(PHONE)


async def test_it_is_asked_for_made_and_told(packing: Packing) -> None:
    """First what is in it, in which formats and for how long; then, in the same chat, a one-time link."""
    chat = packing.desk.chat(channel="messenger")
    await _shares(chat)
    assert await chat.says("/taidulieu") == ASKED
    assert await packing.run() == 1
    [reply] = await chat.replies()
    assert reply.text == "[export.ready]"
    assert reply.link
    assert reply.link.label == "[export.link]"
    assert reply.link.url.startswith("https://desk.example.vn/copy?lang=vi#")
    assert [event.tag for event in await Event.filter(tag__startswith="package.").order_by("id")] == [
        "package.asked",
        "package.ready",
    ]


async def test_plain_words_ask_for_it_too(packing: Packing) -> None:
    """Also before anything is proven: the wish is carried out after the proof."""
    chat = packing.desk.chat(channel="messenger")
    said = await chat.says("gửi cho tôi bản sao dữ liệu của tôi")
    assert "engine.must_prove" in said
    await chat.presses("identity.way.choice.share")
    assert (await chat.shares(PHONE))[-4:] == ASKED


async def test_it_says_what_is_in_it_and_until_when(packing: Packing) -> None:
    """In words: the formats, the 24 hours, and in the end the very hour."""
    packing.desk.texts = Texts
    chat = packing.desk.chat(channel="messenger")
    for text in ("/xacminh", "1"):
        await chat.says(text)
    await chat.shares(PHONE)
    await chat.says("/taidulieu")
    said = chat.last[-1].text
    for words in (
        "Partyshop.vn đang chuẩn bị",
        "PDF",
        "CSV",
        "JSON",
        "trong 1 ngày",
        "người khác không có trong gói",
    ):
        assert words in said
    await packing.run()
    [reply] = await chat.replies()
    assert "đến 09:00 ngày 26/11/2026" in reply.text


async def test_our_own_chat_needs_no_public_address(packing: Packing) -> None:
    """The link leads to the very server that the chat is on; it is hidden again when the proof ends."""
    packing.desk.page = None
    chat = packing.desk.chat()
    await chat.proves(PHONE)
    assert await chat.says("/taidulieu") == ASKED
    await packing.run()
    token = await packing.link(chat)
    assert (await packing.opened(token)).data["record"]["email"] == EMAIL


async def test_without_a_public_address_another_way_is_named(packing: Packing) -> None:
    """A messenger could not show the page: nothing is made."""
    packing.desk.page = None
    chat = packing.desk.chat(channel="messenger")
    await _shares(chat)
    assert await chat.says("/taidulieu") == ["export.no_page"]
    assert await Package.all().count() == 0


async def test_one_that_is_being_made_is_not_made_twice(packing: Packing) -> None:
    """Asking again while it is made says so; asking later makes a new one, and the first link is dead."""
    chat = packing.desk.chat(channel="messenger")
    await _shares(chat)
    await chat.says("/taidulieu")
    assert await chat.says("/taidulieu") == ["export.being_made"]
    assert await packing.run() == 1
    first = await packing.link(chat)
    packing.desk.time.move(timedelta(minutes=1))
    assert await chat.says("/taidulieu") == ASKED
    assert await packing.run() == 1
    second = await packing.link(chat)
    with pytest.raises(AssertionError):
        await packing.opened(first)
    await packing.opened(second)


async def test_it_may_be_asked_for_so_often_a_day(packing: Packing) -> None:
    """Then it is said how to get it otherwise; after a day it goes again."""
    chat = packing.desk.chat(channel="messenger")
    await _shares(chat)
    for _ in range(ASKS.most):
        assert await chat.says("/taidulieu") == ASKED
        await packing.run()
        await chat.reads()
    assert await chat.says("/taidulieu") == ["export.often"]
    packing.desk.time.move(LIFE)
    await _shares(chat)
    assert await chat.says("/taidulieu") == ASKED


async def test_who_leaves_takes_the_link_back(packing: Packing) -> None:
    """What was asked for is not made any more, and what was made cannot be fetched."""
    chat = packing.desk.chat(channel="messenger")
    await _shares(chat)
    await chat.says("/taidulieu")
    await packing.run()
    token = await packing.link(chat)
    await chat.says("/thoat")
    with pytest.raises(AssertionError):
        await packing.opened(token)
    await _shares(chat)
    await chat.says("/taidulieu")
    await chat.says("/thoat")
    assert await packing.run() == 0
    assert await packing.remove() == 2
    assert packing.on_disk() == []


async def test_a_record_that_is_gone_is_said_to_be_gone(packing: Packing) -> None:
    """Also where it goes between asking and making: nothing is made, and nothing stays."""
    chat = packing.desk.chat(channel="messenger")
    await _shares(chat)
    await chat.says("/taidulieu")
    await Customer.all().delete()
    await packing.run()
    assert await chat.reads() == []
    assert await packing.remove() == 1
    assert packing.on_disk() == []
