"""The page behind a one-time link, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page, Route, expect

from chatbot.channels.web.limits import Rate
from chatbot.pages.my import IDLE, WARNING
from models import Event, PageLink
from tests.browser.conftest import NewPage, fixture
from tests.browser.looks import WIDTHS, can_be_read, fits
from tests.conftest import Database
from tests.page_server import HOSTILE, Desk, a_link, serving

OpenLink = Callable[..., Awaitable[Page]]
BUTTON = "Xem dữ liệu của tôi"
MINUTE = 60_000

# What is tested here is the page; that either database serves it is tested without a browser.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@fixture()
async def desk(database: Database) -> AsyncIterator[Desk]:
    """The page on a port of this machine."""
    async with serving() as desk:
        yield desk


@fixture()
async def open_link(new_page: NewPage, desk: Desk) -> OpenLink:
    """Opens /my with a token behind the #, in a new browser profile."""

    async def opened(token: str, **options: object) -> Page:
        page = await new_page(**options)
        await page.clock.install()
        await page.goto(f"{desk.url}/my#{token}")
        return page

    return opened


async def held(page: Page) -> str:
    """The words of the lines on the screen."""
    return await page.locator("#lines").inner_text()


async def press(page: Page) -> None:
    """The button; then the data is there."""
    await page.get_by_role("button", name=BUTTON).click()
    await expect(page.locator("#lines")).to_be_visible()


async def test_the_secret_leaves_the_address_and_the_data_shows_once(desk: Desk, open_link: OpenLink) -> None:
    """Nothing is spent before the button; nothing of the secret is in any address that the server sees."""
    token = await a_link()
    page = await open_link(token)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    await expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    assert page.url == f"{desk.url}/my"
    assert token not in await page.content()
    assert (await PageLink.get()).spent_at is None
    await press(page)
    assert "Họ tên: Nguyễn Thị Mai" in await held(page)
    assert "0900000001" in await held(page)
    await expect(page.get_by_text("Thời hạn lưu: đến hết ngày 25/10/2027")).to_be_visible()
    assert [what for what in asked if what.startswith("POST")] == [f"POST {desk.url}/my?lang=vi"]
    assert not any(token in what for what in asked)
    await page.reload()
    await expect(page.get_by_role("heading", name="Liên kết không còn dùng được")).to_be_visible()
    assert "Mai" not in await page.content()
    await page.goto(f"{desk.url}/my#{token}")
    await page.get_by_role("button", name=BUTTON).click()
    await expect(page.get_by_role("heading", name="Liên kết không còn dùng được")).to_be_focused()
    await expect(page.locator("#gone-text")).to_contain_text("gửi /xemdulieu")
    assert [event.tag.value for event in await Event.all().order_by("id")] == ["link.spent", "record.shown"]


async def test_a_hostile_note_is_only_words(open_link: OpenLink) -> None:
    """Shown as it was imported, never read as HTML; it cannot turn the words around it."""
    page = await open_link(await a_link())
    await press(page)
    assert await page.locator("#lines .value").nth(5).text_content() == HOSTILE
    assert await page.locator("main img, main b, main script, main i").count() == 0
    assert (
        await page.locator("#lines .value").nth(5).evaluate("e => getComputedStyle(e).unicodeBidi")
        == "isolate"
    )


async def test_it_goes_away_when_nobody_touches_the_page(open_link: OpenLink) -> None:
    """A warning before; a key keeps it; then all of it is off the page, not just out of sight."""
    # All of it is in sight: the browser tells of scrolling some time after it, which counts as a touch.
    page = await open_link(await a_link(), viewport={"width": 800, "height": 2000})
    await press(page)
    await page.clock.run_for(IDLE.seconds * 1000 - WARNING.seconds * 1000 + 1000)
    await expect(page.get_by_role("status")).to_contain_text("tự ẩn sau 1 phút")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("status")).to_be_empty()
    await page.clock.run_for(9 * MINUTE + 30_000)
    assert "Mai" in await held(page)
    await page.clock.run_for(MINUTE)
    await expect(page.get_by_role("heading", name="Dữ liệu đã được ẩn")).to_be_focused()
    assert "Mai" not in await page.content()


async def test_it_is_gone_after_a_phone_has_slept(open_link: OpenLink) -> None:
    """Timers stand still meanwhile, the clock does not: looked at when the page is in sight again."""
    page = await open_link(await a_link())
    await press(page)
    await page.evaluate("Date.now = () => new Date(8.64e15).getTime()")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_role("heading", name="Dữ liệu đã được ẩn")).to_be_visible()
    assert "Mai" not in await page.content()


async def test_it_is_gone_when_the_page_is_left(desk: Desk, open_link: OpenLink) -> None:
    """It is taken off the page before the browser may keep that for its "back" button."""
    page = await open_link(await a_link())
    await press(page)
    await page.goto(f"{desk.url}/nowhere")
    await page.go_back()
    await expect(page.locator("main h2:visible")).to_be_visible()
    assert "Mai" not in await page.content()


@pytest.mark.parametrize("how", ["left", "hidden"])
async def test_it_is_off_the_page_and_not_just_out_of_sight(open_link: OpenLink, how: str) -> None:
    """By leaving the page, which the browser may keep, or by the button."""
    page = await open_link(await a_link())
    await press(page)
    if how == "left":
        await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    else:
        await page.get_by_role("button", name="Ẩn dữ liệu ngay").click()
    await expect(page.get_by_role("heading", name="Dữ liệu đã được ẩn")).to_be_focused()
    assert "Mai" not in await page.content()


