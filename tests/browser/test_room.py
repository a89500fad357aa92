"""The staff room in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, Request, expect

from models import StaffMember, StaffSession
from models.roles import Role
from models.totp import STEP
from tests.browser.conftest import NewPage, fixture
from tests.browser.looks import WIDTHS, can_be_read, fits
from tests.conftest import Database
from tests.room_server import RoomServer, room_serving
from tests.staff import PASSWORD, Colleague, hire, invite

# What is tested here are the pages; that either database serves them is tested without a browser.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@fixture()
async def room(database: Database) -> AsyncIterator[RoomServer]:
    """The room on a port of this machine."""
    async with room_serving() as server:
        yield server


async def colleague_on(page: Page, login: str) -> Colleague:
    """Whoever has typed the key that the page shows into their app."""
    secret = await page.locator("#secret").inner_text()
    return Colleague(login, secret.replace(" ", ""), "")


async def sign_in(page: Page, room: RoomServer, who: Colleague, password: str = PASSWORD) -> None:
    """Fill the form in and send it."""
    await page.get_by_label("Tên đăng nhập").fill(who.login)
    await page.get_by_label("Mật khẩu").fill(password)
    await page.get_by_label("Mã trong ứng dụng").fill(who.code(room.wall))
    await page.get_by_role("button", name="Đăng nhập").click()


async def inside(page: Page, room: RoomServer, who: Colleague) -> None:
    """Sign in, from a code that has not been used."""
    room.later(STEP)
    await page.goto(f"{room.url}/staff")
    await sign_in(page, room, who)
    await expect(page.get_by_role("heading", name="Việc")).to_be_visible()


async def join_to_second_step(page: Page, room: RoomServer, code: str) -> None:
    """Open the link and begin."""
    await page.goto(f"{room.url}/staff/join#{code}")
    await page.get_by_role("button", name="Bắt đầu").click()
    await expect(page.get_by_role("img", name="Mã QR")).to_be_visible()


async def test_joining_by_the_link_then_out_and_in_again(room: RoomServer, new_page: NewPage) -> None:
    """The code of the link is in no address that the server sees; the QR code is drawn; the room opens."""
    login, code = await invite(role=Role.LEAD)
    page = await new_page()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    await page.goto(f"{room.url}/staff/join#{code}")
    await expect(page.get_by_label("Mã mời")).to_be_hidden()
    assert page.url == f"{room.url}/staff/join"
    await page.get_by_role("button", name="Bắt đầu").click()
    picture = page.get_by_role("img", name="Mã QR")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.complete && image.naturalWidth") > 150
    await page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    await page.get_by_label("Nhập lại mật khẩu").fill(PASSWORD)
    who = await colleague_on(page, login)
    await page.get_by_label("Mã 6 chữ số").fill(who.code(room.wall))
    await page.get_by_role("button", name="Hoàn tất").click()
    await expect(page.get_by_role("heading", name="Việc")).to_be_visible()
    assert page.url == f"{room.url}/staff"
    await expect(page.get_by_role("navigation")).to_contain_text("Nguyễn Thị Mai Trưởng nhóm")
    assert not any(code in request.url for request in asked)
    assert not any(code in (request.headers.get("referer") or "") for request in asked)
    assert await page.evaluate("document.cookie") == ""
    await page.get_by_role("button", name="Đăng xuất").click()
    await expect(page.get_by_role("status")).to_have_text("Đã đăng xuất.")
    assert await StaffSession.all().count() == 0
    await page.go_back()
    await expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    await inside(page, room, who)


async def test_a_mistake_is_said_in_an_alert_and_keeps_the_login(room: RoomServer, new_page: NewPage) -> None:
    """And the password is typed anew."""
    who = await hire()
    room.later(STEP)
    page = await new_page()
    await page.goto(f"{room.url}/staff?of=me")
    await sign_in(page, room, who, "không phải mật khẩu")
    await expect(page.get_by_role("alert")).to_contain_text("chưa đúng")
    await expect(page.get_by_label("Tên đăng nhập")).to_have_value(who.login)
    await expect(page.get_by_label("Mật khẩu")).to_have_value("")
    await sign_in(page, room, who)
    await expect(page.get_by_role("heading", name="Việc")).to_be_visible()
    assert page.url == f"{room.url}/staff?of=me"


async def test_the_strength_of_a_password_is_told_while_it_is_typed(
    room: RoomServer, new_page: NewPage
) -> None:
    """And it can be shown."""
    _, code = await invite()
    page = await new_page()
    await join_to_second_step(page, room, code)
    field, told = page.get_by_label("Mật khẩu", exact=True), page.locator("#strength")
    await field.fill("mèo")
    await expect(told).to_have_text("Còn thiếu 9 ký tự.")
    await field.fill("ba con mèo đ")
    await expect(told).to_have_text("Đủ dài.")
    await field.fill(PASSWORD)
    await expect(told).to_have_text("Rất mạnh.")
    await page.get_by_role("button", name="Hiện mật khẩu").click()
    await expect(field).to_have_attribute("type", "text")
    await page.get_by_role("button", name="Ẩn mật khẩu").click()
    await expect(field).to_have_attribute("type", "password")


async def test_a_link_on_another_site_opens_the_room_of_whoever_is_signed_in(
    room: RoomServer, new_page: NewPage
) -> None:
    """Although the browser leaves a strict cookie at home when it comes from there."""
    page = await new_page()
    await inside(page, room, await hire())
    other = room.url.replace("127.0.0.1", "localhost")
    await page.goto(f"{other}/my")
    await page.evaluate(f"location.href = '{room.url}/staff?of=me'")
    await expect(page.get_by_role("heading", name="Việc")).to_be_visible()
    assert page.url == f"{room.url}/staff?of=me"


async def test_changing_the_language(room: RoomServer, new_page: NewPage) -> None:
    """Before the sign-in by a link, with the invitation kept; inside by a button, remembered."""
    _, code = await invite("Trần Văn Bình")
    page = await new_page()
    await page.goto(f"{room.url}/staff/join#{code}")
    await page.get_by_role("link", name="English").click()
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_text("Hello Trần Văn Bình.")).to_be_visible()
    page = await new_page()
    await inside(page, room, await hire())
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", name="Work")).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == "en"
    assert (await StaffMember.get(joined_at__not_isnull=True)).language == "en"


async def test_without_javascript_one_can_join_and_sign_in(room: RoomServer, chromium: Browser) -> None:
    """The code of the invitation is typed by hand; nothing else is different."""
    login, code = await invite()
    context = await chromium.new_context(java_script_enabled=False, locale="vi-VN")
    page = await context.new_page()
    await page.goto(f"{room.url}/staff/join")
    await page.get_by_label("Mã mời").fill(code)
    await page.get_by_role("button", name="Bắt đầu").click()
    await expect(page.get_by_role("button", name="Hiện mật khẩu")).to_be_hidden()
    who = await colleague_on(page, login)
    await page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    await page.get_by_label("Nhập lại mật khẩu").fill(PASSWORD)
    await page.get_by_label("Mã 6 chữ số").fill(who.code(room.wall))
    await page.get_by_role("button", name="Hoàn tất").click()
    await page.get_by_role("button", name="Đăng xuất").click()
    await inside(page, room, who)


async def test_by_keyboard_alone(room: RoomServer, new_page: NewPage) -> None:
    """Past the header by one key, through the form in the order of its fields, and in by Enter."""
    who = await hire()
    room.later(STEP)
    page = await new_page()
    await page.goto(f"{room.url}/staff/sign-in")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
    await expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    for typed in (who.login, PASSWORD, who.code(room.wall)):
        await page.keyboard.press("Tab")
        await page.keyboard.type(typed)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Việc")).to_be_visible()


async def test_every_page_fits_and_can_be_read(room: RoomServer, new_page: NewPage) -> None:
    """By day and by night, on a telephone and at a desk."""
    who = await hire("Công Tằng Tôn Nữ Thị Quỳnh Như Hoàng", Role.DIRECTOR)
    _, code = await invite()
    page = await new_page(reduced_motion="reduce")

    async def look(name: str) -> None:
        await can_be_read(page, name)
        for width in WIDTHS:
            await fits(page, width, "button:visible, input:visible, nav a:visible, a.button", name)

    await page.goto(f"{room.url}/staff/join")
    await look("code")
    await page.goto(f"{room.url}/staff/join#{code}")
    await page.reload()
    await join_to_second_step(page, room, code)
    await page.get_by_label("Mật khẩu", exact=True).fill("matkhau12345")
    await page.get_by_label("Nhập lại mật khẩu").fill("matkhau12345")
    await page.get_by_label("Mã 6 chữ số").fill("000000")
    await page.get_by_role("button", name="Hoàn tất").click()
    await expect(page.get_by_role("alert")).to_contain_text("quá dễ đoán")
    await look("join")
    await page.goto(f"{room.url}/staff/sign-in?out=1")
    await look("out")
    await sign_in(page, room, Colleague("ai-đó", "A" * 32, ""))
    await expect(page.get_by_role("alert")).to_be_visible()
    await look("wrong")
    await inside(page, room, who)
    await look("room")
