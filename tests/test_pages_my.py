"""The page behind a one-time link: what it shows, to whom, and how often."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chatbot.channels.web.limits import Rate
from chatbot.messages import Kind
from chatbot.pages.onetime import HEADER
from models import Customer, Event, PageLink, SubjectKey
from models.customer import Profile
from models.database import connect, disconnect, run_tx
from models.keys import new_id
from models.record_opening import MOST_TOLD, Reason, note_opening
from models.roles import Role
from tests.conftest import Database
from tests.page_server import HOSTILE, MAI, NOW, Desk, a_link, serving
from tests.properties import tries


class Browser:
    """What our own page's script does, and what it must not get away with."""

    def __init__(self, desk: Desk, session: aiohttp.ClientSession) -> None:
        self.desk = desk
        self.session = session

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str, Any]:
        """Status, words and headers of a page."""
        async with self.session.get(self.desk.url + path, headers=headers) as answer:
            return answer.status, await answer.text(), answer.headers

    async def press(self, token: object, language: str = "vi") -> tuple[int, Any]:
        """The button: status and what the server tells."""
        return await self.post(json.dumps({"token": token}).encode(), path=f"/my?lang={language}")

    async def post(
        self, body: bytes, *, path: str = "/my", drop: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Any body, with our own page's headers but ``drop``; status and JSON, or None where it is none."""
        given = {"Origin": self.desk.url, HEADER: "1", "Content-Type": "application/json", **(headers or {})}
        given.pop(drop, None)
        async with self.session.post(self.desk.url + path, data=BytesIO(body), headers=given) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else None


@pytest.fixture
async def browser(database: Database) -> AsyncIterator[Browser]:
    """A browser at a desk whose database is empty."""
    async with serving() as desk, aiohttp.ClientSession() as session:
        yield Browser(desk, session)


async def tags() -> list[str]:
    """What was audited, in order."""
    return [event.tag.value for event in await Event.all().order_by("id")]


async def test_the_link_opens_everything_in_full_and_once(browser: Browser) -> None:
    """Every line that is held, unmasked, with source, purpose, period and rights; the second time nothing."""
    token = await a_link()
    status, told = await browser.press(token)
    assert status == 200
    assert [line["label"] + line["value"] for line in told["lines"]] == [
        "Họ tên: Nguyễn Thị Mai",
        "Điện thoại: 0900000001",
        "E-mail: mai@example.com",
        "Địa chỉ: 12 Hàng Bạc, Hà Nội",
        "Ngày sinh: 20/11/1990",
        f"Ghi chú: {HOSTILE}",
        "Mã khách hàng: KH-0001",
        "Nhận tin chăm sóc khách hàng: danh sách cũ ghi “có”, nhưng chưa có bằng chứng nên chúng tôi không"
        " áp dụng",
        "Sở thích <i>: bóng bay",
    ]
    assert told["lines"][0] == {"label": "Họ tên: ", "value": "Nguyễn Thị Mai"}
    assert told["heading"] == "Partyshop.vn đang lưu về quý khách:"
    source, purpose, until, rights = told["about"]
    assert "24/11/2026" in source
    assert "chăm sóc khách hàng" in purpose
    assert "25/10/2027" in until
    assert "/xoadulieu" in rights
    assert "24/11/2026" in told["as_of"]
    assert await browser.press(token) == (410, {"error": "gone"})
    assert await tags() == ["link.spent", "record.shown"]
    (spent,) = await Event.filter(tag="link.spent")
    assert spent.customer == (await Customer.get()).id


async def test_it_speaks_the_language_of_the_page(browser: Browser) -> None:
    """Page and data alike."""
    status, told = await browser.press(await a_link(), "en")
    assert (status, told["lines"][1]["label"]) == (200, "Phone: ")
    _, page, _ = await browser.get("/my")
    assert "Xem dữ liệu của tôi" in page
    _, page, _ = await browser.get("/my", {"Accept-Language": "en-GB,vi;q=0.5"})
    assert "See my data" in page
    assert '<html lang="en">' in page


async def test_a_robot_that_gets_everything_spends_nothing(browser: Browser) -> None:
    """GET, HEAD and OPTIONS, with the token wherever it can be put: the link still opens afterwards."""
    token = await a_link()
    for path in ("/my", f"/my?token={token}", f"/my?{token}", f"/my/{token}", f"/my%23{token}"):
        for method in ("GET", "HEAD", "OPTIONS"):
            async with browser.session.request(method, browser.desk.url + path) as answer:
                assert answer.status in (200, 404, 405)
                assert token not in await answer.text()
    assert await tags() == []
    status, _ = await browser.press(token)
    assert status == 200


async def test_the_page_is_the_same_for_everyone_and_kept_by_nobody(browser: Browser) -> None:
    """No personal data, no cookie, no cache, no referrer, no frame around it, nothing from outside."""
    await a_link()
    status, page, headers = await browser.get("/my")
    assert status == 200
    assert "Mai" not in page
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers
    assert not re.search(r'(src|href)="(https?:)?//', page)
    async with browser.session.post(browser.desk.url + "/my") as answer:
        assert answer.headers["Cache-Control"] == "no-store"


async def test_of_two_presses_at_once_one_sees_the_data(browser: Browser) -> None:
    """However many: the link is spent in one statement."""
    token = await a_link()
    answers = await asyncio.gather(*(browser.press(token) for _ in range(12)))
    assert sorted(status for status, _ in answers) == [200] + [410] * 11
    assert await tags() == ["link.spent", "record.shown"]


async def test_after_ten_minutes_it_is_over(browser: Browser) -> None:
    """To the second; and an old link tells no more than a wrong one."""
    early, late = await a_link(), await a_link(Profile("Trần Văn Bình"))
    browser.desk.later(timedelta(minutes=10) - timedelta(seconds=1))
    assert (await browser.press(early))[0] == 200
    browser.desk.later(timedelta(seconds=1))
    assert await browser.press(late) == (410, {"error": "gone"})
    assert await browser.press(secrets.token_urlsafe(32)) == (410, {"error": "gone"})


async def test_a_record_that_is_gone_is_said_to_be_gone(browser: Browser) -> None:
    """Erased between the making and the opening of the link: it opens nothing."""
    token = await a_link()
    await Customer.all().delete()
    assert await browser.press(token) == (410, {"error": "gone"})
    assert await tags() == []


async def test_what_cannot_be_unsealed_spends_nothing(browser: Browser) -> None:
    """The fault is ours, so the customer keeps the link; the log has no word of the record."""
    token = await a_link()
    other = SubjectKey.make((await Customer.get()).id)
    await SubjectKey.all().update(wrapped=other.wrapped)
    with capture_logs() as logs:
        assert await browser.press(token) == (500, {"error": "failed"})
    assert [(line["event"], line["page"]) for line in logs] == [("page_failed", "/my")]
    assert "SealBroken" in str(logs)
    assert await tags() == []
    assert (await PageLink.get()).spent_at is None


@pytest.mark.parametrize("missing", [HEADER, "Origin"])
async def test_a_foreign_page_cannot_press_the_button(browser: Browser, missing: str) -> None:
    """Neither without the header that only our script sets, nor without an Origin of ours."""
    token = await a_link()
    body = json.dumps({"token": token}).encode()
    assert await browser.post(body, drop=missing) == (403, {"error": "not_from_our_page"})
    for origin in ("https://evil.example", "null", f"{browser.desk.url}.evil.example"):
        assert (await browser.post(body, headers={"Origin": origin}))[0] == 403
    assert (await browser.press(token))[0] == 200


async def test_guessing_is_slowed_by_network(database: Database) -> None:
    """Before the database is asked; wrong and right tries alike."""
    async with serving(desk=Desk(rate=Rate(0.001, 3))) as desk, aiohttp.ClientSession() as session:
        browser = Browser(desk, session)
        assert [(await browser.press(str(number)))[0] for number in range(4)] == [410, 410, 410, 429]
        token = await a_link()
        status, told = await browser.press(token)
        assert (status, told) == (429, {"error": "slow"})
        assert (await PageLink.get()).spent_at is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"token": 7}', 400),
        (b'{"token": null}', 400),
        (b'{"token": ["a"]}', 400),
        (b'{"token": "\xff"}', 400),
        (b'{"token": "\\ud800"}', 400),
        (b'{"token": "' + b"a" * 201 + b'"}', 400),
        (b'{"token": ' + b"[" * 100_000, 400),
        (b'{"token": "' + b"a" * (1 << 21), 413),
        (b'{"token": ""}', 410),
        (b'{"token": "\\u0000"}', 410),
        ('{"token": "xin chào"}'.encode(), 410),
        (b'{"token": "\' OR 1=1 --"}', 410),
        (b'{"token": "__proto__", "more": 1}', 410),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_hostile_body_gets_a_clear_answer(browser: Browser, body: bytes, status: int) -> None:
    """Never a fault of the server, and nothing is stored."""
    assert (await browser.post(body))[0] == status
    assert await tags() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "multipart/form-data"}, 415),
        ({"Content-Type": ";;;"}, 415),
        ({"Content-Type": "application/json; charset=no-such"}, 410),
        ({"Content-Encoding": "gzip"}, 400),
        ({"Content-Encoding": "deflate"}, 400),
    ],
    ids=str,
)
async def test_a_body_of_another_kind_is_refused(
    browser: Browser, headers: dict[str, str], status: int
) -> None:
    """By its status, not by a fault."""
    assert (await browser.post(b'{"token": "a"}', headers=headers))[0] == status


