"""The demo page around a board that the test writes on."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import NewPage, fixture
from tests.web_world import World

CODE = {"id": "1", "at": "2026-11-23T02:00:00+00:00", "to": "0900000001", "by": "sms", "code": "004213"}
TOLD = {"id": "1", "at": "2026-11-23T02:00:00+00:00", "text": "Một khách muốn gặp nhân viên."}


@fixture()
async def demo(world: World, new_page: NewPage) -> Page:
    page = await new_page()
    await page.goto(world.url + "/demo")
    await page.frame_locator("#chat").locator("#welcome").wait_for()
    return page


async def test_what_happens_appears_at_once(world: World, demo: Page) -> None:
    """Staff are told, a code would go out: both stand there without a reload."""
    await expect(demo.get_by_text("Chưa có tin nào.")).to_be_visible()
    await world.board.change(staff=[TOLD], codes=[CODE])
    await expect(demo.locator("#staff")).to_contain_text("Một khách muốn gặp nhân viên.")
    await expect(demo.locator("#codes")).to_contain_text("SMS đến 0900000001")
    await expect(demo.get_by_text("Chưa có tin nào.")).to_be_hidden()


async def test_a_message_without_a_code_is_told_in_words(world: World, demo: Page) -> None:
    """There is nothing in it to put into the chat."""
    warning = "Partyshop.vn: có người nhập sai mã xác minh nhiều lần cho 090*****01."
    await world.board.change(codes=[{**CODE, "code": warning}])
    await expect(demo.locator("#codes .words")).to_have_text(warning)
    await expect(demo.locator("#codes button")).to_have_count(0)


async def test_a_customer_and_a_code_are_put_into_the_chat_by_one_tap(world: World, demo: Page) -> None:
    """As if typed; sending stays the customer's."""
    chat = demo.frame_locator("#chat")
    await chat.get_by_role("button", name="Dữ liệu của tôi").click()
    await chat.get_by_text("số điện thoại đã mua hàng").wait_for()
    await demo.get_by_role("button", name="Điền 0900000001 vào chat").click()
    await expect(chat.locator("#line")).to_have_value("0900000001")
    await chat.locator("#line").press("Enter")
    await chat.get_by_text("nhập mã").wait_for()
    await world.board.change(codes=[CODE])
    await demo.get_by_role("button", name="Điền mã 004213 vào chat").click()
    await chat.locator("#line").press("Enter")
    await expect(chat.get_by_text("Đã nhận: 004213")).to_be_visible()


async def test_the_clock_moves_and_a_year_asks_first(world: World, demo: Page) -> None:
    """What the year would erase is gone for good, so the safe answer has the focus."""
    await demo.get_by_role("button", name="+1 giờ").click()
    await expect(demo.locator("#now")).to_contain_text("2027")
    await demo.get_by_role("button", name="+1 năm").click()
    await expect(demo.get_by_role("button", name="Thôi")).to_be_focused()
    await demo.keyboard.press("Enter")
    await expect(demo.get_by_role("dialog")).to_be_hidden()
    assert world.board.moved == ["hour"]
    await demo.get_by_role("button", name="+1 năm").click()
    await demo.get_by_role("button", name="Chuyển tới").click()
    await expect(demo.get_by_role("dialog")).to_be_hidden()
    await demo.get_by_role("button", name="+1 ngày làm việc").click()
    await expect(demo.get_by_role("status").first).to_be_empty()
    assert world.board.moved == ["hour", "year", "working_day"]


async def test_the_demo_goes_on_after_a_restart(world: World, demo: Page) -> None:
    """The page says that the line is lost, and is told the new state."""
    await world.stop()
    await expect(demo.locator("#status")).to_contain_text("Mất kết nối")
    await world.start()
    await world.board.change(staff=[TOLD])
    await expect(demo.locator("#staff")).to_contain_text("Một khách", timeout=10_000)
    await expect(demo.locator("#status")).to_be_empty()


async def test_it_fits_a_phone(world: World, new_page: NewPage) -> None:
    """Stacked, nothing sticks out."""
    page = await new_page(viewport={"width": 360, "height": 740})
    await page.goto(world.url + "/demo")
    await page.locator("#customers li").first.wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
