"""Sửa dữ liệu: what is typed is checked, shown beside what stood there, and saved."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest

from chatbot.texts import Texts
from models.customer import Customer, Profile
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.event import Event, Tag
from models.intake import Columns, Incoming, Outcome, Plan
from tests.cases import staff_messages
from tests.chat import CustomerChat, Desk, code_for
from tests.conftest import Database
from tests.people import EMAIL, FULL, NAME, PHONE, put_on_file


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk with one customer on file."""
    desk = Desk()
    await put_on_file(desk.time.now())
    return desk


async def edits(desk: Desk, channel: str = "messenger") -> CustomerChat:
    """A chat whose customer is asked what to correct."""
    chat = desk.chat(channel=channel)
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.share")
    await chat.shares(PHONE)
    await chat.says("/suadulieu")
    return chat


async def stored() -> Profile:
    """The one record."""
    [customer] = await Customer.all().select_related("key")
    return customer.opened()


@pytest.mark.parametrize(
    ("label", "step", "typed", "field", "value"),
    [
        ("full_name", "name", "  Nguyễn  Thị Thu Hằng ", "full_name", "Nguyễn Thị Thu Hằng"),
        ("address", "address", "5 Ngõ Hoa, Hà Nội", "address", "5 Ngõ Hoa, Hà Nội"),
        ("birthday", "birthday", "15/5/1990", "birthday", date(1990, 5, 15)),
        ("note", "note", "Gọi sau 18 giờ", "note", "Gọi sau 18 giờ"),
    ],
)
async def test_a_field_is_corrected(
    desk: Desk, label: str, step: str, typed: str, field: str, value: object
) -> None:
    """Shown first, saved then; the year of retention begins anew, and the trail names the field."""
    chat = await edits(desk)
    assert await chat.presses(f"edit.choose.choice.{label}") == [f"edit.{step}.ask"]
    assert await chat.says(typed) == ["edit.review.ask"]
    assert getattr(await stored(), field) == FULL.get(field, NAME)
    assert await chat.presses("edit.review.choice.save") == ["edit.saved", "request.told.elsewhere"]
    profile = await stored()
    assert (getattr(profile, field), profile.corrected) == (value, (field,))
    assert [event.detail for event in await Event.filter(tag=Tag.RECORD_CORRECTED)] == [field]
    assert (await Customer.get()).last_contact_at == desk.time.now()


