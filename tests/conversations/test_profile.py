"""Xem dữ liệu: all that the shop holds, in full only on its own server."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chatbot.texts import Texts
from models.customer import Customer
from models.database import run_tx
from models.event import Event, Tag
from models.keys import new_id
from models.legal_hold import Ground, LegalHold
from models.link import LIFE, PageLink
from models.roles import Role
from tests.chat import CustomerChat, Desk, code_for
from tests.conftest import Database
from tests.people import FULL, NAME, PHONE, put_on_file

LINES = (
    "full_name",
    "phone",
    "email",
    "address",
    "birthday",
    "note",
    "external_id",
    "consent_yes",
    "extra",
    "extra",
)
WHY = ["profile.source", "profile.purpose", "profile.until", "profile.rights"]
HELD = ["profile.held", *(f"profile.line.{line}" for line in LINES), *WHY]

PERSONAL = (
    NAME, "Nguyễn", "Thị", "Thu Hà", "0900000001", "900000001", FULL["email"], "thuha", "example.com",
    FULL["address"], "Hoa Sữa", "14/05/1990", "1990", FULL["note"], "bóng bay", FULL["external_id"],
    *FULL["extra"].values(),
)  # fmt: skip
"""Every personal value of the record, whole and in part."""


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk that speaks in words, with one customer on file."""
    desk = Desk(texts=Texts)
    await put_on_file(desk.time.now())
    return desk


async def test_every_field_that_is_held_is_shown_in_its_order(database: Database) -> None:
    """With where it comes from, why, until when, and what one may do about it."""
    desk = Desk()
    await put_on_file(desk.time.now())
    web, messenger = desk.chat("1"), desk.chat("2", "messenger")
    await web.proves(PHONE)
    assert await web.says("/xemdulieu") == HELD
    await _shares(messenger)
    assert await messenger.says("/xemdulieu") == [*HELD, "profile.full"]
    assert await Event.filter(tag=Tag.RECORD_SHOWN).count() == 2


async def _shares(chat: CustomerChat) -> None:
    await chat.says("/xacminh")
    await chat.says("1")
    await chat.shares(PHONE)


async def test_own_server_shows_full_values(desk: Desk) -> None:
    """Name, number, address, day of birth, note, and the columns that only an import knew."""
    chat = desk.chat()
    await _proves_by_words(chat)
    await chat.says("/xemdulieu")
    text = chat.last[-1].text
    for value in (
        NAME,
        "0900000001",
        FULL["email"],
        FULL["address"],
        "14/05/1990",
        FULL["note"],
        FULL["external_id"],
    ):
        assert value in text
    for name, value in FULL["extra"].items():
        assert f"{name}: {value}" in text
    assert "•••" not in text
    assert chat.last[-1].link is None


async def _proves_by_words(chat: CustomerChat) -> None:
    await chat.says("/xacminh")
    await chat.says("1")
    await chat.says(PHONE)
    await chat.says(await code_for(PHONE))


async def test_everywhere_else_nothing_personal_is_said(desk: Desk) -> None:
    """Masked line by line, with a one-time link whose token stands behind the #."""
    chat = desk.chat(channel="messenger")
    await _shares(chat)
    await chat.says("/xemdulieu")
    reply = chat.last[-1]
    for value in PERSONAL:
        assert value not in reply.text
    for name in FULL["extra"]:
        assert f"{name}: •" in reply.text
    assert reply.link
    token = re.fullmatch(r"https://desk\.example\.vn/my\?lang=vi#([\w-]{20,})", reply.link.url)
    assert token
    link = await run_tx(lambda: PageLink.spend(token[1], desk.time.now() + LIFE - timedelta(seconds=1)))
    assert link
    assert await run_tx(lambda: PageLink.spend(token[1], desk.time.now())) is None


async def test_no_reply_on_the_way_there_names_anything_personal(desk: Desk) -> None:
    """From the first words through the proof by code, on a channel that is not the shop's own."""
    chat = desk.chat(channel="messenger")
    said: list[str] = []
    for text in ("/start", "/xemdulieu", "3", str(FULL["email"])):
        await chat.says(text)
        said += [reply.text for reply in chat.last]
    await chat.says(await code_for(str(FULL["email"])))
    said += [reply.text for reply in chat.last]
    assert any("N•••••" in text for text in said)
    for value in PERSONAL:
        assert not any(value in text for text in said), value