@settings(max_examples=tries(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(max_size=250), language=st.text(max_size=20))
async def test_no_token_at_all_makes_a_fault(browser: Browser, token: str, language: str) -> None:
    """Whatever somebody writes behind the # and into the query."""
    assert (await browser.press(token, quote(language, errors="replace")))[0] in (400, 410)


async def test_a_database_that_is_away_is_said_to_be_busy(database: Database) -> None:
    """503 with Retry-After; the link can still be opened afterwards."""
    token = await a_link()
    await disconnect()
    sqlite = database.url.startswith("sqlite")
    blocker = sqlite3.connect(database.url.removeprefix("sqlite://")) if sqlite else None
    if blocker:
        blocker.execute("BEGIN EXCLUSIVE")
    await connect(f"{database.url}?busy_timeout=50" if sqlite else database.url.replace(":5432", ":1"))
    async with serving() as desk, aiohttp.ClientSession() as session:
        browser = Browser(desk, session)
        headers = {"Origin": desk.url, HEADER: "1"}
        async with session.post(desk.url + "/my", json={"token": token}, headers=headers) as answer:
            assert (answer.status, await answer.json()) == (503, {"error": "busy"})
            assert int(answer.headers["Retry-After"]) > 0
        if blocker:
            blocker.close()
            assert (await browser.press(token))[0] == 200


async def test_nothing_that_was_opened_is_logged(browser: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither the token nor a value of the record."""
    token = await a_link()
    with capture_logs() as logs:
        await browser.press(token)
        await browser.press(token)
    printed = "".join(capfd.readouterr()) + str(logs)
    assert not any(secret in printed for secret in (token, MAI.full_name, "0900000001", "mai@"))


async def test_who_of_the_staff_has_looked_stands_on_the_page(browser: Browser) -> None:
    """Newest first, by role and reason; and that nobody has, where nobody has."""
    status, told = await browser.press(await a_link())
    assert (status, told["lookups"], told["more"]) == (
        200,
        ["Chưa có nhân viên nào của Partyshop.vn mở hồ sơ của quý khách."],
        "",
    )
    record = await Customer.all().order_by("-id").first()
    assert record
    token = await run_tx(lambda: PageLink.make(new_id(), record.id, (Kind.PHONE, "+84900000001"), NOW))
    for number in range(MOST_TOLD + 2):
        at = NOW - timedelta(days=number)
        await run_tx(partial(note_opening, record, new_id(), Role.LEAD, Reason.IDENTITY, at))
    _, told = await browser.press(token, "en")
    assert len(told["lookups"]) == MOST_TOLD
    assert "a team lead, to compare" in told["lookups"][0]
    assert told["more"] == "And 2 times before that."
