"""Choosing without a tap, and while a person of the shop speaks in the chat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.answers import Option, chosen
from chatbot.messages import Address
from handlers.menu import OFFERED
from models.chat import Chat
from models.delivery import Delivery, Fate
from tests.chat import Desk
from tests.conftest import Database
from tests.offered import place_of

LABELS = ("Có", "Không", "Năm", "Khác", "Việc khác", "Sáu")
SHOWN = [Option(str(number), label) for number, label in enumerate(LABELS, 1)]


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk on an open database."""
    return Desk()


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("1", "1"), ("1.", "1"), ("６", "6"), ("một", "1"), ("MỘT!", "1"), ("mot", "1"), ("hai", "2"),
        ("bốn", "4"), ("năm", "3"), ("nam", "3"), ("sáu", "6"), ("bảy", None), ("mười", None), ("0", None),
        ("7", None), ("không", "2"), ("viec khac", "5"), ("một hai", None), ("", None), ("một nửa", None),
    ],
)  # fmt: skip
def test_a_number_in_words_chooses_where_it_is_no_label(text: str, option: str | None) -> None:
    """A label goes before the number that it happens to spell; anything beyond one word is no number."""
    assert chosen(text, SHOWN) == option


def test_a_number_in_words_is_no_choice_where_any_words_are_an_answer() -> None:
    """Its digits and its label are."""
    assert [chosen(text, SHOWN, free=True) for text in ("một", "hai", "1", "năm")] == [None, None, "1", "3"]


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("gui di", "send"), ("dạ gửi khiếu nại ạ", "send"), ("ok gửi luôn", "send"), ("gửi nhé!", "send"),
        ("sua", "edit"), ("sửa lại đi shop", "edit"), ("xong", "done"), ("Xong rồi ạ", "done"),
        ("hết rồi", "done"), ("vậy thôi", "done"), ("done", "done"), ("không", None), ("không gửi", None),
        ("gửi cho ai", None), ("", None), ("ạ", None), ("s", None), ("lại", None),
    ],
)  # fmt: skip
def test_haste_and_courtesy_around_a_label_change_nothing(text: str, option: str | None) -> None:
    """Nor does what is left out of it, where no other label begins alike."""
    labels = {"send": "Gửi khiếu nại", "edit": "Sửa lại", "done": "Tiếp tục", "not": "Không còn dùng"}
    shown = [Option(id, label) for id, label in labels.items()]
    assert chosen(text, shown, begun=True) == option


@pytest.mark.parametrize("text", ["gửi đi", "gui", "tiep tuc vu viec nay"])
def test_a_label_that_is_only_begun_is_no_choice_where_any_words_are_an_answer(text: str) -> None:
    """Then it is what the customer has to tell; so are two labels that begin alike."""
    shown = [Option("send", "Gửi khiếu nại"), Option("go", "Tiếp tục")]
    assert chosen(text, shown, free=True) is None
    assert chosen("gui", [*shown, Option("other", "Gửi tệp")], begun=True) is None


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("ko", "no"), ("không ạ", "no"), ("khong can", "no"), ("dạ không", "no"), ("có ạ", "yes"),
        ("ok", None), ("vâng", None), ("dạ", None), ("có gì không", None), ("không biết", None),
    ],
)  # fmt: skip
def test_a_no_is_said_in_many_ways_and_a_yes_by_its_label(text: str, option: str | None) -> None:
    """Nothing is agreed to by being polite; and where any words are an answer, a no is one of them."""
    shown = [Option("yes", "Có"), Option("no", "Không"), Option("unsaid", "Không muốn trả lời")]
    assert chosen(text, shown, begun=True) == option
    assert chosen("ko", shown, free=True) is None


async def test_ways_on_are_taken_by_number_or_label(desk: Desk) -> None:
    """Until a question is open, whose own choices the numbers mean then."""
    chat = desk.chat()
    await chat.says("/menu")
    assert await chat.says(place_of("human")) == ["human.recorded", "human.about.ask"]
    assert await chat.says("1") == ["human.noted"]
    assert await chat.says("1") == ["menu.ask"]
    assert (await chat.says("[menu.choice.policy]"))[0] == "policy.choose.ask"


async def test_a_number_that_is_older_than_what_was_offered_takes_nothing(desk: Desk) -> None:
    """It was meant for something else."""
    chat = desk.chat()
    await chat.says("/menu")
    at = desk.time.now() - timedelta(minutes=1)
    assert await chat.says(place_of("human"), at=at) == ["engine.not_understood", "menu.ask"]


async def test_further_choices_are_shown_on_request(desk: Desk) -> None:
    """Of what is open, and only of that; whatever stands behind the token."""
    chat = desk.chat()
    await chat.says("/menu")
    more = chat.last[-1].more
    assert more
    assert await chat.delivers(chat.message(press=f"{more.token}4")) == ["engine.more_choices"]
    assert (chat.last[-1].first, len(chat.last[-1].buttons)) == (4, len(OFFERED))
    for token in (str(len(OFFERED)), "999", "-1", "", "x", "4:4", "\u0664"):
        stale = await chat.delivers(chat.message(press=more.token + token))
        assert stale == ["engine.stale_press", "menu.ask"]
    await chat.says("/khieunai")
    await chat.says("1")
    stale = await chat.delivers(chat.message(press=f"{more.token}4"))
    assert stale == ["engine.stale_press", "complaint.details.ask"]


async def test_while_a_person_speaks_messages_are_kept_and_not_answered(desk: Desk) -> None:
    """The open question stands; a command or a button of ours wakes the desk."""
    chat = desk.chat()
    await chat.says("/khieunai")
    await chat.says("1")
    until = desk.time.now() + timedelta(minutes=30)
    await Chat.pause(chat.address, until)
    await Chat.pause(chat.address, until - timedelta(minutes=10))
    assert await chat.says("Chị ơi em hỏi chút, việc này dài lắm ạ") == []
    assert await chat.says("1") == []
    assert await Delivery.filter(fate=Fate.PAUSED).count() == 2
    desk.time.move(timedelta(minutes=31))
    assert await chat.says("Số của tôi bị đem cho bên khác gọi") == ["complaint.when.ask"]
    await Chat.pause(chat.address, desk.time.now() + timedelta(minutes=30))
    assert await chat.says("trợ giúp") != []
    assert await chat.says("xin chào") != []
    await Chat.pause(Address("web", "nobody"), until)


async def test_a_number_on_a_card_answers_the_question_for_one(desk: Desk) -> None:
    """Nobody vouches for it: a code follows, as for one that is typed. Unasked for it means nothing."""
    chat = desk.chat(channel="messenger")
    assert "engine.unsupported" in await chat.shares("0900 000 001", own=False)
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.phone")
    assert await chat.shares("không phải số", own=False) == ["answer.phone.invalid", "identity.phone.ask"]
    assert "identity.code.ask" in await chat.shares("0900 000 001", own=False)
