"""Files and the full record in the staff room: put in, saved, opened for a reason."""

from __future__ import annotations

from chatbot.messages import Kind
from models import Event
from models.case import Case, CaseContact
from models.case_states import CaseState
from models.event import Tag
from models.evidence import Evidence
from models.keys import new_id, ring
from models.record_opening import Reason
from tests.people import EMAIL, NAME, put_on_file
from tests.room.inside import ENTERED, PNG, Enter, put, text_of
from tests.room_cases import a_case, a_chat, fresh, told_elsewhere
from tests.room_server import RoomServer
from tests.staff import NOW


async def test_files_are_put_in_and_saved(enter: Enter, server: RoomServer) -> None:
    """What came with an entered complaint counts from its receipt; the bytes come back as they were, under a
    safe name, never as a page. The customer hears the day."""
    mai = await enter()
    server.outlets[Kind.EMAIL] = "email"
    await mai.browser.send("/staff/enter", {"form": mai.token, **ENTERED})
    [case] = await Case.all().select_related("key")
    name = "%E1%BA%A3nh%20%22m%E1%BB%9Bi%22%0D%0A.exe"
    assert (await put(mai, case, name, PNG, **{"X-With-Complaint": "1"}))[0] == 200
    case = await fresh(case)
    assert (case.state, case.proven_at) == (CaseState.RUNNING, case.filed_at)
    assert "07/12/2026" in (await told_elsewhere(case))[-1][2]
    [file] = await Evidence.all()
    page = await mai.see(f"/staff/case/{case.code}")
    assert file.sha256
    assert file.sha256[:12] in page.text
    async with mai.browser.session.get(f"{server.url}/staff/case/{case.code}/file/{file.id}") as got:
        assert (got.status, await got.read()) == (200, PNG)
        assert got.headers["Content-Type"] == "application/octet-stream"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]
        disposition = got.headers["Content-Disposition"]
        assert disposition.startswith("attachment;")
        assert disposition.endswith(".exe.png")
        assert "\n" not in disposition
    other = await a_case()
    for path in (f"{other.code}/file/{file.id}", f"{case.code}/file/{new_id()}", f"{case.code}/file/x"):
        assert (await mai.see(f"/staff/case/{path}")).status == 404


async def test_files_that_are_not_taken(enter: Enter, server: RoomServer) -> None:
    """By content, not by name; each is said why, and nothing is kept. Not without the script's header."""
    mai, case = await enter(), await a_case(proven=False)
    assert (await put(mai, case, "a.png", PNG))[0] == 409
    await mai.does(case, "take")
    for content, said in ((b"MZ\x90\x00" + b"\0" * 99, "loại tệp"), (b"", "tệp trống")):
        status, words = await put(mai, case, "a.png", content)
        assert (status, said in words) == (422, True)
    assert (await put(mai, case, "a.png", PNG, **{"Content-Type": "text/plain"}))[0] == 415
    assert (await put(mai, case, "a.png", PNG, Origin="https://evil.example"))[0] == 403
    assert await Evidence.all().count() == 0
    for number in range(10):
        assert (await put(mai, case, f"{number}.png", PNG))[0] == 200
    assert (await put(mai, case, "11.png", PNG))[0] == 409
    file = await Evidence.all().first()
    assert file
    assert server.shelf
    for sealed in server.shelf.vault._folder.iterdir():
        sealed.unlink()
    assert (await mai.see(f"/staff/case/{case.code}/file/{file.id}")).status == 410


async def test_the_full_record_is_opened_for_a_reason(enter: Enter) -> None:
    """It stands on no page before; each opening is in the trail of the customer, with role and reason."""
    mai = await enter()
    record = await put_on_file(NOW)
    case = await a_case(await a_chat())
    missing = await mai.do(case, "record", why="examine")
    assert (missing.status, "Không tìm thấy hồ sơ" in missing.said) == (404, True)
    await CaseContact.create(id=new_id(), case_id=case.id, value_index=ring().blind_index(Kind.EMAIL, EMAIL))
    assert NAME not in (await mai.see(f"/staff/case/{case.code}")).text
    for wrong in ("", "curious"):
        assert (await mai.do(case, "record", why=wrong)).status == 422
    assert await Event.filter(tag=Tag.RECORD_SHOWN).count() == 0
    page = await mai.do(case, "record", why=Reason.EXAMINE)
    assert page.status == 200
    assert NAME in page.text
    assert page.headers["Cache-Control"] == "no-store"
    [event] = await Event.filter(tag=Tag.RECORD_SHOWN)
    assert (event.customer, event.case, event.member) == (record.id, case.id, mai.id)
    assert event.detail == "agent:examine"
    assert "Mở hồ sơ khách hàng" in text_of(await mai.see(f"/staff/case/{case.code}"))
