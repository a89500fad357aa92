"""The page behind the link to a package: who gets the file, and how often."""

from __future__ import annotations

import asyncio
import io
import json
import re
import secrets
import zipfile
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from chatbot.channels.web.request import is_from_our_page
from chatbot.pages.copy import copy_routes
from chatbot.pages.onetime import HEADER, OneTimePages
from chatbot.pages.static import Static
from models.customer import Customer
from models.event import Event
from models.package import AGAIN, LIFE, Package
from tests.chat import SHOP, TEXTS
from tests.conftest import Database
from tests.packages import Packing
from tests.page_server import serving
from tests.people import NAME, PHONE, put_on_file

BROWSER = "a" * 64


def routes_for(packing: Packing, wait: float = 0) -> list[web.RouteDef]:
    """The page over the packages of a desk."""
    pages = OneTimePages(
        TEXTS,
        Static(),
        SHOP,
        packing.desk.time.now,
        from_our_page=partial(is_from_our_page, public_url=None),
        wait=lambda request: wait,
    )
    return copy_routes(pages, lambda package: packing.packer().read(package))


async def a_token(packing: Packing) -> str:
    """The token of a link to a package that was just made."""
    await put_on_file(packing.desk.time.now())
    chat = packing.desk.chat(channel="messenger")
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.share")
    await chat.shares(PHONE)
    await chat.says("/taidulieu")
    await packing.run()
    return await packing.link(chat)


