"""The whole demo in a browser: the customer on the left, the staff room on the right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import FrameLocator, Page, expect

from chatbot.demo import Demo
from chatbot.shop import load_shop
from chatbot.texts import Texts
from tests.browser.conftest import NewPage, fixture
from tests.evidence_files import image

WORDS = "Tôi nhận cuộc gọi quảng cáo từ một công ty khác, họ nói có số của tôi từ cửa hàng."


@fixture()
async def address() -> AsyncIterator[str]:
    """Where a demo is open."""
    demo = Demo("127.0.0.1", 0, load_shop(), Texts.load())
    try:
        yield f"http://127.0.0.1:{await demo.start()}"
    finally:
        await demo.stop()


async def test_a_complaint_is_decided_on_the_right_and_read_on_the_left(
    address: str, new_page: NewPage, tmp_path: Path
) -> None:
    """Filed with proof, it appears in the room by itself; it is taken and decided there."""
    page = await new_page(viewport={"width": 1280, "height": 800})
    await page.goto(f"{address}/demo")
    chat, room = page.frame_locator("#chat"), await the_room(page)
    proof = tmp_path / "tin nhắn.png"
    proof.write_bytes(image("PNG"))

    await answers(chat, "khiếu nại", "khiếu nại về việc gì")
    await answers(chat, "Chuyển cho người khác hoặc bị lộ", "kể lại việc")
    await answers(chat, WORDS, "xảy ra khi nào")
    await answers(chat, "Hôm qua", "gửi tài liệu chứng minh")
    await chat.locator("#file").set_input_files(proof)
    await expect(chat.locator("body")).to_contain_text("Đã nhận: 1 trên 10 tệp")
    await answers(chat, "Tiếp tục", "giải quyết thế nào")
    await answers(chat, "Xoá dữ liệu", "thương lượng với chúng tôi không")
    await answers(chat, "Không", "ưu tiên giải quyết")
    await answers(chat, "Không muốn trả lời", "qua số điện thoại hoặc e-mail nào")
    await answers(chat, "Bỏ qua", "Khiếu nại về:")
    await answers(chat, "Gửi khiếu nại", "Số khiếu nại: KN-")

    await expect(room.locator(".case")).to_contain_text("Chuyển cho người khác hoặc bị lộ")
    await room.locator(".case a").click()
    await expect(room.locator("body")).to_contain_text(WORDS)
    await expect(room.locator(".files")).to_contain_text("tin nhắn.png", timeout=30_000)
    await room.get_by_role("button", name="Nhận phụ trách").click()
    await expect(room.get_by_text("Đã nhận phụ trách.")).to_be_visible()
    await room.locator("summary", has_text="Quyết định").click()
    await room.get_by_label("Kết luận").select_option("upheld")
    await room.get_by_label("Lý do (bắt buộc").fill("Nhật ký cho thấy số điện thoại bị dùng sai.")
    await room.get_by_label("Bồi thường").select_option("none")
    await room.get_by_role("button", name="Xem trước").click()
    await room.get_by_role("button", name="Gửi quyết định").click()
    await expect(room.get_by_text("Đã quyết định; thư đang được gửi.")).to_be_visible()
    await expect(chat.locator("body")).to_contain_text("Nhật ký cho thấy số điện thoại bị dùng sai.")

    await page.get_by_role("tab", name="Nhóm được báo").click()
    await expect(page.locator("#staff")).to_contain_text("Khiếu nại mới KN-")
    assert WORDS not in await page.locator("#staff").inner_text()


async def test_every_browser_gets_in_also_a_year_later(address: str, new_page: NewPage) -> None:
    """By the same sign-in as at first; no code counts twice."""
    first = await new_page()
    await first.goto(f"{address}/demo")
    await the_room(first)
    await first.get_by_role("button", name="+1 năm").click()
    await first.get_by_role("button", name="Chuyển tới").click()
    await expect(first.get_by_role("dialog")).to_be_hidden()
    second = await new_page()
    await second.goto(f"{address}/demo")
    await the_room(second)


async def test_a_session_that_has_ended_is_begun_anew(address: str, new_page: NewPage) -> None:
    """But who signs out sees the sign-in, as it is for everybody."""
    page = await new_page()
    await page.goto(f"{address}/demo")
    room = await the_room(page)
    await page.context.clear_cookies(name="staff")
    await room.get_by_role("link", name="Của tôi").click()
    await the_room(page)
    await room.get_by_role("button", name="Đăng xuất").click()
    await expect(room.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    await expect(room.get_by_text("đăng xuất")).to_be_visible()


async def test_who_sees_the_demo_can_sign_in_by_hand(address: str, new_page: NewPage) -> None:
    """On a telephone, with what the page shows; and the password stands there only when it is asked for."""
    page = await new_page()
    await page.goto(f"{address}/demo")
    await the_room(page)
    assert await page.locator("#password").text_content() == ""
    await page.get_by_text("Đăng nhập ở máy khác").click()
    await expect(page.locator("#code")).not_to_have_text("")
    phone = await new_page(viewport={"width": 390, "height": 844})
    await phone.goto(await page.locator("#room-page").inner_text())
    await phone.get_by_label("Tên đăng nhập").fill(await page.locator("#login").inner_text())
    await phone.get_by_label("Mật khẩu").fill(await page.locator("#password").inner_text())
    await phone.get_by_label("Mã trong ứng dụng xác thực").fill(await page.locator("#code").inner_text())
    await phone.get_by_role("button", name="Đăng nhập").click()
    await expect(phone.get_by_role("heading", name="Khiếu nại, yêu cầu đang mở: 0")).to_be_visible()


async def the_room(page: Page) -> FrameLocator:
    """The staff room, once it is open; a code that is not free yet takes half a minute."""
    room = page.frame_locator("#room")
    await expect(room.get_by_role("heading", name="Khiếu nại, yêu cầu đang mở")).to_be_visible(timeout=40_000)
    return room


async def answers(chat: FrameLocator, words: str, then: str) -> None:
    """Say something, and wait for what is said then."""
    await chat.get_by_role("textbox").fill(words)
    await chat.get_by_role("textbox").press("Enter")
    await expect(chat.locator("body")).to_contain_text(then)
