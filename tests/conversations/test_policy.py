"""Chính sách: the eight sections, word for word."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import pytest

from chatbot.texts import Texts
from tests import chat as chats
from tests.chat import SHOP, CustomerChat, Desk
from tests.conftest import Database

POLICY = (Path(__file__).parent.parent / "data" / "policy.vi.txt").read_text("utf-8")
"""The policy as the shop published it, kept here apart from the copy that the program reads."""


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk()


def words(text: str) -> str:
    """A text without its line breaks, which are all that may differ."""
    return " ".join(normalize("NFC", text).split())


async def read_all(chat: CustomerChat, forward: str) -> list[str]:
    """Every section as it is shown, from the first on."""
    await chat.says("/chinhsach")
    await chat.says("1")
    shown = [chat.last[-1].text]
    while any(button.label == forward for button in chat.last[-1].buttons):
        await chat.presses(forward)
        shown.append(chat.last[-1].text)
    return shown


async def test_the_vietnamese_is_the_policy_word_for_word(database: Database) -> None:
    """All eight sections, one after the other, nothing added and nothing left out."""
    chat = Desk(texts=Texts).chat()
    await chat.says("/start")
    shown = await read_all(chat, chats.TEXTS.get("vi", "policy.read.choice.next"))
    published = re.split(r"^(?=\d\. )", POLICY, flags=re.MULTILINE)[1:]
    assert len(shown) == len(published) == 8
    for section, original in zip(shown, published, strict=True):
        number, title = words(original).split(":")[0].split(". ", 1)
        body = words(original).split(":", 1)[1].strip()
        said = words(section)
        assert body in said
        assert said.startswith(f"{number}. {title}")
        assert said.endswith(body)


async def test_every_title_is_offered_and_opens_its_section(database: Database) -> None:
    """By its button, and by its number."""
    chat = Desk(texts=Texts).chat()
    await chat.says("/start")
    titles = re.findall(r"^(\d\. .+?):$", POLICY, re.MULTILINE)
    for number, title in enumerate(titles, 1):
        await chat.says("/chinhsach")
        assert [button.label for button in chat.last[-1].buttons] == titles
        await (chat.presses(title) if number % 2 else chat.says(str(number)))
        assert words(chat.last[-1].text).startswith(title)


async def test_the_english_is_marked_as_a_translation(desk: Desk) -> None:
    """At every section; the Vietnamese is the policy itself and bears no mark."""
    chat = desk.chat(language="en")
    await chat.says("/policy")
    assert await chat.says("3") == ["policy.translation", "policy.read.ask"]
    assert await chat.presses("policy.read.choice.next") == ["policy.translation", "policy.read.ask"]
    chat = desk.chat("2", language="vi")
    await chat.says("/policy")
    assert await chat.says("3") == ["policy.read.ask"]


async def test_one_can_go_on_back_to_the_list_and_out(desk: Desk) -> None:
    """At the ends only in the direction that there is."""
    chat = desk.chat()
    await chat.says("/chinhsach")
    await chat.says("1")
    prefix = "policy.read.choice."
    labels = [button.label for button in chat.last[-1].buttons]
    assert labels == [f"[{prefix}{name}]" for name in ("next", "sections", "close")]
    await chat.presses(f"{prefix}next")
    await chat.presses(f"{prefix}previous")
    assert [button.label for button in chat.last[-1].buttons] == labels
    assert await chat.presses(f"{prefix}sections") == ["policy.choose.ask"]
    await chat.says("8")
    labels = [button.label for button in chat.last[-1].buttons]
    assert labels == [f"[{prefix}{name}]" for name in ("previous", "sections", "close")]
    assert await chat.presses(f"{prefix}close") == ["policy.closed"]


async def test_a_policy_that_has_become_shorter_shows_its_last_section(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stood at a section that is gone is not stuck there."""
    chat = desk.chat()
    await chat.says("/chinhsach")
    await chat.says("8")
    shorter = {locale: sections[:5] for locale, sections in SHOP.policies.items()}
    monkeypatch.setattr(chats, "SHOP", replace(SHOP, policies=shorter))
    assert await chat.says("gì cơ") == ["answer.choice.invalid", "policy.read.ask"]
    assert await chat.presses("policy.read.choice.sections") == ["policy.choose.ask"]
