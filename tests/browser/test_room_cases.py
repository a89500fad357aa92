"""The queue and the pages of cases in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from models import StaffMember
from models.case_entry import CaseEntry, Entry
from models.casework import take
from models.database import run_tx
from models.event import Event, Tag
from models.roles import Role
from models.wish import Wish
from tests.browser.conftest import NewPage, fixture
from tests.browser.looks import WIDTHS, can_be_read, fits
from tests.conftest import Database
from tests.room_cases import a_case, a_chat, fresh, told
from tests.room_server import RoomServer, room_serving
from tests.staff import NOW, hire

# What is tested here are the pages; that either database serves them is tested without a browser.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Enter = Callable[..., Awaitable[Page]]


@fixture()
async def room(database: Database) -> AsyncIterator[RoomServer]:
    """The room on a port of this machine."""
    async with room_serving() as server:
        yield server


@pytest.fixture
def enter(room: RoomServer, new_page: NewPage) -> Enter:
    """A page of somebody who has joined."""

    async def inside(name: str = "Nguyễn Thị Mai", role: Role = Role.AGENT, **options: object) -> Page:
        who = await hire(name, role, wall=room.wall)
        page = await new_page(**options)
        await page.context.add_cookies([{"name": "staff", "value": who.cookie, "url": f"{room.url}/staff"}])
        await page.goto(f"{room.url}/staff")
        return page

    return inside


async def test_the_queue_is_live(enter: Enter) -> None:
    """A new case, and who takes it, stand there without a reload."""
    page = await enter()
    await expect(page.get_by_role("heading", name="Khiếu nại, yêu cầu đang mở: 0")).to_be_visible()
    await page.evaluate("window.same = true")
    case = await a_case(await a_chat())
    await expect(page.get_by_role("link", name=case.code)).to_be_visible()
    await expect(page.locator(".case")).to_contain_text("Chưa ai phụ trách")
    mai = await StaffMember.get()
    await run_tx(lambda: take(case, mai.id, NOW))
    await expect(page.locator(".case")).to_contain_text("Tôi phụ trách")
    assert await page.evaluate("window.same")


async def test_a_case_from_taking_to_its_decision(enter: Enter, room: RoomServer) -> None:
    """Take it, ask, the answer arrives while the page lies open, decide with a preview, and it is sent."""
    chat = await a_chat()
    case = await a_case(chat)
    page = await enter()
    await page.get_by_role("link", name=case.code).click()
    await page.get_by_role("button", name="Nhận phụ trách").click()
    await expect(page.get_by_text("Đã nhận phụ trách.")).to_be_visible()
    await page.get_by_text("Hỏi khách", exact=True).click()
    await page.get_by_label("Câu hỏi, gửi đến khách").fill("Việc này xảy ra khi nào?")
    await page.get_by_role("button", name="Gửi câu hỏi").click()
    await expect(page.get_by_text("Đã gửi câu hỏi.")).to_be_visible()
    assert "Việc này xảy ra khi nào?" in (await told(chat))[-1]
    await page.locator("summary", has_text="Quyết định").click()
    await page.get_by_label("Lý do (bắt buộc").fill("Đang viết dở")

    async def answer() -> None:
        await CaseEntry.add(case, Entry.CUSTOMER_WROTE, NOW, words="Hôm <b>qua</b>.")
        await Event.record(Tag.CASE_WORDS_ADDED, NOW, case=case.id)

    await run_tx(answer)
    await expect(page.locator(".timeline")).to_contain_text("Hôm <b>qua</b>.")
    await expect(page.get_by_label("Lý do (bắt buộc")).to_have_value("Đang viết dở")
    await page.get_by_label("Kết luận").select_option(label="Chấp nhận một phần")
    await page.get_by_label("Lý do (bắt buộc").fill("Nhật ký cho thấy có sai sót.")
    await page.get_by_label("Bồi thường").select_option(label="Không bồi thường")
    await page.get_by_role("button", name="Xem trước").click()
    await expect(page.get_by_role("heading", name="Xem trước quyết định")).to_be_visible()
    await expect(page.locator("blockquote")).to_contain_text("Nhật ký cho thấy có sai sót.")
    await page.get_by_role("button", name="Sửa lại").click()
    await page.get_by_label("Lý do (bắt buộc").fill("Nhật ký cho thấy một sai sót.")
    await page.get_by_role("button", name="Xem trước").click()
    await page.get_by_role("button", name="Gửi quyết định").click()
    await expect(page.get_by_text("Đã quyết định; thư đang được gửi.")).to_be_visible()
    assert "Nhật ký cho thấy một sai sót." in (await told(chat))[-1]


async def test_an_open_page_says_that_the_case_has_moved_on(enter: Enter) -> None:
    """What was typed stays where it is."""
    case = await a_case(await a_chat())
    page = await enter()
    mai = await StaffMember.get()
    await run_tx(lambda: take(case, mai.id, NOW))
    await page.goto(f"{page.url}/case/{case.code}")
    await page.get_by_text("Ghi chú nội bộ", exact=True).click()
    await page.get_by_label("Chỉ nhân viên đọc được").fill("Đang viết")
    await expect(page.locator("#moved")).to_be_hidden()

    async def withdraw() -> None:
        await case.withdraw(NOW)
        await CaseEntry.add(case, Entry.WITHDRAWN, NOW)
        await Event.record(Tag.CASE_WITHDRAWN, NOW, case=case.id)

    await run_tx(withdraw)
    await expect(page.locator("#moved")).to_contain_text("chuyển sang bước khác")
    await expect(page.get_by_label("Chỉ nhân viên đọc được")).to_have_value("Đang viết")


async def test_a_wish_appears_and_is_answered(enter: Enter) -> None:
    """Without a reload by hand."""
    page, chat = await enter(), await a_chat()

    async def wish() -> None:
        made = await Wish.add(chat.id, NOW)
        await Wish.append(made.id, chat, "Xin gọi lại.", (), NOW)
        await Event.record(Tag.PERSON_WANTED, NOW, chat=chat.id)

    await run_tx(wish)
    await expect(page.get_by_text("Xin gọi lại.")).to_be_visible()
    await page.get_by_label("Trả lời", exact=True).fill("Chúng tôi gọi ngay.")
    await page.get_by_role("button", name="Gửi trả lời").click()
    await expect(page.get_by_text("Đã gửi trả lời.")).to_be_visible()
    assert "Chúng tôi gọi ngay." in (await told(chat))[-1]


async def test_files_are_put_in(enter: Enter, tmp_path: Path) -> None:
    """Each is answered by name; a file of a wrong kind says why."""
    case = await a_case(await a_chat(), proven=False)
    page = await enter()
    mai = await StaffMember.get()
    await run_tx(lambda: take(case, mai.id, NOW))
    await page.goto(f"{page.url}/case/{case.code}")
    (tmp_path / "thư khách.txt").write_text("Tôi khiếu nại.", encoding="utf-8")
    (tmp_path / "x.exe").write_bytes(b"MZ\0\0\0")
    await page.get_by_text("Thêm tệp nhận qua").click()
    await page.get_by_label("Tệp, mỗi tệp").set_input_files([tmp_path / "thư khách.txt", tmp_path / "x.exe"])
    await page.get_by_role("button", name="Thêm tệp").click()
    await expect(page.locator("#upload-said")).to_contain_text("thư khách.txt: đã nhận")
    await expect(page.locator("#upload-said")).to_contain_text("x.exe: Không nhận")
    await expect(page.get_by_role("link", name="thư khách.txt")).to_be_visible()
    assert (await fresh(case)).proven_at is not None
    async with page.expect_download() as saved:
        await page.get_by_role("link", name="thư khách.txt").click()
    assert (await (await saved.value).path()).read_text(encoding="utf-8") == "Tôi khiếu nại."


async def test_without_javascript_a_case_is_worked_on(enter: Enter) -> None:
    """By reloading; only adding files needs a script, and says so."""
    case = await a_case(await a_chat())
    page = await enter(java_script_enabled=False)
    await page.get_by_role("link", name=case.code).click()
    await page.get_by_role("button", name="Nhận phụ trách").click()
    await page.get_by_text("Ghi chú nội bộ", exact=True).click()
    await page.get_by_label("Chỉ nhân viên đọc được").fill("Đã gọi.")
    await page.get_by_role("button", name="Lưu ghi chú").click()
    await expect(page.locator(".timeline")).to_contain_text("Đã gọi.")


async def test_by_keyboard(enter: Enter) -> None:
    """Past the header, to the case, and to what is done in it."""
    case = await a_case(await a_chat())
    page = await enter()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    for _ in range(12):
        await page.keyboard.press("Tab")
        if case.code in await page.evaluate("document.activeElement.textContent"):
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=case.code)).to_be_visible()
    await page.get_by_role("button", name="Nhận phụ trách").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Đã nhận phụ trách.")).to_be_visible()


async def test_every_page_fits_and_can_be_read(enter: Enter, room: RoomServer) -> None:
    """By day and by night, on a telephone and at a desk."""
    chat = await a_chat()
    case = await a_case(chat, second="mot.dia.chi.rat.dai.va.khong.co.cho.ngat@example.com", priority=True)
    await a_case(at=NOW.replace(month=10))
    wish = await run_tx(lambda: Wish.add(chat.id, NOW))
    await run_tx(lambda: Wish.append(wish.id, chat, "Tôi cần gặp người phụ trách.", (), NOW))
    page = await enter("Công Tằng Tôn Nữ Thị Quỳnh Như", Role.DIRECTOR, reduced_motion="reduce")
    me = await StaffMember.get()
    await run_tx(lambda: take(case, me.id, NOW))
    controls = "button:visible, .field input:visible, select:visible, summary:visible, .case > a:visible"

    async def look(name: str) -> None:
        await can_be_read(page, name)
        for width in WIDTHS:
            await fits(page, width, controls, name, wide=0)

    await look("queue")
    await page.goto(f"{room.url}/staff/enter")
    await look("enter")
    await page.goto(f"{room.url}/staff/case/{case.code}")
    for summary in await page.locator("#acts summary").all():
        await summary.click()
    await look("case")
    await page.get_by_label("Kết luận").select_option("upheld")
    await page.get_by_label("Lý do (bắt buộc").fill("Nhật ký cho thấy số điện thoại bị dùng sai. " * 5)
    await page.get_by_label("Bồi thường").select_option("amount")
    await page.get_by_label("Số tiền").fill("1.500.000")
    await page.get_by_role("button", name="Xem trước").click()
    await look("preview")
    await page.get_by_role("button", name="Trình duyệt").click()
    await look("approve")
