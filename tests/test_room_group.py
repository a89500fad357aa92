"""The page of the staff room by which a member links their chat with the group."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from chatbot.pages.room.guard import SIGN_IN
from models.chat import Chat
from models.database import run_tx
from models.event import Event, Tag
from models.staff import StaffMember
from models.staff_link import LIFE, link
from tests.conftest import Database
from tests.room_cases import a_chat
from tests.room_server import Answer, Browser, RoomServer, a_profile, room_serving
from tests.staff import NOW, hire


@pytest.fixture
async def server(database: Database) -> AsyncIterator[RoomServer]:
    """The room of an empty desk."""
    async with room_serving() as server:
        yield server


@pytest.fixture
async def mai(server: RoomServer) -> AsyncIterator[Browser]:
    """Somebody of the staff, signed in."""
    who = await hire()
    async with a_profile() as session:
        browser = Browser(server, session)
        server.later(timedelta(seconds=30))
        assert (await browser.sign_in(who)).status == 303
        yield browser


async def member() -> StaffMember:
    """The one that there is, as stored now."""
    return await StaffMember.get()


def code_in(page: Answer) -> str:
    """The code that a page shows."""
    found = re.search(r"/lienket ([2-9A-Z]{5}-[2-9A-Z]{5})<", page.text)
    assert found, page.text
    return found[1]


async def sends(browser: Browser, path: str) -> Answer:
    """One of the forms of the page."""
    token = (await browser.get("/staff/group")).field("form")
    return await browser.send(path, {"form": token})


async def linked(chat: Chat, code: str) -> bool:
    """What the bot does with the code."""
    return await run_tx(lambda: link(chat.id, code, NOW, NOW)) is not None


async def test_every_page_leads_there(mai: Browser) -> None:
    """For whoever is signed in, and only for them."""
    assert 'href="/staff/group"' in (await mai.get("/staff")).text
    async with a_profile() as session:
        stranger = await Browser(mai.server, session).get("/staff/group")
    assert stranger.status == 303
    assert stranger.to.startswith(SIGN_IN)


async def test_a_code_is_shown_and_links_a_chat(mai: Browser) -> None:
    """Only its fingerprint is stored, it stands in no address and no log, and it works once."""
    page = await mai.get("/staff/group")
    assert "chưa liên kết" in page.text
    assert "/lienket" not in page.text
    with capture_logs() as lines:
        page = await sends(mai, "/staff/group")
    code = code_in(page)
    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    kept = await member()
    assert code not in str(vars(kept)) + str(lines)
    assert kept.link_until == NOW + LIFE
    chat = await a_chat()
    assert await linked(chat, code)
    assert not await linked(chat, code)
    assert (await member()).chat == chat.id
    page = await mai.get("/staff/group")
    assert "đã liên kết với" in page.text


async def test_unlinking(mai: Browser) -> None:
    """The chat is nobody's any more, which is said and recorded; the form is there only while it is."""
    assert "/staff/group/unlink" not in (await mai.get("/staff/group")).text
    await linked(await a_chat(), code_in(await sends(mai, "/staff/group")))
    answer = await sends(mai, "/staff/group/unlink")
    assert answer.status == 303
    page = await mai.get(answer.to)
    assert page.said == "Đã bỏ liên kết."
    assert 'action="/staff/group/unlink"' not in page.text
    assert (await member()).chat is None
    assert await Event.filter(tag=Tag.STAFF_UNLINKED).count() == 1
    assert (await sends(mai, "/staff/group/unlink")).status == 303, "and again, to no effect"
    assert await Event.filter(tag=Tag.STAFF_UNLINKED).count() == 1


@pytest.mark.parametrize("path", ["/staff/group", "/staff/group/unlink"])
async def test_another_site_can_send_neither_form(mai: Browser, path: str) -> None:
    """Nor a page that is not of this session."""
    token = (await mai.get("/staff/group")).field("form")
    assert (await mai.send(path, {"form": token}, origin="https://evil.example")).status == 403
    assert (await mai.send(path, {"form": "wrong"})).status == 403
    assert (await member()).link is None


async def test_in_english(mai: Browser) -> None:
    """The page speaks the member's language."""
    await StaffMember.speak((await member()).id, "en")
    page = await mai.get("/staff/group")
    assert "not linked to Telegram" in page.text
