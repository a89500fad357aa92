"""Làm thay người khác, as transcripts."""

from __future__ import annotations

import pytest

from chatbot.messages import FileRef
from handlers.representative import REPRESENTED
from models.chat import Chat
from models.event import Event, Tag
from models.wish import For, Want, Wish
from tests.cases import staff_messages
from tests.chat import CustomerChat, Desk
from tests.conftest import Database
from tests.people import PHONE, put_on_file

PAPER = FileRef("handle-1", "giay khai sinh.jpg", "image/jpeg", 1000)
WORDS = "Tôi là mẹ của bé Trần Gia Bảo, muốn xoá thông tin của bé."


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk()


async def tells(chat: CustomerChat, whom: str = "child", want: str = "erase") -> list[str]:
    """The whole of it, up to the papers."""
    await chat.says("/daidien")
    await chat.presses(f"representative.whom.choice.{whom}")
    await chat.presses(f"representative.want.choice.{want}")
    await chat.says(WORDS)
    return await chat.says("0900000009, buổi tối")


async def test_who_acts_for_a_child_is_led_to_a_person(desk: Desk) -> None:
    """With words, a way to be reached and papers; nobody has to prove a contact, and no record is shown."""
    await put_on_file(desk.time.now())
    chat = desk.chat()
    assert await chat.says("/xemdulieu") == ["menu.notice", "engine.must_prove", "identity.way.ask"]
    assert await chat.presses("identity.way.choice.acting") == ["representative.whom.ask"]
    assert await chat.presses("representative.whom.choice.child") == ["representative.want.ask"]
    assert await chat.presses("representative.want.choice.erase") == ["representative.about.ask"]
    assert await chat.says("xoá") == ["answer.text.too_short", "representative.about.ask"]
    assert await chat.says(WORDS) == ["representative.reach.ask"]
    assert await chat.says("0900000009") == ["representative.recorded", "representative.files.ask"]
    assert await chat.sends(PAPER, text="khai sinh") == [
        "representative.kept",
        "representative.files.ask",
    ]
    assert await chat.presses("representative.files.choice.done") == ["representative.noted"]
    stored, wish = await Chat.find(chat.address), await Wish.get()
    assert stored
    words = wish.opened(stored)
    assert (wish.for_whom, words.want) == (For.CHILD, Want.ERASE)
    assert (words.texts, words.files) == ((WORDS, "0900000009", "khai sinh"), (PAPER,))
    assert await staff_messages() == ["[representative.wanted]"]
    assert (await Event.get(tag=Tag.PERSON_WANTED)).detail == "child"
    assert WORDS.encode() not in bytes(wish.words or b"")


@pytest.mark.parametrize("whom", ["child", "authorised", "died"])
@pytest.mark.parametrize("want", list(Want))
async def test_for_whom_and_what_is_kept(desk: Desk, whom: str, want: Want) -> None:
    """Each as it was chosen."""
    chat = desk.chat()
    assert await tells(chat, whom, want) == ["representative.recorded", "representative.files.ask"]
    stored = await Chat.find(chat.address)
    assert stored
    wish = await Wish.get()
    assert (wish.for_whom.value, wish.opened(stored).want) == (whom, want)


async def test_it_is_no_wish_of_ones_own(desk: Desk) -> None:
    """Who then asks for a person for themself makes another wish, and gets its own answer."""
    chat = desk.chat()
    await tells(chat)
    await chat.says("nhân viên")
    await chat.says("Chuyện của tôi")
    own = await Wish.get(for_whom=For.SELF)
    stored = await Chat.find(chat.address)
    assert stored
    assert own.opened(stored).texts == ("Chuyện của tôi",)
    assert await Wish.all().count() == 2


async def test_what_was_recorded_is_not_gone_back_behind(desk: Desk) -> None:
    """Nothing is recorded a second time by going back: the papers are asked for again."""
    chat = desk.chat()
    await tells(chat)
    assert await chat.says("quay lại") == ["engine.back_at_start", "representative.files.ask"]
    await chat.says("0900000008")
    assert await Wish.all().count() == 1


async def test_one_chat_asks_so_often_a_day(desk: Desk) -> None:
    """Then it is said to whom to write."""
    chat = desk.chat()
    for _ in range(REPRESENTED.most):
        assert (await tells(chat))[0] == "representative.recorded"
        await chat.presses("representative.files.choice.done")
    assert await tells(chat) == ["representative.too_many"]
    assert await Wish.all().count() == REPRESENTED.most


async def test_staff_hear_of_each_kind_of_wish(desk: Desk) -> None:
    """A representative just after somebody who wants a person for themself: neither hides the other."""
    await desk.chat("1").says("nhân viên")
    await tells(desk.chat("2"))
    await tells(desk.chat("3"))
    assert await staff_messages() == ["[human.wanted]", "[representative.wanted]"]


async def test_who_holds_a_childs_telephone_is_not_its_representative(desk: Desk) -> None:
    """To have proven a contact changes nothing here."""
    await put_on_file(desk.time.now())
    chat = desk.chat()
    await chat.proves(PHONE)
    assert (await tells(chat))[0] == "representative.recorded"
    assert await Event.filter(tag=Tag.RECORD_SHOWN).count() == 0
