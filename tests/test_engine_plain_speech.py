"""What is typed at an open question and is no answer to it: another wish, that no code came, small talk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatbot.answers import Code, Invalid
from chatbot.dialogue import BACK, CANCEL, PERSON
from chatbot.folding import fold
from chatbot.intents import Guess
from chatbot.messages import Address, FileRef, Inbound
from chatbot.small_talk import SmallTalk, small_talk
from chatbot.texts import Texts
from models.chat import Chat
from models.outgoing import Outgoing, State
from tests.chat import TEXTS, CustomerChat, Desk, code_for
from tests.conftest import Database
from tests.trial import trial_desk

PHOTO = FileRef("handle-1", "anh.jpg", "image/jpeg", 1000)


@pytest.fixture
def desk(database: Database) -> Desk:
    return trial_desk()


@pytest.fixture
async def chat(desk: Desk) -> CustomerChat:
    """A chat that stands at the trial's second step, a choice."""
    chat = desk.chat()
    await chat.says("/trial")
    assert await chat.says("Tiêu đề") == ["trial.pick.ask"]
    return chat


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cho tôi gặp nhân viên", ["human.recorded", "human.about.ask"]),
        ("ai được xem dữ liệu của tôi", ["policy.choose.ask"]),
        ("tôi muốn xem dữ liệu của tôi", ["engine.must_prove", "identity.way.ask"]),
        ("đổi sang tiếng anh", ["language.pick.ask"]),
        ("thôi tôi không muốn làm nữa", ["engine.cancelled"]),
        ("xoá hết dữ liệu của tôi", ["engine.must_prove", "identity.way.ask"]),
        ("bạn là người hay máy?", ["engine.who", "trial.pick.ask"]),
        ("gửi lại mã cho tôi", ["answer.choice.invalid", "trial.pick.ask"]),
        ("xin chào shop", ["answer.choice.invalid", "trial.pick.ask"]),
        ("bong bóng giá bao nhiêu", ["answer.choice.invalid", "trial.pick.ask"]),
        ("khiếu", ["answer.choice.invalid", "trial.pick.ask"]),
        ("cảm ơn", ["answer.choice.invalid", "trial.pick.ask"]),
    ],
)
async def test_what_is_no_answer_may_be_another_wish(chat: CustomerChat, text: str, said: list[str]) -> None:
    """A wish that is plain is followed; else the reason is said."""
    assert await chat.says(text) == said


async def test_an_unsure_guess_leads_nowhere(desk: Desk, chat: CustomerChat) -> None:
    """The reason is said and the question asked again."""
    engine = desk.engine()
    engine.world = replace(engine.world, understand=lambda text: [Guess("policy", engine.world.sure - 0.01)])
    await engine.receive(chat.message(text="chính sách gì"))
    assert await chat.reads() == ["answer.choice.invalid", "trial.pick.ask"]


async def test_a_wish_for_what_is_open_is_no_other(desk: Desk) -> None:
    """It would begin the same conversation anew."""
    chat = desk.chat()
    await chat.says("/ngonngu")
    assert await chat.says("đổi sang tiếng pháp") == ["answer.choice.invalid", "language.pick.ask"]


async def test_words_that_fit_are_the_answer_whatever_they_mean(desk: Desk) -> None:
    """Where words are asked for, a wish in them is not followed, nor where they are too many."""
    chat = desk.chat()
    await chat.says("/trial")
    assert await chat.says("xoá dữ liệu của tôi " * 300) == ["answer.text.too_long", "trial.title.ask"]
    assert await chat.says("xoá hết dữ liệu của tôi") == ["trial.pick.ask"]


async def test_a_file_whose_words_are_small_talk_is_kept(chat: CustomerChat) -> None:
    """Where files are asked for they count, whatever is written beside them."""
    await chat.says("1")
    assert await chat.sends(PHOTO, text="đây là ai") == ["trial.done"]


