"""Trợ giúp, menu, thoát: what can be done here."""

from __future__ import annotations

import pytest

from tests.chat import Desk
from tests.conftest import Database


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk()


async def test_the_first_words_say_who_processes_what(desk: Desk) -> None:
    """Once in a chat, whatever it begins with; a restart does not repeat it."""
    for number, first in enumerate(("/start", "xin chào", "huỷ", "/chinhsach", "")):
        chat = desk.chat(str(number))
        assert (await chat.says(first))[0] == "menu.notice"
        assert "menu.notice" not in await chat.says("/start")


async def test_the_notice_is_a_message_of_its_own(desk: Desk) -> None:
    """So that it can be found again above whatever follows."""
    chat = desk.chat()
    await chat.says("/start")
    assert [reply.text for reply in chat.last] == ["[menu.notice]", "[menu.ask]"]
    assert chat.last[0].buttons == ()


async def test_each_button_of_the_menu_leads_somewhere(desk: Desk) -> None:
    """And none to a conversation that is not there."""
    chat = desk.chat()
    await chat.says("/menu")
    labels = [button.label for button in chat.last[-1].buttons]
    begun = {
        "[menu.choice.profile]": "engine.must_prove",
        "[menu.choice.export]": "engine.must_prove",
        "[menu.choice.edit]": "engine.must_prove",
        "[menu.choice.preferences]": "engine.must_prove",
        "[menu.choice.erase]": "engine.must_prove",
        "[menu.choice.complaint]": "complaint.category.ask",
        "[menu.choice.status]": "status.none",
        "[menu.choice.identity]": "identity.way.ask",
        "[menu.choice.policy]": "policy.choose.ask",
        "[menu.choice.human]": "human.recorded",
        "[menu.choice.help]": "help.text",
        "[menu.choice.language]": "language.pick.ask",
    }
    assert labels == list(begun)
    for label, first in begun.items():
        await chat.says("/menu")
        assert (await chat.presses(label))[0] == first
        await chat.says("/huy")


async def test_what_is_over_offers_the_menu(desk: Desk) -> None:
    """After cancelling and after finishing there is always a way on."""
    chat = desk.chat()
    await chat.says("/chinhsach")
    await chat.says("huỷ")
    assert [button.token for button in chat.last[-1].buttons] == ["go:menu"]
    assert await chat.presses("go:menu") == ["menu.ask"]


async def test_help_offers_what_it_tells_of(desk: Desk) -> None:
    """In both languages, with buttons."""
    chat = desk.chat()
    await chat.says("/start")
    for command in ("/trogiup", "/help", "/huongdan", "trợ giúp"):
        assert await chat.says(command) == ["help.text"]
    assert [button.token for button in chat.last[-1].buttons] == [
        "go:profile",
        "go:export",
        "go:edit",
        "go:preferences",
        "go:erase",
        "go:complaint",
        "go:status",
        "go:policy",
        "go:human",
        "go:menu",
    ]
