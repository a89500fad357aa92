"""What no key opens any more: the room says so, and goes on with everything else."""

from __future__ import annotations

from uuid import UUID

import pytest
from structlog.testing import capture_logs

from models.case_entry import CaseEntry
from models.casework import take
from models.database import run_tx
from models.keys import SubjectKey, new_id
from models.staff import UNREADABLE, StaffMember
from models.wish import Wish
from tests.room.inside import Enter, text_of
from tests.room_cases import WORDS, a_case, a_chat, a_wish
from tests.staff import NOW

SAID = "Không đọc được dữ liệu này"


async def break_key(subject: UUID, how: str) -> None:
    """Its key opens nothing any more."""
    wrapped = b"broken" if how == "damaged" else SubjectKey.make(new_id()).wrapped
    assert await SubjectKey.filter(id=subject).update(wrapped=wrapped) == 1


@pytest.mark.parametrize("how", ["damaged", "of another"])
async def test_a_case_whose_key_is_broken_says_so(enter: Enter, how: str) -> None:
    """What it is, what to do, in the frame of the room; by page, live part and form alike, and nothing is
    done. The queue and the other cases are as ever; the log has the place and no words."""
    mai = await enter()
    broken, whole = await a_case(), await a_case()
    await break_key(broken.id, how)
    with capture_logs() as logs:
        page = await mai.see(f"/staff/case/{broken.code}")
        assert (await mai.see(f"/staff/case/{broken.code}/live")).status == 410
        assert (await mai.do(broken, "note", words="Đã gọi khách.")).status == 410
    assert page.status == 410
    assert SAID in text_of(page)
    assert "chatbot check" in text_of(page)
    assert "Nguyễn Thị Mai" in text_of(page)
    assert await CaseEntry.filter(case_id=broken.id).count() == 1
    assert [line["event"] for line in logs] == ["page_unreadable"] * 3
    assert WORDS not in str(logs)
    assert broken.code not in str(logs)
    assert broken.code in (await mai.see()).text
    assert WORDS[:20] in (await mai.see(f"/staff/case/{whole.code}")).text


async def test_a_chat_whose_key_is_broken_hides_no_case(enter: Enter) -> None:
    """The case has a key of its own; what is sealed for the chat alone is said to be unreadable."""
    mai, chat = await enter(), await a_chat()
    case, wish = await a_case(chat), await a_wish(chat, "Tôi cần gấp")
    await break_key(chat.id, "damaged")
    assert WORDS[:20] in (await mai.see(f"/staff/case/{case.code}")).text
    answer = await mai.browser.send(f"/staff/wish/{wish.id}", {"form": mai.token, "words": "Chào quý khách"})
    assert answer.status == 410
    assert SAID in text_of(answer)
    assert (await Wish.get()).answered_at is None


async def test_a_colleague_whose_name_cannot_be_read_stops_nobody(enter: Enter) -> None:
    """Queue and case are there, with a mark in place of the name; and so is the colleague's own room."""
    mai, bình = await enter(), await enter("Trần Văn Bình")
    case = await a_case()
    assert await run_tx(lambda: take(case, bình.id, NOW))
    await StaffMember.filter(id=bình.id).update(name=b"broken")
    for who in (mai, bình):
        for path in ("/staff", f"/staff/case/{case.code}"):
            page = await who.see(path)
            assert (page.status, "Trần" in page.text) == (200, False)
    assert UNREADABLE in text_of(await mai.see(f"/staff/case/{case.code}"))