@pytest.mark.parametrize(
    ("label", "typed", "reason"),
    [
        ("full_name", "...", "edit.name.no_letter"),
        ("full_name", "Hà 2", "edit.name.digits"),
        ("full_name", "x" * 201, "answer.text.too_long"),
        ("address", "12", "edit.address.no_letter"),
        ("birthday", "31/2/1990", "edit.birthday.no_date"),
        ("birthday", "1/1/2090", "edit.birthday.no_date"),
        ("note", "x" * 4001, "answer.text.too_long"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_reason(
    desk: Desk, label: str, typed: str, reason: str
) -> None:
    """And asked again; nothing is changed."""
    chat = await edits(desk)
    await chat.presses(f"edit.choose.choice.{label}")
    assert (await chat.says(typed))[0] == reason
    assert await stored() == Profile(NAME, **FULL)


async def test_a_field_can_be_emptied_but_the_name(desk: Desk) -> None:
    """Address, date of birth and note have a choice for it."""
    chat = await edits(desk)
    for step in ("address", "birthday", "note"):
        await chat.presses(f"edit.choose.choice.{step}")
        assert await chat.presses(f"edit.{step}.choice.clear") == ["edit.review.ask"]
        await chat.presses("edit.review.choice.save")
        await chat.says("/suadulieu")
    profile = await stored()
    assert (profile.address, profile.birthday, profile.note) == (None, None, None)
    assert profile.corrected == ("address", "birthday", "note")


async def test_not_saved_is_not_changed(desk: Desk) -> None:
    """Going back from the last look, and typing what stands there already, change nothing."""
    chat = await edits(desk)
    await chat.presses("edit.choose.choice.note")
    await chat.says("Khác")
    assert await chat.presses("edit.review.choice.again") == ["edit.choose.ask"]
    await chat.presses("edit.choose.choice.note")
    assert await chat.says(str(FULL["note"])) == ["edit.same", "edit.choose.ask"]
    assert await chat.presses("edit.choose.choice.close") == ["edit.closed"]
    assert await stored() == Profile(NAME, **FULL)


@pytest.mark.parametrize(("channel", "full"), [("web", True), ("messenger", False)])
async def test_before_and_after_are_masked_outside_our_own_server(
    database: Database, channel: str, full: bool
) -> None:
    """In full in the web chat, masked in a messenger."""
    desk = Desk(texts=Texts)
    await put_on_file(desk.time.now())
    chat = desk.chat(channel=channel)
    await chat.says("/xacminh")
    if channel == "messenger":
        await chat.says("1")
        await chat.shares(PHONE)
    else:
        await chat.says("2")
        await chat.says(EMAIL)
        await chat.says(await code_for(EMAIL))
    await chat.says("/suadulieu")
    await chat.says("Địa chỉ")
    await chat.says("5 Ngõ Hoa, Hà Nội")
    text = chat.last[-1].text
    assert (str(FULL["address"]) in text, "5 Ngõ Hoa, Hà Nội" in text) == (full, full)


async def test_what_only_staff_may_change_is_asked_of_them(desk: Desk) -> None:
    """The customer's own words, kept sealed for a person; staff are told without them."""
    chat = await edits(desk)
    assert await chat.presses("edit.choose.choice.other") == ["edit.other.ask"]
    assert await chat.says("Mã khách hàng đúng là PS00778") == ["edit.to_staff"]
    request = await DataRequest.get(kind=RequestKind.CORRECT, state=RequestState.OPEN)
    assert await request.opened("asked") == "Mã khách hàng đúng là PS00778"
    assert await staff_messages() == [f"[edit.staff_asked] {request.code}"]
    assert await stored() == Profile(NAME, **FULL)


async def test_who_would_become_a_child_is_looked_at_by_a_person(desk: Desk) -> None:
    """A date of birth of somebody under 16 shuts the record: no one shuts it by a slip."""
    chat = await edits(desk)
    await chat.presses("edit.choose.choice.birthday")
    assert await chat.says("1/1/2015") == ["edit.child", "edit.to_staff"]
    assert (await stored()).birthday == FULL["birthday"]


async def test_the_record_of_a_child_is_corrected_by_nobody_alone(database: Database) -> None:
    """Neither its fields nor its contacts: its legal representative speaks with a person."""
    desk = Desk()
    await put_on_file(desk.time.now(), birthday=date(2015, 1, 1))
    chat = await edits(desk)
    assert await chat.says("/suadulieu") == ["profile.minor"]
    assert await chat.says("/sualienhe") == ["profile.minor"]


async def test_what_was_begun_for_one_record_is_not_saved_to_another(desk: Desk) -> None:
    """A proof that opens another record in between ends it."""
    chat = await edits(desk)
    await chat.presses("edit.choose.choice.note")
    await chat.says("Khác")
    other = await put_on_file(
        desk.time.now(), "Trần Văn Ba", phone="+84900000009", email=None, external_id="B2"
    )
    desk.time.move(timedelta(minutes=16))
    assert (await chat.presses("edit.review.choice.save"))[0] == "engine.must_prove"
    await chat.presses("identity.way.choice.share")
    assert (await chat.shares("0900000009"))[-1] == "edit.gone"
    loaded = await Customer.load(other.id)
    assert loaded
    assert loaded.opened().note == FULL["note"]


@pytest.mark.parametrize("number", ["PS00777", None])
async def test_an_import_keeps_what_the_customer_corrected(database: Database, number: str | None) -> None:
    """Whether its row has a number or is known by its words alone; the rest it may change."""
    desk = Desk()
    await put_on_file(desk.time.now(), external_id=number)
    chat = await edits(desk)
    await chat.presses("edit.choose.choice.note")
    await chat.says("Gọi sau 18 giờ")
    await chat.presses("edit.review.choice.save")
    row = Profile(NAME, **{**FULL, "external_id": number})
    columns = Columns(frozenset({"full_name", "phone", "email", "note", "address"}), frozenset())
    plan = await Plan.make([Incoming(row, number)], columns, desk.time.now())
    await run_tx(partial(plan.write))
    assert len(plan.outcomes) == 1
    assert await Customer.all().count() == 1
    assert (await stored()).note == "Gọi sau 18 giờ"
    assert [(one.outcome, one.kept) for one in plan.outcomes] == [(Outcome.UNCHANGED, ("note",))]
    if number:
        moved = Profile(NAME, **{**FULL, "address": "1 Phố Mới"})
        plan = await Plan.make([Incoming(moved, number)], columns, desk.time.now())
        await run_tx(partial(plan.write))
        profile = await stored()
        assert (profile.note, profile.address) == ("Gọi sau 18 giờ", "1 Phố Mới")
