"""How soon Zalo's webhook is answered, also while an import runs. Zalo wants it within 2 seconds.

Who writes waits for those before them, as messages are stored one after the other: with so many at once each
takes about so many times as long as alone. On a busy machine the figures are multiples of the first one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.conversation import SECRET, process, run, write_customers
from tests.bench.databases import database_of_our_own
from tests.bench.telegram import Telegram
from tests.zalo_server import ZaloServer

SAID = ("/menu", "5", "1", "xem dữ liệu của tôi", "huỷ", "/khieunai", "một", "huỷ")
LIMIT_SECONDS = 2.0
MEASURED_SECONDS = 60.0
"""How long is measured beside an import: it goes on slower than alone, and is let end in peace."""
FIRST_USER = 10**17


@dataclass(frozen=True)
class Answers:
    """How soon so many events were answered, in milliseconds."""

    while_: str
    events: int
    p50_ms: float
    p99_ms: float
    longest_ms: float


async def measure(users: int, rows: int) -> AsyncIterator[Answers]:
    """On SQLite: one customer, so many at once, then again while so many rows are imported."""
    with TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            telegram = await stack.enter_async_context(Telegram(SECRET))
            zalo = await stack.enter_async_context(ZaloServer())
            url = await stack.enter_async_context(database_of_our_own("sqlite", folder))
            env = {"DATABASE_URL": url, "KEYRING": f"{folder}/ring.json", "DATA_DIR": f"{folder}/data"}
            env |= zalo.settings
            write_customers(Path(folder, "customers.csv"), rows)
            await run(["chatbot", "keys", "new", env["KEYRING"]], folder, telegram, env)
            await run(["chatbot", "migrate"], folder, telegram, env)
            port = await stack.enter_async_context(process(["tests.bench.desk"], folder, telegram, env))
            await run(["chatbot", "zalo", "token", "--paste"], folder, telegram, env, zalo.refresh)
            zalo.desk = f"http://127.0.0.1:{port}"
            await _talk(zalo, 1, "caches are filled")
            yield await _talk(zalo, 1, "one customer writes")
            many = f"{users} customers write at once"
            yield await _talk(zalo, users, many)
            imports = run(["chatbot", "import", f"{folder}/customers.csv"], folder, telegram, env)
            importing = asyncio.create_task(imports)
            yield await _talk(zalo, users, f"{many} and {rows:,} rows are imported", until=importing)
            await importing


async def _talk(
    zalo: ZaloServer, users: int, while_: str, until: asyncio.Task[None] | None = None
) -> Answers:
    """All customers through what is said, again and again until something has ended, or a minute is over."""
    zalo.seconds.clear()
    zalo.statuses.clear()

    async def talk(number: int) -> None:
        for words in SAID:
            await zalo.says(str(FIRST_USER + number), words)

    begun = time.monotonic()
    while True:
        await asyncio.gather(*(talk(number) for number in range(users)))
        if until is None or until.done() or time.monotonic() - begun > MEASURED_SECONDS:
            break
    if set(zalo.statuses) != {200}:
        raise RuntimeError(f"the webhook answered {sorted(set(zalo.statuses))}")
    times = sorted(zalo.seconds)
    p50, p99 = (times[int(len(times) * part)] * 1000 for part in (0.5, 0.99))
    return Answers(while_, len(times), p50, p99, times[-1] * 1000)


def show(one: Answers) -> None:
    """A line."""
    fine = "within" if one.longest_ms < LIMIT_SECONDS * 1000 else "NOT within"
    print(
        f"/zalo while {one.while_}: {one.events} events, p50 {one.p50_ms:.0f} ms,"
        f" p99 {one.p99_ms:.0f} ms, longest {one.longest_ms:.0f} ms ({fine} {LIMIT_SECONDS:.0f} s)",
        flush=True,
    )
