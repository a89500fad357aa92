"""A scripted conversation by many customers at once: with the desk, and with the floor, in one run."""

from __future__ import annotations

import asyncio
import csv
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from tests.bench.customer import Customer
from tests.bench.databases import database_of_our_own
from tests.bench.telegram import Telegram
from tests.bot_api import TOKEN

WARM_UP = 10
"""Customers who talk before anything is measured, so that caches are filled."""
SETTLE_SECONDS = 0.5
"""How long the desk may take to write down what became of the last messages."""
SECRET = "a-secret-for-the-bench"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Figures:
    """What was measured of one server. Milliseconds, MiB; ``per_second`` are updates, ``sent`` messages."""

    server: str
    updates: int
    sent: int
    per_second: float
    cpu_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    peak_mib: float


async def compare(users: int, database: str, profile: Path | None) -> list[Figures]:
    """The floor, and the desk on a ``sqlite`` or ``postgres`` database."""
    with TemporaryDirectory() as folder:
        figures = []
        async with (
            Telegram(SECRET) as telegram,
            process(["tests.bench.floor"], folder, telegram, {}) as port,
        ):
            figures.append(await _measure("floor", telegram, port, users))
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(database_of_our_own(database, folder))
            telegram = await stack.enter_async_context(Telegram(SECRET))
            env = {"DATABASE_URL": url, "KEYRING": f"{folder}/ring.json", "DATA_DIR": f"{folder}/data"}
            write_customers(Path(folder, "customers.csv"), users + WARM_UP)
            for command in (
                ["keys", "new", env["KEYRING"]],
                ["migrate"],
                ["import", f"{folder}/customers.csv"],
            ):
                await run(["chatbot", *command], folder, telegram, env)
            words = ["tests.bench.desk", *([str(profile)] if profile else [])]
            port = await stack.enter_async_context(process(words, folder, telegram, env))
            figures.append(await _measure(f"desk on {database}", telegram, port, users))
    return figures


async def _measure(server: str, telegram: Telegram, port: int, users: int) -> Figures:
    here = f"http://127.0.0.1:{port}"
    async with ClientSession() as session:

        async def usage() -> dict[str, float]:
            await asyncio.sleep(SETTLE_SECONDS)
            async with session.get(f"{here}/usage") as response:
                used: dict[str, float] = await response.json()
                return used

        async def talk(first: int, last: int) -> float:
            begun = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                for number in range(first, last):
                    customer = Customer(telegram, number, fixed=server == "floor")
                    group.create_task(customer.talk(f"{here}/telegram"))
            return time.perf_counter() - begun

        await talk(0, WARM_UP)
        before, sent = await usage(), telegram.calls["sendMessage"]
        telegram.times.clear()
        seconds = await talk(WARM_UP, WARM_UP + users)
        after = await usage()
    if set(telegram.statuses) != {200}:
        raise RuntimeError(f"the webhook answered {dict(telegram.statuses)}")
    times = sorted(telegram.times)
    p50, p95, p99 = (times[int(len(times) * part)] * 1000 for part in (0.5, 0.95, 0.99))
    return Figures(
        server,
        updates=len(times),
        sent=telegram.calls["sendMessage"] - sent,
        per_second=len(times) / seconds,
        cpu_ms=(after["cpu"] - before["cpu"]) / len(times) * 1000,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        peak_mib=after["peak"],
    )


def write_customers(path: Path, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["external_id", "full_name", "phone", "email", "address", "birthday", "note"])
        for number in range(count):
            rest = ["14/05/1990", "Thích hoa giấy"]
            email, address = f"kh{number}@example.com", f"{number} Đường Hoa Giấy, Huế"
            rows.writerow([f"PS{number}", f"Thu Hà {number}", f"09{number:08}", email, address, *rest])


@asynccontextmanager
async def process(
    words: Sequence[str], folder: str, telegram: Telegram, env: Mapping[str, str]
) -> AsyncIterator[int]:
    """A server in a process of its own, and its port."""
    child = await asyncio.create_subprocess_exec(
        *_python(words),
        cwd=folder,
        env=_environment(telegram, env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdin
    assert child.stdout
    try:
        yield int(await child.stdout.readline())
    finally:
        child.stdin.close()
        await child.wait()


async def run(
    words: Sequence[str], folder: str, telegram: Telegram, env: Mapping[str, str], typed: str = ""
) -> None:
    """A command, to its end; ``typed`` is what it reads. Raises RuntimeError where it fails."""
    child = await asyncio.create_subprocess_exec(
        *_python(words),
        cwd=folder,
        env=_environment(telegram, env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    await child.communicate(typed.encode())
    if child.returncode:
        raise RuntimeError(f"{' '.join(words)} failed")


def _python(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", *words]


def _environment(telegram: Telegram, more: Mapping[str, str]) -> dict[str, str]:
    """The settings of the desk; nothing of a developer's own comes in."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PORT": "0",
        "PUBLIC_URL": "https://desk.example.vn",
        "TELEGRAM_API_URL": telegram.url,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_STAFF_CHAT": "-1001",
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "LOG_FORMAT": "json",
        **more,
    }
