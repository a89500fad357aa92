"""What the real server answers to whoever knocks, and while its database is away."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from io import BytesIO
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from aiohttp import ClientSession, TCPConnector

from tests.bot_api import SECRET_HEADER
from tests.e2e.outside import Telegram
from tests.e2e.program import SECRET, Program, soon
from tests.e2e.store import query
from tests.telegram_updates import text_update

HELLO = {"update_id": 1, **text_update(1001, "Chào shop")}
GOOD = json.dumps(HELLO, ensure_ascii=False).encode()
JSON = {"Content-Type": "application/json"}
KNOWN = {**JSON, SECRET_HEADER: SECRET}

KNOCKS: list[tuple[str, str, bytes, dict[str, str], int]] = [
    ("POST", "/telegram", GOOD, JSON, 403),
    ("POST", "/telegram", GOOD, {**JSON, SECRET_HEADER: ""}, 403),
    ("POST", "/telegram", GOOD, {**JSON, SECRET_HEADER: SECRET[:-1] + "x"}, 403),
    ("POST", "/telegram", b"x" * 2_000_000, {**JSON, SECRET_HEADER: "wrong"}, 403),
    ("POST", "/telegram", GOOD, {**KNOWN, "Content-Type": "text/plain"}, 415),
    ("POST", "/telegram", GOOD[:-1], KNOWN, 400),
    ("POST", "/telegram", b"", KNOWN, 400),
    ("POST", "/telegram", b" " * 1_048_577, KNOWN, 413),
    ("POST", "/telegram", gzip.compress(b" " * 50_000_000), {**KNOWN, "Content-Encoding": "gzip"}, 413),
    ("POST", "/telegram", b"no gzip", {**KNOWN, "Content-Encoding": "gzip"}, 400),
    ("POST", "/telegram", b"[" * 500_000, KNOWN, 400),
    ("POST", "/telegram", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, KNOWN, 400),
    ("POST", "/telegram", GOOD.decode().encode("utf-16"), KNOWN, 400),
    ("POST", "/telegram", b'{"update_id":1,"message":{"text":"\xff\xfe"}}', KNOWN, 400),
    ("POST", "/telegram", b'{"update_id":1,"message":{"text":"\\ud800"}}', KNOWN, 400),
    ("POST", "/telegram", b"null", KNOWN, 400),
    ("POST", "/telegram", b'{"update_id": 2, "message": {}}', KNOWN, 400),
    ("POST", "/telegram", b'{"update_id": 2, "poll": {"id": "1"}}', KNOWN, 200),
    ("POST", "/telegram", b'{"update_id": 2, "of_the_future": 1}', KNOWN, 200),
    ("GET", "/telegram", b"", KNOWN, 405),
    ("POST", "/", GOOD, JSON, 405),
    ("DELETE", "/my", b"", {}, 405),
    ("POST", "/my", b"{}", JSON, 403),
    ("POST", "/healthz", b"", {}, 405),
    ("GET", "/nowhere", b"", {}, 404),
    ("GET", "/static/../settings.py", b"", {}, 404),
    ("GET", "/%00", b"", {}, 404),
    ("POST", "/zalo", b"{}", JSON, 200),
    ("POST", "/zalo", b'{"event_name": "user_send_text"}', JSON, 403),
    ("GET", "/zalo", b"", {}, 200),
    ("GET", "/chat/ws", b"", {}, 403),
    ("POST", "/chat/files", b"x", {}, 403),
    ("GET", "/metrics", b"", {"X-Forwarded-For": "203.0.113.9"}, 403),
    ("GET", "/metrics", b"", {}, 200),
    ("GET", "/", b"", {}, 200),
    ("GET", "/my", b"", {}, 200),
    ("GET", "/healthz", b"", {}, 200),
    ("GET", "/readyz", b"", {}, 200),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_knock_has_its_answer(desk: Program) -> None:
    """Wrong secrets, bodies, methods and paths each get their status, none a 5xx, and nothing is stored."""
    # A connection for each: after a body that cannot be read to its end the server hangs up.
    async with ClientSession(connector=TCPConnector(force_close=True)) as session:

        async def status(method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
            url = f"{desk.url}{path}"
            async with session.request(method, url, data=BytesIO(body), headers=headers) as answer:
                return answer.status

        wrong = [
            (method, path, body[:40], expected, found)
            for method, path, body, headers, expected in KNOCKS
            if (found := await status(method, path, body, headers)) != expected
        ]
        assert wrong == []
        assert await query(desk.settings["DATABASE_URL"], "SELECT count(*) FROM delivery") == [(0,)]
        assert await status("POST", "/telegram", GOOD, KNOWN) == 200
    assert "Traceback" not in desk.said


async def test_without_its_database_it_says_so_and_comes_back(program: Program, telegram: Telegram) -> None:
    """503 with Retry-After and nothing acknowledged; alive, but not ready; then the very same message is
    taken, without a restart."""
    url = program.settings["DATABASE_URL"]
    if url.startswith("sqlite:"):
        program.settings["DATABASE_URL"] = f"{url}?busy_timeout=300"
    await program.start()
    telegram.desk = program.url
    assert await telegram.post({**HELLO, "update_id": 1}) == 200
    await telegram.wait_until(lambda: len(telegram.texts(1001)) == 2)
    async with ClientSession() as session:

        async def gets(path: str, status: int) -> bool:
            async with session.get(f"{program.url}{path}") as answer:
                return answer.status == status

        async def is_taken() -> bool:
            return await telegram.post({**HELLO, "update_id": 2}) == 200

        async with away(url):
            body = json.dumps({**HELLO, "update_id": 2}).encode()
            async with session.post(f"{program.url}/telegram", data=body, headers=KNOWN) as answer:
                assert answer.status == 503
                assert int(answer.headers["Retry-After"]) > 0
            assert await gets("/healthz", 200)
            await soon(lambda: gets("/readyz", 503))
        await soon(is_taken)
        await telegram.wait_until(lambda: len(telegram.texts(1001)) == 3, seconds=15)
        await soon(lambda: gets("/readyz", 200), seconds=15)
    assert await query(url, "SELECT count(*) FROM delivery") == [(2,)]
    assert "Traceback" not in program.said


@asynccontextmanager
async def away(url: str) -> AsyncIterator[None]:
    """While this lasts, the database takes nothing: another program holds SQLite's write lock; PostgreSQL has
    shut every connection and takes no new one."""
    if url.startswith("sqlite://"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
        return
    parts = urlsplit(url)
    name = parts.path.removeprefix("/")
    server = await asyncpg.connect(urlunsplit((parts.scheme, parts.netloc, "/postgres", "", "")))
    try:
        await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        everybody = f"FROM pg_stat_activity WHERE datname = '{name}'"
        await server.execute(f"SELECT pg_terminate_backend(pid) {everybody}")
        yield
    finally:
        await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await server.close()
