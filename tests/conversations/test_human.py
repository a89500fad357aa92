"""Gặp nhân viên: the wish for a person is recorded, with what it is about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.messages import FileRef
from chatbot.texts import Texts
from models.chat import Chat
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey
from models.outgoing import STAFF, Outgoing
from models.wish import Wish, Words
from tests.chat import SHOP, CustomerChat, Desk
from tests.conftest import Database

PHOTO = FileRef("handle-1", "anh.jpg", "image/jpeg", 1000)
ASKED = ["human.recorded", "human.about.ask"]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk()


@pytest.fixture
async def chat(desk: Desk) -> CustomerChat:
    """A chat that has had its first words."""
    chat = desk.chat()
    await chat.says("/start")
    return chat


async def wished(chat: CustomerChat) -> Words:
    """The words of the chat's one wish."""
    stored, wish = await Chat.find(chat.address), await Wish.get()
    assert stored
    return wish.opened(stored)


async def test_the_wish_is_recorded_at_once_and_staff_are_told(chat: CustomerChat) -> None:
    """Before a word of what it is about; staff are told nothing personal."""
    assert await chat.says("nhân viên") == ASKED
    assert await wished(chat) == Words()
    assert await Event.filter(tag=Tag.PERSON_WANTED).count() == 1
    told = await Outgoing.get(outlet=STAFF)
    reply = told.opened(await SubjectKey.of(SYSTEM))
    assert reply
    assert reply.text == "[human.wanted]"


async def test_words_and_files_are_kept_in_order(chat: CustomerChat) -> None:
    """One by one and together, across restarts, sealed."""
    await chat.says("/nhanvien")
    assert await chat.says("Tôi muốn hỏi về đơn hàng") == ["human.kept", "human.about.ask"]
    assert await chat.sends(PHOTO) == ["human.kept", "human.about.ask"]
    assert await chat.sends(PHOTO, text="ảnh thứ hai") == ["human.kept", "human.about.ask"]
    assert await wished(chat) == Words(("Tôi muốn hỏi về đơn hàng", "ảnh thứ hai"), (PHOTO, PHOTO))
    assert "đơn hàng".encode() not in bytes((await Wish.get()).words or b"")
    assert await chat.presses("human.about.choice.done") == ["human.noted"]


async def test_asking_again_makes_no_second_wish(chat: CustomerChat, desk: Desk) -> None:
    """Nor tells staff twice; words that come later join the same wish, until somebody has answered it."""
    for _ in range(3):
        assert await chat.says("nhân viên") == ASKED
    await chat.says("một")
    await chat.presses("human.about.choice.done")
    await chat.says("nhân viên")
    await chat.says("hai")
    assert (await wished(chat)).texts == ("một", "hai")
    assert await Outgoing.filter(outlet=STAFF).count() == 1
    await Wish.all().update(answered_at=desk.time.now())
    await chat.says("nhân viên")
    assert await Wish.all().count() == 2


async def test_cancelling_keeps_the_wish(chat: CustomerChat) -> None:
    """It was recorded and said to be; only what it is about is left out."""
    await chat.says("nhân viên")
    assert await chat.says("huỷ") == ["engine.cancelled"]
    assert await Wish.filter(answered_at=None).count() == 1


async def test_an_hour_later_it_can_still_be_told_what_it_is_about(chat: CustomerChat, desk: Desk) -> None:
    """The question waits a day."""
    await chat.says("nhân viên")
    desk.time.move(timedelta(hours=23))
    assert (await chat.says("vẫn còn đây"))[0] == "human.kept"


async def test_the_answer_says_when_how_and_where(database: Database) -> None:
    """Office hours, e-mail and address of the shop, in both languages."""
    desk = Desk(texts=Texts)
    for language in ("vi", "en"):
        chat = desk.chat(language, language=language)
        await chat.says("staff")
        text = chat.last[-1].text
        assert SHOP.email in text
        assert SHOP.address in text
        assert "08:30" in text


async def test_a_note_that_is_too_long_is_not_cut_short(chat: CustomerChat) -> None:
    """It is refused and said why; nothing of it is kept."""
    await chat.says("nhân viên")
    assert await chat.says("x" * 4001) == ["answer.text.too_long", "human.about.ask"]
    assert await wished(chat) == Words()
