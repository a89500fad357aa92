"""Alive, ready, metrics; and the pages for addresses that lead nowhere and for faults of ours."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter
from structlog.testing import capture_logs
from tortoise.exceptions import DBConnectionError, OperationalError

from chatbot.messages import Busy
from chatbot.pages.health import Probe, health_routes
from models.database import connect, disconnect
from models.migrate import pending
from tests.conftest import Database
from tests.page_server import serving

SECRET = "postgres://shop:hunter2@db/0900000001"
HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9"}


async def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, str, Any]:
    """Status, words and headers."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession() as session, session.request(method, url, headers=given) as answer:
        return answer.status, await answer.text(), answer.headers


async def readiness(probes: dict[str, Probe], patience: float = 2.0) -> tuple[int, Any]:
    """What /readyz says with these probes."""
    async with serving(*health_routes(probes, patience=patience)) as desk:
        status, body, _ = await ask(f"{desk.url}/readyz")
        return status, json.loads(body)


async def migrations() -> str | None:
    """A probe as the program has it."""
    missing = await pending()
    return f"{len(missing)} to apply: run chatbot migrate" if missing else None


async def fails() -> str | None:
    """A probe with a fault whose words are secret."""
    raise RuntimeError(SECRET)


async def test_alive_whatever_is_wrong() -> None:
    """The process answers, and that is all that is asked."""
    async with serving(*health_routes({"database": lambda: "away"})) as desk:
        assert (await ask(f"{desk.url}/healthz"))[:2] == (200, "ok")


async def test_ready_with_a_migrated_database(database: Database) -> None:
    """200, and a word for each part, whether its probe is async or not."""
    told = await readiness({"migrations": migrations, "telegram": lambda: None})
    assert told == (200, {"ready": True, "parts": {"migrations": "ok", "telegram": "ok"}})


async def test_not_ready_says_which_part_and_why() -> None:
    """503; the others are still looked at; a fault is named by its type alone."""
    with capture_logs() as logs:
        told = await readiness({"one": lambda: "the token is refused", "two": fails, "three": lambda: None})
    assert told == (
        503,
        {
            "ready": False,
            "parts": {
                "one": "the token is refused",
                "two": "fails (RuntimeError); the log says where",
                "three": "ok",
            },
        },
    )
    assert [line["part"] for line in logs] == ["two"]
    assert "hunter2" not in str(logs)


async def test_what_is_only_degraded_is_told_to_neighbours() -> None:
    """200 for everyone: whether a way to customers works can depend on whom it was used for last."""
    routes = health_routes({"database": lambda: None}, others={"sms": lambda: "no gateway"})
    async with serving(*routes) as desk:
        status, body, _ = await ask(f"{desk.url}/readyz")
        parts = {"database": "ok", "sms": "no gateway"}
        assert (status, json.loads(body)) == (200, {"ready": True, "parts": parts})
        status, body, _ = await ask(f"{desk.url}/readyz", X_Forwarded_For="203.0.113.9")
        assert (status, json.loads(body)) == (200, {"ready": True, "parts": {"database": "ok"}})


async def test_a_database_that_is_away_is_no_fault_of_the_page(database: Database) -> None:
    """503 within the patience, and the process is still alive."""
    await disconnect()
    await connect("postgres://shop:hunter2@127.0.0.1:1/none")
    status, told = await readiness({"migrations": migrations})
    assert (status, told["ready"]) == (503, False)
    assert "hunter2" not in str(told)


async def test_a_probe_that_hangs_is_late_and_runs_once() -> None:
    """However many ask; and when it is through, the next one who asks is told the new state."""
    through = asyncio.Event()
    runs = 0

    async def hangs() -> None:
        nonlocal runs
        runs += 1
        await through.wait()

    async with serving(*health_routes({"scheduler": hangs}, patience=0.05)) as desk:
        told = await asyncio.gather(*(ask(f"{desk.url}/readyz") for _ in range(5)))
        assert {(status, json.loads(body)["parts"]["scheduler"]) for status, body, _ in told} == {
            (503, "no answer within 0.05 s")
        }
        assert runs == 1
        through.set()
        await asyncio.sleep(0)
        assert (await ask(f"{desk.url}/readyz"))[0] == 200
        assert runs == 2


