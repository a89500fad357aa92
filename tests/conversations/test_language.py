"""Ngôn ngữ: in which language the desk answers in this chat."""

from __future__ import annotations

import pytest

from chatbot.texts import Texts
from tests.chat import TEXTS, Desk
from tests.conftest import Database


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(texts=Texts)


async def test_the_answer_to_the_choice_is_in_the_chosen_language(desk: Desk) -> None:
    """And all that follows, after a restart too."""
    chat = desk.chat()
    await chat.says("/start")
    assert chat.last[-1].text == TEXTS.get("vi", "menu.ask")
    await chat.says("/ngonngu")
    await chat.presses("English")
    assert chat.last[-1].text == TEXTS.get("en", "language.changed")
    await chat.says("/menu")
    assert chat.last[-1].text == TEXTS.get("en", "menu.ask")


@pytest.mark.parametrize("typed", ["Tiếng Việt", "tieng viet", "1", "TIẾNG VIỆT"])
async def test_the_name_of_a_language_can_be_typed(desk: Desk, typed: str) -> None:
    """With accents or without, or as a number."""
    chat = desk.chat(language="en")
    await chat.says("/language")
    await chat.says(typed)
    assert chat.last[-1].text == TEXTS.get("vi", "language.changed")


async def test_a_language_that_is_not_there_is_asked_for_again(desk: Desk) -> None:
    """Nothing changes."""
    chat = desk.chat()
    await chat.says("/ngonngu")
    await chat.says("Français")
    assert chat.last[-1].text.startswith(TEXTS.get("vi", "answer.choice.invalid"))


async def test_another_chat_keeps_its_own(desk: Desk) -> None:
    """The choice belongs to one chat."""
    chat, other = desk.chat("1"), desk.chat("2")
    await other.says("/start")
    await chat.says("/ngonngu")
    await chat.presses("English")
    await other.says("/menu")
    assert other.last[-1].text == TEXTS.get("vi", "menu.ask")