async def test_the_question_comes_again_in_the_language_that_was_chosen(desk: Desk) -> None:
    """Its words and its choices."""
    desk.texts = Texts
    chat = desk.chat()
    await chat.says("/khieunai")
    await chat.says("1")
    asked = chat.last[-1].text
    await chat.says("/ngonngu")
    await chat.says("English")
    assert asked not in chat.last[-1].text
    assert TEXTS.get("en", "engine.resumed") in chat.last[-1].text
    assert TEXTS.get("en", "complaint.details.ask") in chat.last[-1].text


# A code -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("111111", "111111"),
        ("mã là 111111", "111111"),
        ("Mã của em: 111-111 ạ.", "111111"),
        ("otp 1 1 1 1 1 1", "111111"),
        ("gửi lúc 5 giờ, mã 007001", "007001"),
        ("111111 hay 222222", "answer.code.invalid"),
        ("0900000001", "answer.code.invalid"),
        ("KN123456", "answer.code.invalid"),
        ("mã là 11111", "answer.code.invalid"),
        ("chưa nhận được mã", "answer.code.not_here"),
        ("Em không nhận được mã shop ơi", "answer.code.not_here"),
        ("I have not received it", "answer.code.not_here"),
        ("didn't get any code", "answer.code.not_here"),
        ("no code", "answer.code.not_here"),
        ("chưa nhận được mã, chỉ thấy 1234", "answer.code.invalid"),
        ("mã gì vậy", "answer.code.invalid"),
        ("", "answer.code.invalid"),
    ],
)
def test_a_code_is_found_in_a_sentence(desk: Desk, text: str, read: str) -> None:
    """One number of six digits; that none has come is heard too."""
    message = Inbound(Address("web", "1"), "1", desk.time.now(), text=text)
    found = Code().read(message)
    assert (found.key if isinstance(found, Invalid) else found) == read


async def test_whoever_types_the_code_in_a_sentence_is_proven(desk: Desk) -> None:
    """And what they wrote stands in their history without it."""
    chat = desk.chat()
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.email")
    await chat.says("khach@example.vn")
    assert await chat.says("chưa nhận được mã") == ["answer.code.not_here", "identity.code.ask"]
    code = await code_for("khach@example.vn")
    assert await chat.says(f"mã là {code[:3]}  {code[3:]}") == ["identity.proven", "identity.nothing_held"]
    assert await heard_last(chat) == "mã là ••••••"


async def test_the_history_shows_what_the_pressed_button_said(chat: CustomerChat) -> None:
    """The one that goes on bears no name of a conversation."""
    await chat.says("/menu")
    await chat.presses("engine.go_on")
    assert await heard_last(chat) == "[engine.go_on]"


async def heard_last(chat: CustomerChat) -> str:
    """The customer's last message as their history shows it."""
    stored = await Chat.find(chat.address)
    row = await Outgoing.filter(state=State.OWN).order_by("-id").first()
    assert stored
    assert row
    own = row.opened_own(stored.key)
    assert own
    return own.text


# Small talk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Cảm ơn!", SmallTalk.THANKS),
        ("dạ em cảm ơn shop nhiều ạ", None),
        ("dạ em cảm ơn ạ", SmallTalk.THANKS),
        ("OK", SmallTalk.THANKS),
        ("Tạm biệt nhé", SmallTalk.THANKS),
        ("🙏🙏", SmallTalk.THANKS),
        ("cảm ơn, cho hỏi chính sách", None),
        ("ai đang nói chuyện với tôi vậy?", SmallTalk.WHO),
        ("Are you a human?", SmallTalk.WHO),
        ("tôi là người thật", None),
        ("bạn là", None),
        ("😂", None),
        ("", None),
        ("dạ " * 1000, None),
    ],
)
def test_small_talk_is_what_says_nothing_else(text: str, meaning: SmallTalk | None) -> None:
    """Without the particles around it."""
    assert small_talk(text) is meaning


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_no_label_of_a_choice_is_taken_for_something_else(locale: str) -> None:
    """What the engine does everywhere is no choice of a conversation; whoever types a label means that."""
    labels = {
        fold(TEXTS.get(locale, key))
        for key, words in TEXTS.catalogues[locale].items()
        if ".choice." in key and not key.startswith("menu.") and not words.names
    }
    assert labels
    assert not labels & (CANCEL | BACK | PERSON)
    assert not any(small_talk(label) for label in labels)
