"""Cancel, back, a person, and what comes between a question and its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from unicodedata import normalize

import pytest

from chatbot.conversation import Needs
from chatbot.session import Session
from models.chat import Chat
from tests.chat import CustomerChat, Desk, code_for
from tests.conftest import Database
from tests.people import EMAIL, PHONE, put_on_file
from tests.trial import make_trial, presses_token, session_of, tokens, trial_desk


@pytest.fixture
def desk(database: Database) -> Desk:
    return trial_desk(
        make_trial(),
        make_trial("trialcustomer", needs=Needs.CUSTOMER),
        make_trial("trialproven", needs=Needs.PROVEN),
    )


@pytest.fixture
async def chat(desk: Desk) -> CustomerChat:
    """A chat that stands at the trial's second step."""
    chat = desk.chat()
    assert await chat.says("/trial") == ["menu.notice", "trial.title.ask"]
    assert await chat.says("Tiêu đề") == ["trial.pick.ask"]
    return chat


# Cancel, back, a person ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    [
        *("huỷ", "HỦY", "huy", "huỷ bỏ", "/huy", "/cancel", "cancel", "Cancel.", "/huy nhé"),
        *("Thôi", "thôi không cần nữa", "stop", "Dừng lại!"),
    ],
)
@pytest.mark.parametrize("step", ["title", "pick", "note"])
async def test_cancel_ends_the_conversation_at_every_step(desk: Desk, word: str, step: str) -> None:
    """As a command and in plain words, in both languages, composed or not."""
    chat = await _at(desk, step)
    assert await chat.says(word) == ["engine.cancelled"]
    assert (await session_of(chat)).frame is None
    assert await chat.says(word) == ["engine.nothing_to_cancel"]


@pytest.mark.parametrize(
    "word", ["quay lại", normalize("NFD", "Quay lại"), "QUAY LAI", "/quaylai", "/back", "back", "quaylai"]
)
async def test_back_restores_the_earlier_question_and_draft(desk: Desk, word: str) -> None:
    """Step by step, up to the first."""
    chat = await _at(desk, "note")
    assert await chat.says(word) == ["trial.pick.ask"]
    assert chat.last[-1].text == "[trial.pick.ask] Tiêu đề"
    assert await chat.says(word) == ["trial.title.ask"]
    assert await chat.says(word) == ["engine.back_at_start", "trial.title.ask"]
    await chat.says("Tiêu đề khác")
    assert chat.last[-1].text == "[trial.pick.ask] Tiêu đề khác"


@pytest.mark.parametrize(
    "word", ["nhân viên", "nhan vien", "Gặp nhân viên", "/nhanvien", "/staff", "staff", "nhanvien"]
)
@pytest.mark.parametrize("step", ["title", "pick", "note"])
async def test_a_person_is_asked_for_at_every_step(desk: Desk, word: str, step: str) -> None:
    """What it interrupts is taken up again when it is worth it."""
    chat = await _at(desk, step)
    assert await chat.says(word) == ["human.recorded", "human.about.ask"]
    said = await chat.presses("human.about.choice.done")
    assert said == ["human.noted", *([] if step == "title" else ["engine.resumed", f"trial.{step}.ask"])]


async def _at(desk: Desk, step: str) -> CustomerChat:
    chat = desk.chat()
    for name, text in (("title", "/trial"), ("pick", "Tiêu đề"), ("note", "1")):
        await chat.says(text)
        if name == step:
            break
    return chat


async def test_going_round_does_not_make_the_way_back_endless(desk: Desk) -> None:
    """The stored session of somebody who reads the policy for an hour stays small."""
    chat = desk.chat()
    await chat.says("/chinhsach")
    for _ in range(40):
        await chat.says("1")
        await chat.presses("policy.read.choice.sections")
    stored = await Chat.find(chat.address)
    assert stored
    assert len(stored.state or b"") < 6000


# What comes between -------------------------------------------------------------------------------


async def test_the_menu_can_be_used_while_a_draft_waits(chat: CustomerChat) -> None:
    """Its buttons stand under the last message, and one more goes on with the draft."""
    for words, first in (("/menu", "menu.ask"), ("trợ giúp", "help.text")):
        assert await chat.says(words) == [first]
        assert len(chat.last) == 1
        assert tokens(chat)[-1] == "go:trial"
        assert await chat.presses("engine.go_on") == ["engine.resumed", "trial.pick.ask"]
    await chat.says("/menu")
    assert await presses_token(chat, "go:policy") == ["policy.choose.ask"]
    assert await chat.says("huỷ") == ["engine.cancelled", "engine.resumed", "trial.pick.ask"]
    assert await chat.presses("trial.pick.choice.on") == ["trial.note.ask"]


async def test_at_the_menu_words_lead_back_to_the_draft_too(chat: CustomerChat) -> None:
    """What is not understood is said to be so, and what waits is taken up; so is "back"."""
    await chat.says("/menu")
    assert await chat.says("bong bóng") == ["engine.not_understood", "engine.resumed", "trial.pick.ask"]
    await chat.says("/menu")
    assert await chat.says("cảm ơn") == ["engine.thanks"]
    assert tokens(chat) == ["go:menu", "go:trial"]
    assert await chat.says("quay lại") == ["engine.resumed", "trial.pick.ask"]
    for words in ("tiếp tục", "Làm tiếp", "continue"):
        await chat.says("/menu")
        assert await chat.says(words) == ["engine.resumed", "trial.pick.ask"]