async def test_metrics_for_neighbours() -> None:
    """Prometheus' text format."""
    registry = CollectorRegistry()
    Counter("desk_messages", "Messages received", registry=registry).inc(3)
    async with serving(*health_routes({}, registry=registry)) as desk:
        status, body, headers = await ask(f"{desk.url}/metrics")
    assert status == 200
    assert "desk_messages_total 3.0" in body
    assert headers["Content-Type"].startswith("text/plain; version=")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_no_metrics_through_a_proxy(header: str) -> None:
    """Behind it everyone would look like a neighbour; what it claims of the sender changes nothing."""
    async with serving(*health_routes({})) as desk:
        status, body, _ = await ask(f"{desk.url}/metrics", **{header: "127.0.0.1"})
    assert status == 403
    assert "proxy" in body


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("10.1.2.3", 200),
        ("192.168.1.9", 200),
        ("fd00::9", 200),
        ("fe80::1%eth0", 200),
        ("::ffff:10.0.0.1", 200),
        ("::ffff:8.8.8.8", 403),
        ("8.8.8.8", 403),
        ("2001:4860:4860::8888", 403),
        ("100.64.0.1", 403),
        ("", 403),
        ("unix:", 403),
    ],
)
async def test_who_is_a_neighbour(peer: str, status: int) -> None:
    """Loopback and private networks; not a mobile operator's shared addresses, not one without an address."""

    @web.middleware
    async def from_peer(request: web.Request, handler: Any) -> web.StreamResponse:
        return await handler(request.clone(remote=peer))  # type: ignore[no-any-return]

    app = web.Application(middlewares=[from_peer])
    app.add_routes(health_routes({}, registry=CollectorRegistry()))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        assert (await ask(f"http://127.0.0.1:{runner.addresses[0][1]}/metrics"))[0] == status
    finally:
        await runner.cleanup()


async def test_an_unknown_address_gets_a_small_page() -> None:
    """In the reader's language, with the way to the chat; programs get JSON, HEAD gets no body."""
    async with serving() as desk:
        status, body, headers = await ask(f"{desk.url}/no<b>such", **HTML)
        assert status == 404
        assert "Không có trang này" in body
        assert '<a href="/?lang=vi">Mở cuộc trò chuyện</a>' in body
        assert "such" not in body
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert not re.search(r'(src|href)="(https?:)?//', body)
        _, body, _ = await ask(f"{desk.url}/none", **HTML, Accept_Language="en")
        assert "There is no such page" in body
        status, body, _ = await ask(f"{desk.url}/none")
        assert (status, json.loads(body)) == (404, {"error": "not_found"})
        assert (await ask(f"{desk.url}/none", "HEAD"))[:2] == (404, "")


async def test_a_wrong_method_says_which_are_right() -> None:
    """As HTTP asks of a 405 (RFC 9110, 15.5.6)."""
    async with serving() as desk:
        for headers in (HTML, {}):
            status, _, told = await ask(f"{desk.url}/my", "DELETE", **headers)
            assert (status, told["Allow"]) == (405, "GET,HEAD,POST")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (RuntimeError(SECRET), 500),
        (KeyError(SECRET), 500),
        (OperationalError(sqlite3.OperationalError("no such table: customer")), 500),
        (OperationalError(sqlite3.OperationalError("database is locked")), 503),
        (OperationalError(sqlite3.OperationalError("database or disk is full")), 503),
        (DBConnectionError(SECRET), 503),
        (asyncpg.ConnectionDoesNotExistError(SECRET), 503),
        (ConnectionRefusedError(SECRET), 503),
        (Busy(), 503),
        (ExceptionGroup("several", [ValueError(SECRET)]), 500),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_a_fault_of_ours_says_sorry_and_tells_nothing(fault: Exception, status: int) -> None:
    """To the reader no detail, to the log its type; a database that is away is told apart from a bug."""

    async def breaks(_: web.Request) -> web.Response:
        raise fault

    async with serving(web.get("/break/{token}", breaks)) as desk:
        with capture_logs() as logs:
            told, body, headers = await ask(f"{desk.url}/break/secret-token", **HTML)
    assert told == status
    assert ("Xin lỗi quý khách" in body) == (status == 500)
    assert ("Retry-After" in headers) == (status == 503)
    assert headers["Cache-Control"] == "no-store"
    (line,) = logs
    assert line["page"] == "/break/{token}"
    assert type(fault).__name__ in str(line["fault"])
    for words in (body, str(line)):
        assert "hunter2" not in words
        assert "secret-token" not in words


async def test_what_a_handler_refuses_by_itself_stays_as_it_is() -> None:
    """Webhooks have answers of their own."""

    async def refuses(_: web.Request) -> web.Response:
        raise web.HTTPForbidden(text="wrong secret")

    async with serving(web.post("/hook", refuses)) as desk:
        assert (await ask(f"{desk.url}/hook", "POST"))[:2] == (403, "wrong secret")


async def test_a_fault_in_the_middle_of_an_answer_hangs_up() -> None:
    """Instead of writing a second answer into the first one."""

    async def breaks(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        raise RuntimeError(SECRET)

    async with serving(web.get("/stream", breaks)) as desk:
        with pytest.raises(aiohttp.ClientPayloadError):
            await ask(f"{desk.url}/stream", **HTML)
