"""The room of an empty desk, and how one comes in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from models import StaffMember
from models.roles import Role
from tests.conftest import Database
from tests.room.inside import Enter, Inside
from tests.room_server import Browser, RoomServer, a_profile, room_serving
from tests.staff import hire


@pytest.fixture
async def server(database: Database) -> AsyncIterator[RoomServer]:
    """The room of an empty desk."""
    async with room_serving() as server:
        yield server


@pytest.fixture
async def enter(server: RoomServer) -> AsyncIterator[Enter]:
    """Lets somebody join the roster and into the room."""
    sessions: list[aiohttp.ClientSession] = []

    async def inside(name: str = "Nguyễn Thị Mai", role: Role = Role.AGENT, language: str = "vi") -> Inside:
        who = await hire(name, role, language=language, wall=server.wall)
        session = a_profile()
        sessions.append(session)
        session.cookie_jar.update_cookies({"staff": who.cookie}, URL(f"{server.url}/staff"))
        browser = Browser(server, session)
        page = await browser.get("/staff")
        assert page.status == 200
        member = await StaffMember.get(login_index=StaffMember.index(who.login))
        return Inside(browser, member.id, page.field("form"))

    yield inside
    for session in sessions:
        await session.close()
