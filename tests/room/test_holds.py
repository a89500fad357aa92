"""Legal holds in the staff room, and what the customer sees of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.clock import local_date
from models.case import Case
from models.database import run_tx
from models.erased import Erased
from models.event import Event, Tag
from models.holding import about
from models.inventory import remove_keyless
from models.legal_hold import Ground, LegalHold
from models.record_opening import Opening, Reason, openings
from models.roles import Role
from tests.people import EMAIL, NAME, PHONE, put_on_file
from tests.requests import a_request
from tests.room.inside import Enter, Inside, text_of
from tests.room_cases import a_case, a_chat
from tests.room_server import Answer
from tests.staff import NOW

WHY = "Khách kiện tại toà án <quận>"
REVIEW = str(local_date(NOW) + timedelta(days=90))


async def sends(director: Inside, path: str, **form: str) -> Answer:
    """A form of the page."""
    return await director.browser.send(f"/staff/holds/{path}", {"form": director.token, **form})


async def puts(director: Inside, subject: object, **changed: str) -> Answer:
    """The form that holds something, filled in."""
    form = {"ground": "dispute", "words": WHY, "review": REVIEW, **changed}
    return await sends(director, "put", subject=str(subject), **form)


async def test_a_director_holds_a_record_and_lifts_that(enter: Enter) -> None:
    """With a reason that is sealed, a ground and a day that the customer is told, and both in the trail."""
    director, record = await enter(role=Role.DIRECTOR), await put_on_file(NOW)
    found = await sends(director, "find", what=PHONE)
    assert NAME not in found.text
    assert found.field("subject") == str(record.id)
    assert (await puts(director, record.id)).to == "/staff/holds?done=put"
    hold = await LegalHold.of(record)
    assert hold
    assert WHY.encode() not in bytes(hold.reason)
    assert await hold.opened() == WHY
    page = await director.see("/staff/holds?done=put")
    assert "Khách kiện tại toà án <quận>" in text_of(page)
    assert "&lt;quận&gt;" in page.text
    assert "Giữ theo pháp lý: 1" in text_of(await director.see())
    event = await Event.get(tag=Tag.HOLD_PUT)
    assert (event.customer, event.member, event.detail) == (record.id, director.id, "dispute")
    assert await openings(record.id, 9) == ([Opening(NOW, Role.DIRECTOR, Reason.HOLD)], 0)

    assert "desk.hold" not in page.text
    assert (await sends(director, f"{hold.id}/lift", words=" ")).status == 422
    assert (await sends(director, f"{hold.id}/lift", words="Đã hoà giải")).to == "/staff/holds?done=lift"
    assert await LegalHold.of(record) is None
    assert (await Event.get(tag=Tag.HOLD_LIFTED)).customer == record.id
    assert (await sends(director, f"{hold.id}/lift", words="Lần nữa")).status == 409


async def test_a_record_is_found_as_staff_know_it(enter: Enter) -> None:
    """By a contact, the shop's own number, a request, or the number of a case that its contacts claim."""
    director, record = await enter(role=Role.DIRECTOR), await put_on_file(NOW)
    request, case = await a_request(record, NOW), await a_case()
    assert await Case.exists(id=case.id)
    for typed in (PHONE, EMAIL.upper(), "PS00777", request.code):
        assert (await sends(director, "find", what=typed)).field("subject") == str(record.id), typed
    assert (await sends(director, "find", what=case.code)).field("subject") == str(case.id)
    for typed in ("0900000099", "KN-2026-999999-0", "nobody", " "):
        answer = await sends(director, "find", what=typed)
        assert (answer.status, 'name="subject"' in answer.text) == (404, False)
    for page in (f"/staff/case/{case.code}", f"/staff/request/{request.code}"):
        assert 'action="/staff/holds/find"' in (await director.see(page)).text


async def test_a_case_is_held_under_its_own_key(enter: Enter) -> None:
    """The hold goes with the case, and no customer is said to have been looked at."""
    director, case = await enter(role=Role.DIRECTOR), await a_case(await a_chat())
    await puts(director, case.id, ground="authority")
    hold = await LegalHold.on(case.id)
    assert hold
    assert hold.ground is Ground.AUTHORITY
    assert case.code in (await director.see("/staff/holds")).text
    event = await Event.get(tag=Tag.HOLD_PUT)
    assert (event.case, event.customer) == (case.id, None)
    assert await Event.filter(tag=Tag.RECORD_SHOWN).count() == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"words": " "},
        {"ground": "whim"},
        {"review": str(local_date(NOW))},
        {"review": str(local_date(NOW) + timedelta(days=400))},
        {"review": "soon"},
    ],
)
async def test_a_form_that_is_not_whole_holds_nothing(enter: Enter, changed: dict[str, str]) -> None:
    """It is said why, and what was typed is still there."""
    director, record = await enter(role=Role.DIRECTOR), await put_on_file(NOW)
    answer = await puts(director, record.id, **changed)
    assert (answer.status, bool(answer.said)) == (422, True)
    assert changed.get("words", "&lt;quận&gt;") in answer.text
    assert await LegalHold.all().count() == 0


async def test_of_two_directors_one_holds_it(enter: Enter) -> None:
    """The second is told; an id that is none, or of nothing, is no error of ours."""
    director, record = await enter(role=Role.DIRECTOR), await put_on_file(NOW)
    await puts(director, record.id)
    assert (await puts(director, record.id)).status == 409
    assert await LegalHold.all().count() == 1
    assert "đang được giữ" in text_of(await sends(director, "find", what=PHONE))
    assert (await puts(director, "x")).status == 404
    assert (await puts(director, "00000000-0000-0000-0000-000000000009")).status == 404
    assert (await sends(director, "x/lift", words="y")).status == 404


async def test_holds_are_for_directors(enter: Enter) -> None:
    """Nobody else sees or changes one, and nobody else is shown the way."""
    lead, record = await enter(role=Role.LEAD), await put_on_file(NOW)
    assert (await lead.see("/staff/holds")).status == 403
    assert (await puts(lead, record.id)).status == 403
    assert "/staff/holds" not in (await lead.see()).text


async def test_the_customer_is_told_what_holds_their_record(enter: Enter) -> None:
    """Ground, since when, and when it is looked at again; never the reason in words."""
    director, record = await enter(role=Role.DIRECTOR), await put_on_file(NOW)
    assert len(about(record, None, years=1)) == 4
    await puts(director, record.id, ground="duty")
    hold = await LegalHold.of(record)
    told = about(record, hold, years=1)
    key, params = told[3]
    assert (key, str(params["review"])) == ("profile.hold.duty", REVIEW)
    assert len(told) == 5


async def test_a_hold_goes_with_the_key_of_its_subject(enter: Enter) -> None:
    """Its row with it; what stays is in the trail. A hold is neither put nor lifted without a reason."""
    director, record = await enter(role=Role.DIRECTOR), await put_on_file(NOW)
    await puts(director, record.id)
    hold = await LegalHold.of(record)
    assert hold
    with pytest.raises(ValueError, match="reason"):
        await hold.lift(" ", member=director.id, now=NOW)
    await run_tx(lambda: Erased.record(record.id, NOW))
    await run_tx(remove_keyless)
    assert await LegalHold.all().count() == 0
    assert await Event.filter(tag=Tag.HOLD_PUT).count() == 1
