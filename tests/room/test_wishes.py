"""Wishes for a person in the staff room."""

from __future__ import annotations

import asyncio

import pytest

from chatbot.messages import FileRef
from models import Event
from models.database import run_tx
from models.event import Tag
from models.keys import SubjectKey, new_id
from models.wish import For, Want, Wish
from tests.room.inside import Enter, shut, text_of
from tests.room_cases import a_chat, a_wish, told
from tests.staff import NOW


async def test_a_wish_that_opens_no_more_hides_no_other(enter: Enter) -> None:
    """The page of everybody's work says so, and shows the rest."""
    mai, broken = await enter(), await a_chat("1")
    await a_wish(broken, "Tôi cần gấp")
    await a_wish(await a_chat("2"), "Gọi lại giúp")
    await SubjectKey.filter(id=broken.id).update(wrapped=b"broken")
    page = await mai.see()
    assert page.status == 200
    assert "Gọi lại giúp" in page.text
    assert "Không mở được nội dung này nữa" in page.text


async def test_a_wish_for_a_person_is_answered_into_the_chat(enter: Enter) -> None:
    """Its words and files are there, escaped; the answer must arrive; the first answer counts, and what the
    second has typed is kept."""
    mai, bình, chat = await enter(), await enter("Trần Văn Bình"), await a_chat(language="en")
    file = FileRef("xyz", "../hoá đơn<.pdf", "application/pdf", 10)
    wish = await a_wish(chat, "Tôi cần <gấp>", "Gọi lại giúp", files=(file, FileRef("gone", "b", "x")))
    page = await mai.see()
    assert "Tôi cần &lt;gấp&gt;\n\nGọi lại giúp" in page.text
    assert "hoá đơn_.pdf" in page.text
    got = await mai.see(f"/staff/wish/{wish.id}/file/1")
    assert (got.status, got.text) == (200, "content of xyz")
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert (await mai.see(f"/staff/wish/{wish.id}/file/2")).status == 410
    for path in (f"{wish.id}/file/3", f"{wish.id}/file/0", f"{new_id()}/file/1", "x/file/1"):
        assert (await mai.see(f"/staff/wish/{path}")).status == 404
    empty = await mai.browser.send(f"/staff/wish/{wish.id}", {"form": mai.token, "words": " "})
    assert empty.status == 422
    answers = await asyncio.gather(
        *(
            who.browser.send(f"/staff/wish/{wish.id}", {"form": who.token, "words": f"Answer <{who.id}>"})
            for who in (mai, bình)
        )
    )
    assert sorted(answer.status for answer in answers) == [303, 409]
    loser = next(answer for answer in answers if answer.status == 409)
    assert "Answer &lt;" in loser.text
    assert "đã trả lời trước" in loser.said
    [words] = await told(chat)
    assert words.startswith("Partyshop.vn answers you:\n\nAnswer <")
    assert (await Wish.get(id=wish.id)).answered_at == NOW
    assert await Event.filter(tag=Tag.PERSON_ANSWERED, chat=chat.id).count() == 1


async def test_a_representative_is_known_as_one(enter: Enter) -> None:
    """For whom they speak and what they want stands above their words; a plain wish says nothing of it."""
    mai, chat = await enter(), await a_chat()
    await run_tx(lambda: Wish.represent(chat, For.DIED, Want.ERASE, ("Mẹ tôi <đã> mất", "Gọi buổi tối"), NOW))
    page = await mai.see()
    assert "Thay cho người đã mất: muốn xoá dữ liệu" in page.text
    assert "Mẹ tôi &lt;đã&gt; mất\n\nGọi buổi tối" in page.text
    await Wish.all().delete()
    await a_wish(chat, "Xin chào")
    assert "Thay cho" not in (await mai.see()).text


async def test_a_file_of_a_wish_is_looked_into_before_anybody_can_open_it(
    enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What proof may not be is not handed out here either, whatever it is called; the reason is said."""
    mai, chat = await enter(), await a_chat()
    program = FileRef("MZ\x90\x00\x03", "giay khai sinh.pdf", "application/pdf", 10)
    wish = await a_wish(chat, files=(program,))
    monkeypatch.setattr("tests.room_server.GREETING", b"")
    answer = await mai.see(f"/staff/wish/{wish.id}/file/1")
    assert (answer.status, "loại tệp không được phép" in answer.text) == (422, True)
    assert "Content-Disposition" not in answer.headers


async def test_a_wish_whose_chat_is_shut_says_so(enter: Enter) -> None:
    """It stays open, and the words are kept."""
    mai, chat = await enter(), await a_chat()
    wish = await a_wish(chat)
    await shut(chat)
    assert "không nhận tin" in text_of(await mai.see())
    answer = await mai.browser.send(f"/staff/wish/{wish.id}", {"form": mai.token, "words": "Xin chào"})
    assert (answer.status, "Xin chào</textarea>" in answer.text) == (409, True)
    assert (await Wish.get(id=wish.id)).answered_at is None