async def test_without_a_page_it_is_said_how_to_see_the_rest(database: Database) -> None:
    """Masked, no link, and no link's token made."""
    desk = Desk(page=None)
    await put_on_file(desk.time.now())
    chat = desk.chat(channel="messenger")
    await _shares(chat)
    assert await chat.says("/xemdulieu") == [*HELD, "profile.no_page"]
    assert chat.last[-1].link is None
    assert await PageLink.all().count() == 0


async def test_a_legal_hold_is_told_with_its_ground_and_review(database: Database) -> None:
    """Beside until when the record is kept, here and on the page of the full record."""
    desk = Desk()
    record = await put_on_file(desk.time.now())

    async def hold() -> None:
        who, now = new_id(), desk.time.now()
        day, ground = date(2027, 2, 1), Ground.DISPUTE
        await LegalHold.put(record, ground, "Kiện", review_on=day, member=who, role=Role.DIRECTOR, now=now)

    await run_tx(hold)
    chat = desk.chat()
    await chat.proves(PHONE)
    told = await chat.says("/xemdulieu")
    assert [*WHY[:3], "profile.hold.dispute", *WHY[3:]] == told[-5:]


async def test_looking_counts_as_contact_and_the_date_follows(desk: Desk) -> None:
    """Kept until the end of the day a year after the last contact (policy, section 3)."""
    desk.time.instant = datetime(2027, 11, 30, 17, 30, tzinfo=UTC)  # 1 December in Viet Nam
    chat = desk.chat()
    await _proves_by_words(chat)
    await chat.says("/xemdulieu")
    assert "01/12/2028" in chat.last[-1].text
    for _ in range(2):
        desk.time.move(timedelta(minutes=14))
        await chat.says("/xemdulieu")
    customer = await Customer.all().first()
    assert customer
    assert customer.last_contact_at == desk.time.now()


async def test_a_last_contact_on_the_29th_of_february_ends_on_the_28th(desk: Desk) -> None:
    """Of which the Civil Code says nothing: the earlier day is safer."""
    desk.time.instant = datetime(2028, 2, 29, 3, 0, tzinfo=UTC)
    chat = desk.chat()
    await _proves_by_words(chat)
    await chat.says("/xemdulieu")
    assert "28/02/2029" in chat.last[-1].text


async def test_a_record_that_is_gone_meanwhile_is_said_to_be(database: Database) -> None:
    """The proof stands, what it opened does not."""
    desk = Desk()
    customer = await put_on_file(desk.time.now())
    chat = desk.chat()
    await chat.proves(PHONE)
    await Customer.filter(id=customer.id).delete()
    assert await chat.says("/xemdulieu") == ["engine.nothing_held"]


async def test_empty_fields_are_not_mentioned(database: Database) -> None:
    """What is not held is not on the list."""
    desk = Desk()
    nothing: dict[str, Any] = dict.fromkeys(("email", "address", "birthday", "note", "external_id"))
    await put_on_file(desk.time.now(), **nothing, extra={"Cửa hàng": ""})
    chat = desk.chat()
    await chat.proves(PHONE)
    lines = ["profile.line.full_name", "profile.line.phone", "profile.line.consent_yes"]
    assert await chat.says("/xemdulieu") == ["profile.held", *lines, *WHY]


@pytest.mark.parametrize(("born", "shown"), [(date(2010, 11, 26), False), (date(2010, 11, 25), True)])
async def test_the_record_of_a_child_is_a_matter_for_a_person(
    database: Database, born: date, shown: bool
) -> None:
    """Until the day on which they are 16: nothing is shown and no link made, on our own server either."""
    desk = Desk()
    await put_on_file(desk.time.now(), birthday=born)
    for number, channel in enumerate(("web", "messenger")):
        chat = desk.chat(str(number), channel)
        await (chat.proves(PHONE) if channel == "web" else _shares(chat))
        said = await chat.says("/xemdulieu")
        assert said[0] == ("profile.held" if shown else "profile.minor")
        assert shown or len(said) == 1
        assert shown or chat.last[-1].buttons[0].token == "go:representative"
    assert bool(await Event.filter(tag=Tag.RECORD_SHOWN).count()) == shown
    assert bool(await PageLink.all().count()) == shown
