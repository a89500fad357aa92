"""The snippet on another page: of the same site, and of a foreign one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from tests.browser.conftest import NewPage, fixture
from tests.web_world import World


class Shop:
    """A page of the shop's own site, on another port, that loads the snippet, or frames the chat by hand.

    To a browser all ports of localhost are one site, and 127.0.0.1 is another.
    """

    def __init__(self) -> None:
        self.body = ""

    async def start(self) -> None:
        """Take any free port."""
        app = web.Application()
        app.add_routes([web.get("/", self._show)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port: int = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Go away."""
        await self._runner.cleanup()

    async def _show(self, _: web.Request) -> web.Response:
        page = (
            f"<!doctype html><link rel=icon href=data:,><title>Partyshop</title><h1>Bóng bay</h1>{self.body}"
        )
        return web.Response(text=page, content_type="text/html")


@fixture()
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    await shop.start()
    yield shop
    await shop.stop()


@fixture()
async def world(shop: Shop) -> AsyncIterator[World]:
    async with World(frame_ancestors=(f"http://localhost:{shop.port}",)) as world:
        shop.body = f'<script src="{world.url}/chat/snippet.js" async></script>'
        yield world


async def test_on_the_same_site_the_chat_opens_in_a_panel_and_works(
    world: World, shop: Shop, new_page: NewPage
) -> None:
    """With the cookie: the chat goes on in the tab that the panel offers."""
    page = await new_page()
    await page.goto(f"http://localhost:{shop.port}/")
    await page.get_by_role("button", name="Dữ liệu cá nhân của quý khách").click()
    chat = page.frame_locator("iframe")
    await chat.locator("#area").fill("xin chào từ trang cửa hàng")
    await chat.locator("#area").press("Enter")
    await expect(chat.get_by_text("Đã nhận: xin chào từ trang cửa hàng")).to_be_visible()
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Mở trong thẻ mới").click()
    tab = await opened.value
    await expect(tab.get_by_text("Đã nhận: xin chào từ trang cửa hàng")).to_be_visible()
    await page.get_by_role("button", name="Đóng").click()
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(page.get_by_role("button", name="Dữ liệu cá nhân của quý khách")).to_be_focused()


async def test_on_a_foreign_site_a_tab_opens(world: World, shop: Shop, new_page: NewPage) -> None:
    """There the browser would not send our cookie from a frame."""
    page = await new_page()
    await page.goto(f"http://127.0.0.1:{shop.port}/")
    tab = await _opens_a_tab(page)
    await expect(tab.locator("#welcome")).to_be_visible()
    assert await tab.evaluate("window.opener") is None


async def test_on_a_host_that_may_not_frame_us_a_tab_opens(shop: Shop, new_page: NewPage) -> None:
    """Of the same site, but not named in the settings."""
    async with World() as world:
        shop.body = f'<script src="{world.url}/chat/snippet.js" async></script>'
        page = await new_page()
        await page.goto(f"http://localhost:{shop.port}/")
        await _opens_a_tab(page)


async def _opens_a_tab(page: Page) -> Page:
    async with page.context.expect_page() as opened:
        await page.get_by_role("button", name="Dữ liệu cá nhân của quý khách").click()
    assert await page.locator("iframe").count() == 0
    return await opened.value


@pytest.mark.parametrize(("host", "allowed"), [("localhost", True), ("127.0.0.1", False)])
async def test_only_named_hosts_can_frame_the_chat(
    world: World, shop: Shop, chromium: Any, host: str, allowed: bool
) -> None:
    """Whatever a page does by hand: the browser refuses the frame (frame-ancestors)."""
    shop.body = f'<iframe src="{world.url}/"></iframe>'
    context = await chromium.new_context()
    page = await context.new_page()
    refusals: list[str] = []
    page.on("console", lambda said: refusals.append(said.text))
    await page.goto(f"http://{host}:{shop.port}/")
    await page.wait_for_load_state("networkidle")
    assert (await page.frame_locator("iframe").locator("#composer").count() == 1) == allowed
    assert any("frame-ancestors" in text for text in refusals) != allowed
