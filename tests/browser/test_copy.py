"""The download of a package, in a real browser."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from models import Package
from tests.browser.conftest import NewPage
from tests.conftest import Database
from tests.packages import Packing
from tests.page_server import serving
from tests.people import NAME
from tests.test_pages_copy import a_token, routes_for

# What is tested here is the page; that either database serves it is tested without a browser.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BUTTON = "Tải về"


async def _downloads(page: Page, button: str, to: Path) -> Path:
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name=button).click()
    download = await waiting.value
    assert download.suggested_filename == "du-lieu-ca-nhan-2026-11-25.zip"
    await download.save_as(to)
    return to


async def test_the_file_is_downloaded_once_and_again_by_the_same_browser(
    database: Database, new_page: NewPage, tmp_path: Path
) -> None:
    """The secret leaves the address at once; a download that broke off is begun anew; no other browser gets
    anything, and is told what to do."""
    packing = Packing(tmp_path)
    token = await a_token(packing)
    async with serving(*routes_for(packing)) as desk:
        page = await new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{desk.url}/copy#{token}")
        await expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
        assert page.url == f"{desk.url}/copy"
        assert (await Package.get()).state == "ready"

        async def break_off(route: Route) -> None:
            await route.fetch()  # it reaches the server, and its answer gets lost
            await route.abort()

        await page.route("**/copy?lang=vi", break_off)
        await page.get_by_role("button", name=BUTTON).click()
        await expect(page.get_by_role("alert")).to_contain_text("gián đoạn")
        await page.unroute("**/copy?lang=vi")
        assert (await Package.get()).state == "fetched"

        path = await _downloads(page, BUTTON, tmp_path / "copy.zip")
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert json.loads(archive.read("data.json"))["record"]["full_name"] == NAME
        await expect(page.get_by_role("heading", name="Đã tải xong")).to_be_focused()
        await _downloads(page, "Tải lại", tmp_path / "again.zip")
        assert (tmp_path / "again.zip").read_bytes() == path.read_bytes()
        assert not any(token in url for url in asked)

        other = await new_page()
        await other.goto(f"{desk.url}/copy#{token}")
        await other.get_by_role("button", name=BUTTON).click()
        await expect(other.get_by_role("heading", name="Liên kết không còn dùng được")).to_be_focused()
        await expect(other.get_by_text("/taidulieu")).to_be_visible()