class Browser:
    """What our own page's script does."""

    def __init__(self, packing: Packing, url: str, session: aiohttp.ClientSession) -> None:
        self.packing = packing
        self.url = url
        self.session = session

    async def press(self, token: str, browser: str = BROWSER) -> tuple[int, bytes, Mapping[str, str]]:
        """The button: status, body and headers."""
        return await self.post(json.dumps({"token": token, "browser": browser}).encode())

    async def post(
        self, body: bytes, *, drop: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Any body, with our own page's headers but ``drop``."""
        given = {"Origin": self.url, HEADER: "1", "Content-Type": "application/json", **(headers or {})}
        given.pop(drop, None)
        async with self.session.post(f"{self.url}/copy", data=io.BytesIO(body), headers=given) as answer:
            return answer.status, await answer.read(), answer.headers


@pytest.fixture
async def browser(database: Database, tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser at a desk that has nothing on file."""
    packing = Packing(tmp_path)
    async with serving(*routes_for(packing)) as desk, aiohttp.ClientSession() as session:
        yield Browser(packing, desk.url, session)


async def tags() -> list[str]:
    """What was audited of packages, in order."""
    return [event.tag.value for event in await Event.filter(tag__startswith="package.").order_by("id")]


async def test_the_button_is_answered_with_the_file(browser: Browser) -> None:
    """A whole ZIP file under a name that says nothing of anybody, kept by no cache."""
    status, body, headers = await browser.press(await a_token(browser.packing))
    assert status == 200
    assert headers["Content-Type"] == "application/zip"
    assert headers["Content-Disposition"] == 'attachment; filename="du-lieu-ca-nhan-2026-11-25.zip"'
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("data.json"))["record"]["full_name"] == NAME
    assert await tags() == ["package.asked", "package.ready", "package.fetched"]


async def test_the_same_browser_may_try_again_and_no_other(browser: Browser) -> None:
    """For half an hour after the first time; that it was fetched is recorded once."""
    token = await a_token(browser.packing)
    assert (await browser.press(token))[0] == 200
    assert (await browser.press(token, "b" * 64))[:2] == (410, b'{"error": "gone"}')
    browser.packing.desk.time.move(AGAIN - timedelta(seconds=1))
    assert (await browser.press(token))[0] == 200
    browser.packing.desk.time.move(timedelta(seconds=1))
    assert (await browser.press(token))[0] == 410
    assert (await tags()).count("package.fetched") == 1


async def test_of_many_browsers_at_once_one_gets_it(browser: Browser) -> None:
    """The link is spent in one statement."""
    token = await a_token(browser.packing)
    answers = await asyncio.gather(*(browser.press(token, secrets.token_hex(32)) for _ in range(6)))
    assert sorted(status for status, *_ in answers) == [200] + [410] * 5


async def test_after_a_day_it_is_over(browser: Browser) -> None:
    """Whether the sweep has come by or not; and an old link tells no more than a wrong one."""
    token = await a_token(browser.packing)
    browser.packing.desk.time.move(LIFE)
    assert (await browser.press(token))[:2] == (410, b'{"error": "gone"}')
    assert (await browser.press(secrets.token_urlsafe(32)))[:2] == (410, b'{"error": "gone"}')


async def test_a_file_or_record_that_is_gone_is_gone(browser: Browser) -> None:
    """No fault of the server, and nothing half sent."""
    token = await a_token(browser.packing)
    [path] = browser.packing.on_disk()
    path.unlink()
    assert (await browser.press(token))[0] == 410
    await Customer.all().delete()
    assert (await browser.press(token))[0] == 410


async def test_a_robot_that_gets_everything_spends_nothing(browser: Browser) -> None:
    """GET and HEAD, with the token wherever it can be put; the page is the same for everyone."""
    token = await a_token(browser.packing)
    for path in ("/copy", f"/copy?token={token}", f"/copy/{token}"):
        for method in ("GET", "HEAD"):
            async with browser.session.request(method, browser.url + path) as answer:
                assert answer.status in (200, 404)
                page = await answer.text()
                assert token not in page
                assert NAME not in page
                assert answer.headers["Cache-Control"] == "no-store"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert not re.search(r'(src|href)="(https?:)?//', page)
    assert (await Package.get()).state == "ready"
    assert (await browser.press(token))[0] == 200


@pytest.mark.parametrize("missing", [HEADER, "Origin"])
async def test_a_foreign_page_cannot_press_the_button(browser: Browser, missing: str) -> None:
    """Neither without the header that only our script sets, nor without an Origin of ours."""
    token = await a_token(browser.packing)
    body = json.dumps({"token": token, "browser": BROWSER}).encode()
    assert (await browser.post(body, drop=missing))[0] == 403
    assert (await browser.post(body, headers={"Origin": "https://evil.example"}))[0] == 403
    assert (await browser.press(token))[0] == 200


async def test_guessing_is_slowed(database: Database, tmp_path: Path) -> None:
    """Before the database is asked."""
    packing = Packing(tmp_path)
    async with serving(*routes_for(packing, wait=2.5)) as desk, aiohttp.ClientSession() as session:
        status, body, headers = await Browser(packing, desk.url, session).press("x")
        assert (status, body, headers["Retry-After"]) == (429, b'{"error": "slow"}', "3")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"{}", b'{"token": 7, "browser": 7}', b'{"token": "a", "browser": ""}',
     b'{"token": "a", "browser": "\\ud800"}', b'{"token": "' + b"a" * 201 + b'", "browser": "b"}'],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
async def test_a_hostile_body_gets_a_clear_answer(browser: Browser, body: bytes) -> None:
    """Never a fault of the server."""
    assert (await browser.post(body))[:2] == (400, b'{"error": "no_token"}')


@pytest.mark.parametrize("language", TEXTS.locales)
async def test_a_download_bears_a_plain_name_in_each_language(browser: Browser, language: str) -> None:
    """A header holds ASCII only; and the page speaks the language."""
    assert TEXTS.get(language, "copy.file").isascii()
    async with browser.session.get(f"{browser.url}/copy?lang={language}") as answer:
        assert TEXTS.get(language, "copy.start.button") in await answer.text()


async def test_nothing_of_it_is_logged(browser: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither the token nor a value of the record."""
    token = await a_token(browser.packing)
    with capture_logs() as logs:
        await browser.press(token)
        await browser.press(token, "c" * 64)
    printed: Any = "".join(capfd.readouterr()) + str(logs)
    assert not any(secret in printed for secret in (token, NAME, "900000001"))
