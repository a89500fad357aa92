"""Gặp nhân viên: the wish for a person is recorded, with what it is about."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from chatbot.messages import FileRef, Reply
from chatbot.texts import Texts
from models.chat import Chat
from models.database import run_tx
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey
from models.outgoing import STAFF, Outgoing, State
from models.sending import claim
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


async def test_after_the_first_words_the_question_is_short(database: Database) -> None:
    """People send one short message after another; asked for anew, it is said at length again."""
    desk = Desk(texts=Texts)
    chat = desk.chat()
    await chat.says("/nhanvien")
    assert "về việc gì?" in chat.last[-1].text
    for words in ("alo", "đơn hàng của tôi bị trễ"):
        await chat.says(words)
        assert chat.last[-1].text.endswith("Quý khách có thể viết hoặc gửi tiếp; xong thì chọn “Xong”.")
        assert "về việc gì?" not in chat.last[-1].text
    assert "đã được chuyển" in (await said(chat, "xong rồi ạ"))
    await chat.says("/nhanvien")
    assert "về việc gì?" in chat.last[-1].text


async def said(chat: CustomerChat, words: str) -> str:
    """The last message in answer to words."""
    await chat.says(words)
    return chat.last[-1].text


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


async def told_to_staff() -> list[str]:
    """What is written for staff of those who wait."""
    key = await SubjectKey.of(SYSTEM)
    rows = await Outgoing.filter(outlet=STAFF).order_by("id")
    return [reply.text for row in rows if (reply := row.opened(key))]


async def test_a_flood_of_wishes_is_one_notice(database: Database) -> None:
    """While it waits, and for ten minutes after; then the next says how many wait. All wishes are kept."""
    desk = Desk(texts=Texts)
    users = map(str, count())

    async def flood() -> None:
        for _ in range(20):
            await desk.chat(next(users)).says("nhân viên")

    await flood()
    desk.time.move(timedelta(hours=1))
    await flood()
    assert len(await told_to_staff()) == 1, "the first has not gone out yet"
    await Outgoing.filter(outlet=STAFF).update(state=State.SENT)
    await flood()
    assert [words.split(".")[0] for words in await told_to_staff()] == [
        "Khách đang chờ gặp nhân viên: 1",
        "Khách đang chờ gặp nhân viên: 41",
    ]
    await Outgoing.filter(outlet=STAFF).update(state=State.SENT)
    desk.time.move(timedelta(minutes=9))
    await flood()
    assert len(await told_to_staff()) == 2, "ten minutes are not over"
    assert await Wish.all().count() == 80


async def test_a_warning_does_not_wait_behind_the_wishes(chat: CustomerChat, desk: Desk) -> None:
    """What staff must hear in time has a lane of its own."""
    await chat.says("nhân viên")
    await run_tx(lambda: Outgoing.to_staff(Reply("a deadline"), desk.time.now()))
    rows = await claim([STAFF], 10, desk.time.now(), desk.time.now())
    assert len(rows) == 2


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


@pytest.mark.parametrize("command", ["nhân viên", "/daidien"])
async def test_what_is_written_after_an_answer_is_a_reply_to_it(desk: Desk, command: str) -> None:
    """It is kept, the wish waits again with all its words, and staff hear of it."""
    chat = desk.chat()
    await chat.says(command)
    if command == "/daidien":
        await chat.presses("representative.whom.choice.child")
        await chat.presses("representative.want.choice.erase")
        await chat.says("Tôi là mẹ của bé, muốn xoá thông tin.")
        await chat.says("buổi tối")
    wish = await Wish.get()
    assert await run_tx(lambda: wish.answer(desk.time.now()))
    desk.time.move(timedelta(minutes=11))
    assert (await chat.says("Tôi gọi lại lúc 8 giờ tối nhé"))[0].endswith(".kept")
    assert (await wished(chat)).texts[-1] == "Tôi gọi lại lúc 8 giờ tối nhé"
    [again] = await Wish.waiting(5)
    assert (again.id, again.wished_at) == (wish.id, desk.time.now())
    assert await Outgoing.filter(outlet=STAFF).count() == 1  # the first still waits to be sent
    assert await Event.filter(tag=Tag.PERSON_WANTED).count() == 2
