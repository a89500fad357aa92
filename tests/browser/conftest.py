"""A headless Chromium, and pages in it that must not complain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.optional import chromium_path
from tests.web_world import World

# Without a sandbox as build machines run as root; and nothing of its own to the network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

NewPage = Callable[..., Awaitable[Page]]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Chromium itself; every test has its own."""
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """The chat and the demo on a port of this machine."""
    async with World() as world:
        yield world


@pytest.fixture
async def new_page(chromium: Browser) -> AsyncIterator[NewPage]:
    """A new browser profile's page. A script error or a breach of the content policy fails the test."""
    complaints: list[str] = []

    async def open_page(**options: Any) -> Page:
        context = await chromium.new_context(**{"locale": "vi-VN", **options})
        context.set_default_timeout(10_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # Refused connections are what some tests are about.
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type in ("error", "warning")
                and not said.text.startswith(("WebSocket connection to", "Failed to load"))
                else None
            ),
        )
        return page

    yield open_page
    assert complaints == []
