"""Xoá dữ liệu: said first, confirmed by typing, frozen for 72 hours, undone by whoever has a contact."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chatbot.messages import Kind, Person, Proven
from chatbot.texts import Texts
from models.customer import Customer
from models.data_request import DataRequest, RequestKind, RequestState
from models.erasure import Erasure, Why
from models.keys import new_id
from models.package import Package
from tests.cases import SHOP, staff_messages
from tests.chat import Desk
from tests.conftest import Database
from tests.conversations.filed_cases import filed
from tests.erasures import by_mail, holds, is_asked
from tests.people import EMAIL, NAME, PHONE, put_on_file


@pytest.fixture
async def desk(database: Database) -> Desk:
    """A desk with one customer on file."""
    desk = Desk()
    await put_on_file(desk.time.now())
    return desk


async def test_what_goes_and_what_stays_is_said_before_anything_is_asked(desk: Desk) -> None:
    """And a proof of the last ten minutes; nothing is erased or frozen by asking."""
    chat = desk.chat()
    assert await chat.says("/xoadulieu") == ["menu.notice", "engine.must_prove", "identity.way.ask"]
    assert await by_mail(chat) == [
        *("identity.proven", "erase.goes", "erase.goes_chats", "erase.goes_copies", "erase.stays"),
        *("erase.stays_elsewhere", "erase.stays_messenger", "erase.undo", "erase.confirm.ask"),
    ]
    assert await Erasure.all().count() == 0


async def test_it_is_confirmed_by_typing_and_frozen(desk: Desk) -> None:
    """With a number in the register whose clock runs on."""
    chat = await is_asked(desk)
    assert await chat.says("có") == ["erase.confirm.wrong", "erase.confirm.ask"]
    assert await chat.says("  xoa du LIEU! ") == ["erase.begun", "erase.until_then"]
    [erasure] = await Erasure.all()
    assert (erasure.why, erasure.due_at) == (Why.ASKED, desk.time.now() + SHOP.undo)
    [request] = await DataRequest.all()
    assert (request.kind, request.state, request.id) == (
        RequestKind.ERASE,
        RequestState.OPEN,
        erasure.request,
    )
    assert await request.limit()
    assert await Customer.load(erasure.id) is None
    assert f"[erase.staff] {request.code}" in await staff_messages()


async def test_other_requests_are_taken_back_but_what_other_systems_must_still_do_goes_on(desk: Desk) -> None:
    """The customer is told which; an objection that waits for the mailing tool is not lost."""
    chat = desk.chat()
    await chat.says("/tuychon")
    await by_mail(chat)
    await chat.presses("preferences.choose.choice.nothing")
    await chat.says("/taidulieu")
    await chat.says("/xoadulieu")
    assert "erase.taken_back" in await chat.says("Xoá dữ liệu")
    states = {one.kind: one.state for one in await DataRequest.all()}
    assert states == {
        RequestKind.OBJECT: RequestState.OPEN,
        RequestKind.EXPORT: RequestState.WITHDRAWN,
        RequestKind.ERASE: RequestState.OPEN,
    }
    assert await Package.due(desk.time.now(), desk.time.now()) is None


async def test_a_copy_first_and_not_at_all_erase_nothing(desk: Desk) -> None:
    """The copy begins at once."""
    chat = await is_asked(desk)
    assert (await chat.presses("erase.confirm.choice.copy"))[:2] == ["erase.copy_first", "export.asked"]
    await chat.says("/xoadulieu")
    assert await chat.presses("erase.confirm.choice.no") == ["erase.not_erased"]
    await chat.says("/xoadulieu")
    assert await chat.says("không") == ["erase.not_erased"]
    assert await Erasure.all().count() == 0


async def test_asked_anew_all_is_said_anew(desk: Desk) -> None:
    """What goes and what stays may have changed since, also where something else came between."""
    chat = await is_asked(desk)
    assert "erase.stays_case" not in await chat.says("/xoadulieu")
    await filed(chat, Person((Proven(new_id(), Kind.EMAIL, EMAIL),)))
    assert "erase.stays_case" in await chat.says("/xoadulieu")


async def test_a_messenger_is_told_nothing_personal(database: Database) -> None:
    """Counts and numbers of requests, never a value of the record; in either language."""
    desk = Desk(texts=Texts)
    await put_on_file(desk.time.now())
    says = {"vi": ("/xoadulieu", "xoá dữ liệu"), "en": ("/keepmydata", "/erase", "erase my data")}
    for language, words in says.items():
        chat = desk.chat(language, "messenger", language)
        await chat.says("/xacminh")
        await chat.says("1")
        await chat.shares(PHONE)
        seen = [reply for text in words for reply in (await chat.says(text), chat.last)[1]]
        assert "YC-2026-" in seen[-1].text
        for reply in seen:
            shown = reply.text + "".join(button.label for button in reply.buttons)
            for value in (NAME, "900000001", "900 000 001", EMAIL, "Hoa Sữa", "PS00777"):
                assert value not in shown


async def test_the_proof_must_be_fresh_when_it_is_confirmed(desk: Desk) -> None:
    """The phrase is not lost: it counts once the contact is proven again."""
    chat = await is_asked(desk)
    desk.time.move(timedelta(minutes=11))
    assert (await chat.says("xoá dữ liệu"))[-1] == "identity.way.ask"
    assert await Erasure.all().count() == 0
    assert "erase.begun" in await by_mail(chat)


async def test_an_open_complaint_is_named_among_what_stays(desk: Desk) -> None:
    """Its number, as it is kept until it ends."""
    chat = desk.chat()
    await chat.says("/xacminh")
    await by_mail(chat)
    await filed(chat, Person((Proven(new_id(), Kind.EMAIL, EMAIL),)))
    assert "erase.stays_case" in await chat.says("/xoadulieu")


async def test_under_a_legal_hold_it_is_refused_with_the_reason_before_anything_is_asked(desk: Desk) -> None:
    """Entered and closed, and to restrict the use is offered instead."""
    record = await Customer.load((await Customer.all())[0].id)
    assert record
    await holds(record, desk)
    chat = desk.chat()
    await chat.says("/xoadulieu")
    assert (await by_mail(chat))[1:] == ["erase.held", "profile.hold.dispute", "erase.instead"]
    assert chat.last[-1].buttons[0].token == "go:preferences"
    [request] = await DataRequest.all()
    assert (request.kind, request.state) == (RequestKind.ERASE, RequestState.REFUSED)
    assert await request.opened("answer") == "[profile.hold.dispute]"
    assert await Erasure.all().count() == 0


async def test_a_shop_may_erase_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``undo_hours`` 0 there is no time to change one's mind, and that is said."""
    monkeypatch.setattr("tests.chat.SHOP", replace(SHOP, undo=timedelta(0)))
    chat = desk.chat()
    await chat.says("/xoadulieu")
    assert "erase.at_once" in await by_mail(chat)
    assert await chat.says("XOÁ DỮ LIỆU") == ["erase.begun_at_once"]
    [erasure] = await Erasure.all()
    assert erasure.token is None
    assert await chat.says("/xemdulieu") == ["engine.frozen_due"]
