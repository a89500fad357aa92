"""receive(): what one message means, and that it counts once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from chatbot.intents import Guess
from chatbot.messages import Contact, FileRef
from models.chat import Chat
from models.delivery import Delivery, Fate
from models.outgoing import Outgoing, State
from models.wish import Wish
from tests.chat import CustomerChat, Desk
from tests.conftest import Database
from tests.trial import trial_desk

PHOTO = FileRef("handle-1", "anh.jpg", "image/jpeg", 1000)
MENU = ["menu.ask"]


@pytest.fixture
def desk(database: Database) -> Desk:
    return trial_desk()


@pytest.fixture
async def chat(desk: Desk) -> CustomerChat:
    """A chat that has had its first words."""
    chat = desk.chat()
    assert await chat.says("/menu") == ["menu.notice", "menu.ask"]
    return chat


async def test_a_delivery_that_comes_twice_is_one_message(desk: Desk, chat: CustomerChat) -> None:
    """The second time, also after a restart, changes nothing and says nothing."""
    await chat.says("/trial")
    message = chat.message(text="Một tiêu đề")
    assert await chat.delivers(message) == ["trial.pick.ask"]
    assert await chat.delivers(message) == []
    assert await chat.presses("trial.pick.choice.on") == ["trial.note.ask"]


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_delivery_that_comes_twice_at_once_is_one_message(
    desk: Desk, chat: CustomerChat, workers: int
) -> None:
    """Ten copies at the same time, at one worker or at two, are answered once."""
    await chat.says("/trial")
    engines = [desk.engine() for _ in range(workers)]
    message = chat.message(text="Một tiêu đề")
    await asyncio.gather(*(engines[number % workers].receive(message) for number in range(10)))
    assert await chat.reads() == ["trial.pick.ask"]


async def test_two_channels_may_name_their_deliveries_alike(desk: Desk) -> None:
    """A delivery is unique within its channel only."""
    for channel in ("web", "messenger"):
        assert await desk.chat("7", channel).says("/menu") == ["menu.notice", "menu.ask"]


async def test_messages_of_one_chat_at_two_workers_are_handled_one_after_the_other(
    desk: Desk, chat: CustomerChat
) -> None:
    """Thirty notes sent at once to two workers are all kept, none overwrites another."""
    await chat.says("/nhanvien")
    engines = [desk.engine(), desk.engine()]
    messages = [chat.message(text=f"ghi chú {number}") for number in range(30)]
    await asyncio.gather(*(engines[n % 2].receive(message) for n, message in enumerate(messages)))
    stored = await Chat.find(chat.address)
    wish = await Wish.all().first()
    assert stored
    assert wish
    assert sorted(wish.opened(stored).texts) == sorted(f"ghi chú {number}" for number in range(30))
    assert (await chat.reads()).count("human.kept") == 30


async def test_chats_at_once_keep_their_own_order(desk: Desk) -> None:
    """Two hundred messages of twenty chats: each chat is answered in its order and knows only its own."""
    chats = [desk.chat(f"customer {number}") for number in range(20)]
    engine = desk.engine()

    async def talk(chat: CustomerChat, number: int) -> None:
        for _ in range(2):
            for text in ("/trial", f"tiêu đề {number}", "1", f"ghi chú {number}", "/ngonngu"):
                await engine.receive(chat.message(text=text))

    await asyncio.gather(*(talk(chat, number) for number, chat in enumerate(chats)))
    for number, chat in enumerate(chats):
        replies = await chat.replies()
        texts = [reply.text for reply in replies]
        done = [text for text in texts if "[trial.done]" in text]
        assert done == [f"[trial.done] tiêu đề {number} ghi chú {number} 0"] * 2
        asked = ["trial.title", "trial.pick", "trial.note", "trial.done", "language.pick"]
        assert [text.split("[")[-1].split("]")[0].removesuffix(".ask") for text in texts[1:]] == asked * 2


async def test_a_message_older_than_the_question_is_kept_and_not_taken_as_its_answer(
    desk: Desk, chat: CustomerChat
) -> None:
    """It is kept sealed, the customer hears so, and the question is asked again."""
    earlier = desk.time.now()
    desk.time.move(timedelta(seconds=30))
    await chat.says("/trial")
    late = chat.message(text="Câu cũ 0900000001", at=earlier)
    assert await chat.delivers(late) == ["engine.late", "trial.title.ask"]
    row = await Delivery.get(delivery=late.delivery)
    assert row.fate is Fate.LATE
    assert b"0900000001" not in bytes(row.message or b"")
    assert await row.opened() == late
    assert await chat.says("Câu mới") == ["trial.pick.ask"]


async def test_an_answer_in_the_same_second_as_the_question_is_an_answer(
    desk: Desk, chat: CustomerChat
) -> None:
    """Channels that tell whole seconds make an answer look up to a second older than it is."""
    desk.time.move(timedelta(milliseconds=900))
    await chat.says("/trial")
    assert await chat.says("Tiêu đề", at=desk.time.now().replace(microsecond=0)) == ["trial.pick.ask"]


async def test_a_late_command_is_still_done(desk: Desk, chat: CustomerChat) -> None:
    """It asks for something of its own, whatever question is open."""
    earlier = desk.time.now()
    desk.time.move(timedelta(seconds=30))
    await chat.says("/trial")
    assert await chat.says("/ngonngu", at=earlier) == ["language.pick.ask"]


async def test_an_edited_message_is_kept_and_answers_nothing(desk: Desk, chat: CustomerChat) -> None:
    """With a question open it is asked again, without one the menu is shown."""
    edited = chat.message(text="Xin chào ạ", edited=True)
    assert await chat.delivers(edited) == ["engine.edited", "menu.ask"]
    await chat.says("/trial")
    edited = chat.message(text="huỷ", edited=True)
    assert await chat.delivers(edited) == ["engine.edited", "trial.title.ask"]
    row = await Delivery.get(delivery=edited.delivery)
    assert row.fate is Fate.EDITED
    assert (await row.opened()).text == "huỷ"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/start abc", MENU),
        ("/start abc-DEF_123 nữa", MENU),
        ("/START", MENU),
        ("/help", ["help.text"]),
        ("/khongco", ["engine.not_understood", *MENU]),
        ("/", ["engine.not_understood", *MENU]),
        ("/ menu", MENU),
        ("//", ["engine.not_understood", *MENU]),
        ("/huy ngay", ["engine.nothing_to_cancel"]),
        ("/quaylai giúp tôi", ["engine.back_at_start", *MENU]),
        ("/nhanvien", ["human.recorded", "human.about.ask"]),
        ("trợ giúp", ["help.text"]),
        ("TRO  GIUP!", ["help.text"]),
        ("", ["engine.unsupported", *MENU]),
        ("   ", ["engine.unsupported", *MENU]),
        (None, ["engine.unsupported", *MENU]),
    ],
)
async def test_without_a_question_a_command_or_its_words_begin_something(
    chat: CustomerChat, text: str | None, said: list[str]
) -> None:
    """With a payload or without; what is no command is said to be none, and the menu shown."""
    assert await chat.says(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tôi muốn xem dữ liệu của tôi", ["engine.must_prove", "identity.way.ask"]),
        ("cho tôi gặp nhân viên", ["human.recorded", "human.about.ask"]),
        ("xin chào", MENU),
        ("xoá hết dữ liệu của tôi đi", ["engine.must_prove", "identity.way.ask"]),
        ("Cảm ơn shop nhiều nhé!", ["engine.thanks"]),
        ("👍🏻", ["engine.thanks"]),
        ("Bạn là người hay máy vậy?", ["engine.who", *MENU]),
        ("bong bóng hình con khủng long giá bao nhiêu", ["engine.not_understood", *MENU]),
    ],
)
async def test_without_a_question_free_text_picks_a_conversation(
    chat: CustomerChat, text: str, said: list[str]
) -> None:
    """What is not understood is said to be so."""
    assert await chat.says(text) == said


@pytest.mark.parametrize(
    ("guesses", "labels"),
    [
        ([Guess("view_data", 0.5), Guess("policy", 0.4)], ["profile", "policy", "menu"]),
        ([Guess("view_data", 0.5), Guess("served_by_none", 0.4)], ["profile", "menu"]),
        ([Guess("served_by_none", 0.5), Guess("nor_this", 0.4)], None),
        ([Guess("none", 0.5), Guess("view_data", 0.4)], None),
    ],
)
async def test_an_unsure_guess_is_offered_and_nothing_begun(
    desk: Desk, chat: CustomerChat, guesses: list[Guess], labels: list[str] | None
) -> None:
    """Of the two likeliest only what exists, beside the menu; if that is nothing, it was not understood."""
    engine = desk.engine()
    engine.world = replace(engine.world, understand=lambda text: guesses)
    await engine.receive(chat.message(text="dữ liệu hay chính sách"))
    assert await chat.reads() == (["engine.did_you_mean"] if labels else ["engine.not_understood", *MENU])
    if labels:
        shown = [button.label for button in chat.last[-1].buttons]
        assert shown == [f"[menu.choice.{label}]" for label in labels]
        assert await chat.presses("menu.choice.menu") == MENU


async def test_what_is_typed_while_a_question_is_open_may_name_another_conversation(
    chat: CustomerChat,
) -> None:
    """Where it is no answer to the question; where it is one, it is that."""
    await chat.says("/ngonngu")
    assert await chat.says("chính sách") == ["policy.choose.ask"]
    await chat.says("/trial")
    assert await chat.says("chính sách") == ["trial.pick.ask"]


async def test_a_file_that_nobody_asked_for_is_said_not_to_be_kept(chat: CustomerChat) -> None:
    """At a question and without one; with words, the words count."""
    assert await chat.sends(PHOTO) == ["engine.files_not_needed", *MENU]
    await chat.says("/trial")
    assert await chat.sends(PHOTO) == ["engine.files_not_needed", "trial.title.ask"]
    assert await chat.sends(PHOTO, text="Tiêu đề") == ["engine.files_not_needed", "trial.pick.ask"]
    assert await chat.sends(PHOTO) == ["engine.files_not_needed", "trial.pick.ask"]
    await chat.presses("trial.pick.choice.on")
    assert await chat.sends(PHOTO, text="có ảnh") == ["trial.done"]
    assert chat.last[-1].text.endswith("có ảnh 1")
    assert await chat.sends(PHOTO, text="trợ giúp") == ["engine.files_not_needed", "help.text"]


async def test_what_cannot_be_read_is_never_met_with_silence(chat: CustomerChat) -> None:
    """A sticker and a contact card nobody asked for, at a question and without one."""
    card = Contact("0900000002", own=False)
    assert await chat.delivers(chat.message(contact=card)) == ["engine.unsupported", *MENU]
    await chat.says("/trial")
    assert await chat.delivers(chat.message()) == ["answer.text.empty", "trial.title.ask"]
    assert await chat.delivers(chat.message(contact=card)) == ["answer.text.empty", "trial.title.ask"]
    await chat.says("Tiêu đề")
    assert await chat.delivers(chat.message()) == ["answer.choice.invalid", "trial.pick.ask"]


async def test_the_language_is_the_devices_at_first_and_then_the_customers(desk: Desk) -> None:
    """An unknown one is answered in Vietnamese; a choice holds whatever the device says later."""
    for hint, language in (
        ("en", "en"),
        ("en-GB", "en"),
        ("vi", "vi"),
        ("fr", "vi"),
        ("", "vi"),
        ("\ud800x", "vi"),
    ):
        chat = desk.chat(f"user {hint!r}", language=hint)
        await chat.says("/menu")
        stored = await Chat.find(chat.address)
        assert stored
        assert stored.language == language
    await chat.says("/ngonngu")
    assert await chat.presses("language.pick.choice.en") == ["language.changed"]
    await chat.says("/menu", language="vi")
    stored = await Chat.find(chat.address)
    assert stored
    assert stored.language == "en"


async def test_a_history_is_kept_only_where_the_channel_keeps_none(desk: Desk) -> None:
    """The customer's own words stand in it; at the question for a code, digits that may be one do not."""
    web, messenger = desk.chat("1"), desk.chat("2", "messenger")
    for chat in (web, messenger):
        await chat.says("/xacminh")
        await chat.presses("identity.way.choice.phone")
        await chat.says("0900000001")
        await chat.says("chưa thấy mã, số tôi là 0900000001")
        await chat.says("mã là 123 456 ạ")
        await chat.presses("identity.code.choice.other")
    own = await Outgoing.filter(state=State.OWN).order_by("id")
    stored = await Chat.find(web.address)
    assert stored
    words = [said.text for row in own if (said := row.opened_own(stored.key))]
    assert words == [
        "/xacminh",
        "[identity.way.choice.phone]",
        "0900000001",
        "chưa thấy mã, số tôi là 0900000001",
        "mã là •••••• ạ",
        "[identity.code.choice.other]",
    ]