async def test_at_the_menu_cancel_drops_the_draft(chat: CustomerChat) -> None:
    """It is what was under way."""
    await chat.says("/menu")
    assert await chat.says("huỷ") == ["engine.cancelled"]
    assert replace(await session_of(chat), offered=()) == Session()


async def test_a_draft_that_waits_beside_the_menu_expires(desk: Desk, chat: CustomerChat) -> None:
    """When its question would have; the button then begins anew."""
    await chat.says("/menu")
    desk.time.move(timedelta(days=7))
    assert await chat.presses("engine.go_on") == ["engine.expired", "trial.title.ask"]


async def test_the_button_that_goes_on_asks_for_proof_where_it_has_idled_out(desk: Desk) -> None:
    """And then goes on."""
    await put_on_file(desk.time.now())
    chat = desk.chat()
    await chat.says("/trialproven")
    await prove(chat)
    await chat.says("Tiêu đề")
    await chat.says("/menu")
    desk.time.move(timedelta(minutes=15))
    assert await chat.says("quay lại") == ["engine.must_prove", "identity.way.ask"]
    await chat.says("/menu")
    assert await chat.presses("engine.go_on") == ["engine.must_prove", "identity.way.ask"]
    assert await prove(chat) == ["identity.proven", "engine.resumed", "trialproven.pick.ask"]


async def test_the_way_back_outlives_an_interruption(chat: CustomerChat) -> None:
    """Back from the resumed question leads where it led before."""
    await chat.says("/trogiup")
    await chat.presses("engine.go_on")
    assert await chat.says("quay lại") == ["trial.title.ask"]


async def test_what_was_interrupted_twice_is_resumed_once(chat: CustomerChat) -> None:
    """However many conversations came between."""
    for command in ("/ngonngu", "/chinhsach", "/ngonngu", "/nhanvien"):
        await chat.says(command)
    said = await chat.presses("human.about.choice.done")
    assert said == ["human.noted", "engine.resumed", "trial.pick.ask"]
    await chat.says("1")
    assert await chat.says("ghi chú") == ["trial.done"]


async def prove(chat: CustomerChat) -> list[str]:
    """From the question which way on."""
    await chat.presses("identity.way.choice.email")
    await chat.says(EMAIL)
    return await chat.says(await code_for(EMAIL))


@pytest.mark.parametrize("name", ["trialcustomer", "trialproven"])
@pytest.mark.parametrize("typed", [True, False])
async def test_where_proof_has_idled_out_it_goes_on_with_the_very_message(
    desk: Desk, name: str, typed: bool
) -> None:
    """Typed or pressed: the answer that was interrupted counts, and is not asked for again."""
    await put_on_file(desk.time.now())
    chat = desk.chat()
    assert await chat.says(f"/{name}") == ["menu.notice", "engine.must_prove", "identity.way.ask"]
    assert await prove(chat) == ["identity.proven", f"{name}.title.ask"]
    assert await chat.says("Tiêu đề") == [f"{name}.pick.ask"]
    desk.time.move(timedelta(minutes=15))
    asked = await (chat.says("2") if typed else chat.presses(f"{name}.pick.choice.stay"))
    assert asked == ["engine.must_prove", "identity.way.ask"]
    assert await prove(chat) == ["identity.proven", f"{name}.pick.ask"]
    session = await session_of(chat)
    assert session.frame
    assert '"picked":"stay"' in session.frame.draft
    assert await chat.says("quay lại") == [f"{name}.title.ask"]


async def test_what_is_asked_for_twice_before_the_proof_is_shown_once(desk: Desk) -> None:
    """Asking again while the proof is under way makes no second answer."""
    await put_on_file(desk.time.now())
    chat = desk.chat()
    for _ in range(3):
        await chat.says("/xemdulieu")
    said = await prove(chat)
    assert said.count("profile.held") == 1
    assert (await session_of(chat)).below == ()


async def test_whoever_does_not_prove_it_after_all_gets_what_they_ask_for_instead(desk: Desk) -> None:
    """The menu with all its buttons, also while something waited for the proof."""
    chat = desk.chat()
    await chat.says("/xemdulieu")
    assert await chat.says("/menu") == ["menu.ask"]
    assert "go:policy" in tokens(chat)
    await chat.says("/xemdulieu")
    assert await chat.says("huỷ") == ["engine.cancelled"]
    assert replace(await session_of(chat), offered=()) == Session()


async def test_somebody_proven_whom_the_shop_holds_nothing_on_is_told_so(desk: Desk) -> None:
    """And what only needs a proven contact goes on."""
    chat = desk.chat()
    await chat.proves(PHONE)
    await chat.says("/xacminh")
    await prove(chat)
    assert await chat.says("/trialcustomer") == ["engine.nothing_held"]
    assert await chat.says("/trialproven") == ["trialproven.title.ask"]
