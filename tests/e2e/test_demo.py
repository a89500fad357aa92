"""The demo as somebody sees it who has just typed the one command."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import FrameLocator, Page, expect

from tests.browser.conftest import NewPage
from tests.browser.conftest import chromium as chromium
from tests.browser.conftest import new_page as new_page
from tests.e2e.program import Program


@pytest.mark.asyncio(loop_scope="session")  # the browser's
async def test_the_demo_shows_all_sides(tmp_path: Path, new_page: NewPage) -> None:
    """Data is seen after the code on the board was typed; after an hour a code opens nothing; staff are told
    of a wish, not whose it is; and nothing is left behind."""
    async with Program(tmp_path, TMPDIR=str(tmp_path)) as program:
        await program.start("demo")
        page = await new_page()
        await page.goto(f"{program.url}/demo")
        chat = page.frame_locator("#chat")

        await chat.get_by_role("button", name="Dữ liệu của tôi").click()
        await asks_for_a_code(page, chat)
        await types_the_code(page, chat, 1)
        await expect(chat.locator("body")).to_contain_text("Địa chỉ: 12/4 Đường Hoa Giấy")

        await says(chat, "thoát")
        await says(chat, "xác minh")
        await expect(chat.get_by_text("bằng cách nào")).to_have_count(2)
        await asks_for_a_code(page, chat)
        await expect(page.locator("#codes li")).to_have_count(2)
        before = await page.locator("#now").get_attribute("datetime")
        await page.get_by_role("button", name="+1 giờ").click()
        await expect(page.locator("#now")).not_to_have_attribute("datetime", before or "")
        await types_the_code(page, chat, 2)
        await expect(chat.locator("body")).to_contain_text("đã được đóng lại vì quá lâu")
        await expect(chat.get_by_text("Đã xác minh")).to_have_count(0)

        await says(chat, "nhân viên")
        await expect(chat.locator("body")).to_contain_text("cần trao đổi về việc gì")
        await expect(page.locator("#staff")).to_contain_text("Khách đang chờ gặp nhân viên")
        told = await page.locator("#staff").inner_text()
        assert not any(personal in told for personal in ("0900000001", "Hà", "example.com"))

        assert await program.terminate() == 0
        assert program.problems == []
    assert left_in(tmp_path) == []


async def says(chat: FrameLocator, words: str) -> None:
    """Type a message and send it."""
    await chat.get_by_role("textbox").fill(words)
    await chat.get_by_role("textbox").press("Enter")


async def asks_for_a_code(page: Page, chat: FrameLocator) -> None:
    """Choose a code to the phone of the first customer."""
    await chat.get_by_role("button", name="Mã gửi tới điện thoại", disabled=False).click()
    await expect(chat.locator("#line")).to_be_visible()
    await page.get_by_role("button", name="Điền 0900000001 vào chat").click()
    await chat.get_by_role("textbox").press("Enter")


async def types_the_code(page: Page, chat: FrameLocator, count: int) -> None:
    """Take the newest of so many codes from the board."""
    buttons = page.get_by_role("button", name="Điền mã")
    await expect(buttons).to_have_count(count)
    await expect(chat.get_by_text("nhập mã 6 chữ số")).to_have_count(count)
    await buttons.first.click()
    await chat.get_by_role("textbox").press("Enter")


def left_in(folder: Path) -> list[str]:
    """What demos have left in a folder."""
    return [path.name for path in folder.glob("chatbot-demo-*")]
