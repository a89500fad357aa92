"""A headless Chromium, and pages in it that must not complain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.conftest import Database, open_database
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


fixture = partial(pytest_asyncio.fixture, loop_scope="session")
"""For asynchronous fixtures of these tests: they share one event loop, as they share the browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Starting Chromium takes longer than most of what is tested in it: all these tests run in its loop."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Chromium itself; every test has profiles of its own in it."""
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@fixture()
async def database(database_url: str, keyring: Path) -> AsyncIterator[Database]:
    """An open database, in the browser's loop."""
    async with open_database(database_url, keyring) as database:
        yield database


@fixture()
async def world() -> AsyncIterator[World]:
    """The chat and the demo on a port of this machine."""
    async with World() as world:
        yield world


@fixture()
async def new_page(chromium: Browser) -> AsyncIterator[NewPage]:
    """A new browser profile's page. A script error or a breach of the content policy fails the test."""
    complaints: list[str] = []
    profiles: list[BrowserContext] = []

    async def open_page(**options: Any) -> Page:
        context = await chromium.new_context(**{"locale": "vi-VN", **options})
        profiles.append(context)
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
    for profile in profiles:
        await profile.close()
    assert complaints == []
