"""Ai đã xem dữ liệu của tôi, as transcripts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.texts import Texts
from models.customer import Customer
from models.database import run_tx
from models.event import Event, Tag
from models.keys import new_id
from models.record_opening import MOST_TOLD, Reason, note_opening
from models.roles import Role
from tests.chat import Desk
from tests.conftest import Database
from tests.people import PHONE, put_on_file


async def looks(
    desk: Desk, record: Customer, role: Role = Role.AGENT, reason: Reason = Reason.EXAMINE
) -> None:
    """A member of staff opens a record."""
    await run_tx(lambda: note_opening(record, new_id(), role, reason, desk.time.now()))


async def test_nobody_has_looked(database: Database) -> None:
    """That is said too; what the customers saw themselves does not count."""
    desk = Desk()
    await put_on_file(desk.time.now())
    chat = desk.chat()
    await chat.proves(PHONE)
    await chat.says("/xemdulieu")
    assert await chat.presses("menu.choice.lookups") == ["lookups.nobody"]


async def test_each_opening_by_staff_is_told_newest_first(database: Database) -> None:
    """When, by which role and why, up to so many, and how many more; never of another record."""
    desk = Desk(texts=Texts)
    record = await put_on_file(desk.time.now())
    other = await put_on_file(
        desk.time.now(), "Trần Văn An", phone="+84900000002", email=None, external_id="Z"
    )
    for _ in range(MOST_TOLD):
        await looks(desk, record)
        desk.time.move(timedelta(hours=1))
    await looks(desk, record, Role.LEAD, Reason.IDENTITY)
    await looks(desk, other, Role.DIRECTOR)
    chat = desk.chat(channel="messenger")
    await chat.says("/xacminh")
    await chat.says("1")
    await chat.shares(PHONE)
    await chat.says("ai đã xem")
    await chat.says("/aidaxem")
    text = chat.last[-1].text
    assert text.count("•") == MOST_TOLD
    first = text.splitlines()[1]
    assert "trưởng nhóm, để đối chiếu" in first
    assert "19:00" in first
    assert "Và 1 lần trước đó." in text
    assert "giám đốc" not in text


async def test_it_takes_a_proof(database: Database) -> None:
    """Who looked into a record is its customer's to know."""
    desk = Desk()
    await looks(desk, await put_on_file(desk.time.now()))
    assert (await desk.chat().says("/aidaxem"))[1:] == ["engine.must_prove", "identity.way.ask"]


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("role", list(Role))
async def test_every_role_and_reason_has_its_words(database: Database, role: Role, reason: Reason) -> None:
    """Whatever the trail holds can be told."""
    desk = Desk()
    await looks(desk, await put_on_file(desk.time.now()), role, reason)
    chat = desk.chat()
    await chat.proves(PHONE)
    assert await chat.says("/aidaxem") == ["lookups.heading", "lookups.line"]
    assert await Event.filter(tag=Tag.RECORD_SHOWN).count() == 1
