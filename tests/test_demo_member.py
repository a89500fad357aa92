"""The demo's sample member, against the real staff room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chatbot.demo_member import SampleMember
from models.database import run_tx
from models.roles import Role
from models.staff import StaffMember
from models.totp import STEP
from tests.conftest import Database
from tests.room_server import Browser, RoomServer, a_profile, room_serving
from tests.staff import NOW

PASSWORD = "ba-qua-bong-do"


@pytest.fixture
async def room(database: Database) -> AsyncIterator[RoomServer]:
    """The room on a port of this machine."""
    async with room_serving() as server:
        yield server


@pytest.fixture
async def member(room: RoomServer) -> SampleMember:
    """One who has joined."""
    login, invitation = await run_tx(lambda: StaffMember.invite("Nhân viên mẫu", Role.DIRECTOR, None, NOW))
    member = SampleMember(login, PASSWORD, lambda: room.wall)
    await member.join(room.url, invitation)
    return member


async def lets_in(room: RoomServer, cookie: str) -> bool:
    """Whether a browser with this cookie sees the queue."""
    async with a_profile() as profile:
        return (await Browser(room, profile).get("/staff", Cookie=f"staff={cookie}")).status == 200


async def test_the_cookie_is_that_of_everybody(room: RoomServer, member: SampleMember) -> None:
    """Out of reach of scripts and of other sites, and for the room alone."""
    cookie = await member.sign_in()
    assert cookie
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/staff")
    assert await lets_in(room, cookie.value)


async def test_a_browser_waits_until_a_code_is_free(room: RoomServer, member: SampleMember) -> None:
    """Two get in with the codes of now and of the next half minute, a third once that has come."""
    assert all([await member.sign_in(), await member.sign_in()])
    third = asyncio.create_task(member.sign_in())
    await asyncio.sleep(0.2)
    assert not third.done()
    room.later(STEP)
    cookie = await third
    assert cookie
    assert await lets_in(room, cookie.value)


async def test_the_code_that_is_shown_signs_in_by_hand(room: RoomServer, member: SampleMember) -> None:
    """Also right after a browser was let in; and who typed it does not keep the next browser out."""
    assert await member.sign_in()
    async with a_profile() as profile:
        form = {"login": member.login, "password": PASSWORD, "code": member.code}
        assert (await Browser(room, profile).send("/staff/sign-in", form)).to == "/staff"
    room.later(timedelta(seconds=30))
    assert await member.sign_in()


async def test_a_member_who_was_taken_off_the_roster_is_not_let_in(
    room: RoomServer, member: SampleMember
) -> None:
    """The demo is told, and goes no other way."""
    await run_tx(lambda: StaffMember.disable(member.login, NOW))
    room.later(timedelta(minutes=2))
    assert await member.sign_in() is None