async def test_an_answer_that_comes_after_leaving_is_not_shown(desk: Desk, open_link: OpenLink) -> None:
    """The page may still be in the browser's memory when the server has answered."""
    page = await open_link(await a_link())
    answered, go_on = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        answered.set()
        await go_on.wait()
        await route.fulfill(response=answer)

    await page.route("**/my?lang=vi", late)
    await page.get_by_role("button", name=BUTTON).click()
    await answered.wait()
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    async with page.expect_response("**/my?lang=vi"):
        go_on.set()
    await expect(page.get_by_role("button", name=BUTTON)).to_be_enabled()
    assert "Mai" not in await page.content()


async def test_a_second_link_opened_in_the_same_tab(desk: Desk, open_link: OpenLink) -> None:
    """Only what stands behind the # has changed, so the browser does not load the page anew."""
    page = await open_link("wrong")
    await page.get_by_role("button", name=BUTTON).click()
    await expect(page.get_by_role("heading", name="Liên kết không còn dùng được")).to_be_visible()
    await page.evaluate(f"location.hash = {await a_link()!r}")
    await press(page)
    assert page.url == f"{desk.url}/my"
    assert "Mai" in await held(page)


async def test_changing_the_language_keeps_the_secret(desk: Desk, open_link: OpenLink) -> None:
    """And keeps it out of the address again."""
    page = await open_link(await a_link())
    await page.get_by_role("link", name="English").click()
    await page.get_by_role("button", name="See my data").click()
    await expect(page.get_by_text("Name: Nguyễn Thị Mai")).to_be_visible()
    assert page.url == f"{desk.url}/my?lang=en"
    await expect(page.get_by_role("link", name="Tiếng Việt")).to_be_hidden()


async def test_when_the_server_cannot_it_can_be_pressed_again(desk: Desk, open_link: OpenLink) -> None:
    """Too many tries, the server busy or away: said in an alert, and the link is still good."""
    page = await open_link(await a_link())
    button = page.get_by_role("button", name=BUTTON)
    hindrances: list[tuple[Callable[[Route], Awaitable[None]], str]] = [
        (lambda route: route.fulfill(status=429, json={"error": "slow"}), "quá nhiều lượt mở"),
        (lambda route: route.fulfill(status=503, json={"error": "busy"}), "đang bận"),
        (lambda route: route.abort(), "Chưa kết nối được"),
    ]
    for hinder, words in hindrances:
        await page.route("**/my?lang=vi", hinder)
        await button.click()
        await expect(page.get_by_role("alert")).to_contain_text(words)
        await page.unroute("**/my?lang=vi")
    await press(page)


async def test_by_keyboard_alone(open_link: OpenLink) -> None:
    """Tab reaches the button; the focus goes to the heading of what has appeared, so it is read out."""
    page = await open_link(await a_link())
    await expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="English")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Partyshop.vn đang lưu về quý khách")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="In hoặc lưu PDF")).to_be_focused()
    await expect(page.get_by_role("list").first.get_by_role("listitem")).to_have_count(9)


async def test_without_javascript_it_says_why_it_is_needed(desk: Desk, chromium: Browser) -> None:
    """No dead button, and another way."""
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{desk.url}/my?lang=vi#{await a_link()}")
    await expect(page.get_by_text("Trang này cần JavaScript")).to_be_visible()
    await expect(page.get_by_text("partyshop.vn@gmail.com")).to_be_visible()
    await expect(page.get_by_role("button")).to_have_count(0)


async def test_every_text_can_be_read(open_link: OpenLink) -> None:
    """Enough contrast, by day and by night, in every state."""
    page = await open_link(await a_link(), reduced_motion="reduce")
    await can_be_read(page)
    await page.route("**/my?lang=vi", lambda route: route.abort())
    await page.get_by_role("button", name=BUTTON).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await can_be_read(page)
    await page.unroute("**/my?lang=vi")
    await press(page)
    await page.clock.run_for(9 * MINUTE + 30_000)
    await expect(page.get_by_role("status")).to_contain_text("tự ẩn")
    await can_be_read(page)


async def test_it_fits_the_screen(open_link: OpenLink) -> None:
    """Nothing sticks out, and every control is large enough to tap."""
    page = await open_link(await a_link())
    for state in ("start", "held"):
        if state == "held":
            await press(page)
        await expect(page.locator(f"#{state}")).to_be_visible()
        for width in WIDTHS:
            await fits(page, width, "button:visible, nav a:visible", state)


async def test_on_paper(open_link: OpenLink) -> None:
    """Black on white by night too, the data whole, without the controls; printing hides nothing."""
    page = await open_link(await a_link(), color_scheme="dark")
    await press(page)
    await page.emulate_media(media="print", color_scheme="dark")
    await expect(page.get_by_role("button", name="In hoặc lưu PDF")).to_be_hidden()
    await expect(page.get_by_text("dữ liệu tại thời điểm")).to_be_visible()
    assert (
        await page.locator("#lines .value").first.evaluate("e => getComputedStyle(e).color") == "rgb(0, 0, 0)"
    )
    ground = await page.locator("#held").evaluate("e => getComputedStyle(e).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert len(await page.pdf()) > 5_000
    assert "Mai" in await held(page)


async def test_too_many_tries_are_told_so(database: Database, chromium: Browser) -> None:
    """By the server itself, not only by what the test makes up."""
    async with serving(desk=Desk(rate=Rate(0.001, 1))) as desk:
        context = await chromium.new_context(locale="vi-VN")
        page = await context.new_page()
        for words in ("không còn dùng được", "quá nhiều lượt mở"):
            await page.goto("about:blank")
            await page.goto(f"{desk.url}/my#wrong")
            await page.get_by_role("button", name=BUTTON).click()
            await expect(page.get_by_text(words)).to_be_visible()
