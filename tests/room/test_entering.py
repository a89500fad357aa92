"""Complaints that came by e-mail, telephone or post, entered in the staff room."""

from __future__ import annotations

from datetime import date, datetime
from html import unescape

import pytest

from chatbot.messages import Kind
from models import Event
from models.case import Case, CaseContact, Category
from models.deadline import Deadline
from models.entered import Way
from models.event import Tag
from models.keys import ring
from models.promises import Promise
from tests.people import EMAIL
from tests.room.inside import ENTERED, Enter, text_of
from tests.room_cases import WORDS, told_elsewhere
from tests.room_server import RoomServer


async def test_a_complaint_that_came_by_email_is_entered(enter: Enter, server: RoomServer) -> None:
    """Same number and clocks, from the instant of its receipt; the receipt goes to the contact, by which it
    can be claimed."""
    mai = await enter()
    server.outlets[Kind.EMAIL] = "email"
    assert 'value="2026-11-24T09:00"' in (await mai.see("/staff/enter")).text
    answer = await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED})
    assert answer.status == 303, text_of(answer)
    [case] = await Case.all().select_related("key")
    assert answer.to == f"/staff/case/{case.code}?done=enter_complaint"
    assert (case.chat, case.handler, case.priority, case.category) == (None, mai.id, True, Category.LEAKED)
    assert case.filed_at == datetime.fromisoformat("2026-11-20T09:30+00:00")
    assert case.opened().what == WORDS
    acknowledged = await Deadline.get(promise=Promise.ACKNOWLEDGE)
    assert acknowledged.met_at == case.filed_at
    [(by, to, words)] = await told_elsewhere(case)
    assert (by, to) == ("email", EMAIL)
    assert case.code in words
    [contact] = await CaseContact.all()
    assert contact.value_index == ring().blind_index(Kind.EMAIL, EMAIL)
    [event] = await Event.filter(tag=Tag.CASE_FILED)
    assert (event.member, event.detail) == (mai.id, Way.EMAIL)


async def test_the_customer_is_written_to_in_the_language_that_was_chosen(
    enter: Enter, server: RoomServer
) -> None:
    """The receipt and every later letter; by default the first language of the desk."""
    mai = await enter()
    server.outlets[Kind.EMAIL] = "email"
    assert '<option value="vi" selected>Tiếng Việt' in (await mai.see("/staff/enter")).text
    await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED, "language": "en"})
    [case] = await Case.all().select_related("key")
    await mai.does(case, "accept")
    await mai.does(case, "ask", words="When?")
    letters = [words for _, _, words in await told_elsewhere(case)]
    begun = ("Partyshop.vn received your complaint", f"Complaint {case.code}", "About complaint")
    assert [words.startswith(start) for words, start in zip(letters, begun, strict=True)] == [True] * 3


async def test_an_entered_complaint_says_what_is_wanted(enter: Enter) -> None:
    """The amount, which counts with compensation alone; and where the customer wants to negotiate, the 7
    working days run too."""
    mai = await enter()
    wanted = {"remedy": "compensation", "amount": "1.500.000", "negotiate": "1"}
    for changed in (wanted, {**wanted, "remedy": "apology", "negotiate": ""}):
        assert (
            await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED, **changed})
        ).status == 303
    paid, sorry = await Case.all().select_related("key").order_by("number")
    assert (paid.opened().amount, sorry.opened().amount) == (1_500_000, None)
    [clock] = await Deadline.filter(promise=Promise.NEGOTIATE)
    assert (clock.about, clock.promised_on) == (paid.id, date(2026, 12, 2))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"what": ""}, "Vui lòng nhập"),
        ({"what": "x" * 20_001}, "quá dài"),
        ({"category": "x"}, "chọn đủ"),
        ({"way": ""}, "chọn đủ"),
        ({"language": "xx"}, "chọn đủ"),
        ({"contact": "không có"}, "e-mail chưa đúng"),
        ({"remedy": "compensation", "amount": "nhiều"}, "Số tiền chưa đúng"),
        ({"received": "2026-11-24T09:01"}, "Thời điểm nhận"),
        ({"received": "2025-11-01T09:00"}, "Thời điểm nhận"),
        ({"received": "0001-01-01T00:00"}, "Thời điểm nhận"),
        ({"received": "hôm qua"}, "Thời điểm nhận"),
    ],
)
async def test_what_cannot_be_entered(enter: Enter, changed: dict[str, str], said: str) -> None:
    """Is said, and what was typed is kept; no number is given."""
    mai = await enter()
    answer = await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED, **changed})
    assert (answer.status, said in answer.said) == (422, True)
    assert unescape(answer.text).count(ENTERED["what"]) == (1 if "what" not in changed else 0)
    assert await Case.all().count() == 0
