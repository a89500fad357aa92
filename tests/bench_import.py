"""How long an import takes, how much memory, and how long it makes others wait.

    python -m tests.bench_import [ROWS] [csv|xlsx]

Runs the import in a process of its own, on SQLite and (where it answers) PostgreSQL, first of new
records and then of changes to all of them, while this process reads and writes beside it.
"""

from __future__ import annotations

import asyncio
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import openpyxl
from tortoise.backends.base.executor import EXECUTOR_CACHE

from chatbot.crypto import KeyRing
from chatbot.importing import import_file
from models import Customer, Event
from models.database import connect, disconnect, run_tx
from models.keys import use_ring
from models.migrate import migrate
from tests.optional import POSTGRES

HEADER = "external_id full_name phone email address birthday note last_contact_at marketing_consent".split()  # noqa: SIM905


def write_file(path: Path, rows: int, note: str) -> None:
    """A file of so many customers, by its suffix."""
    last = ["14/05/1990", note, "2026-11-18T09:12:00+07:00", "true"]
    cells = (
        [f"PS{n}", f"Thu Hà {n}", f"09{n:08}", f"kh{n}@example.com", f"{n} Đường Hoa Giấy, Huế", *last]
        for n in range(rows)
    )
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADER, *cells])
        return
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in (HEADER, *cells):
        sheet.append(row)
    workbook.save(path)


async def take(url: str, ring: str, path: str) -> None:
    """The import itself: prints one JSON line."""
    use_ring(KeyRing.load(Path(ring)))
    await connect(url)
    begun = time.monotonic()
    summary = await import_file(Path(path), now=datetime(2026, 11, 23, tzinfo=UTC))
    took = time.monotonic() - begun
    await disconnect()
    figures = {
        "results": dict(summary.results),
        "seconds": round(took, 1),
        "longest hold ms": round(summary.longest_hold * 1000),
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures))


async def beside(url: str, ring: Path, path: Path) -> None:
    """Start the import, and read and write beside it until it ends."""
    words = [sys.executable, "-m", "tests.bench_import", "take", url, str(ring), str(path)]
    EXECUTOR_CACHE.clear()
    await connect(url)
    reads, writes = [], []
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:  # noqa: ASYNC220
        while child.poll() is None:
            begun = time.monotonic()
            await Customer.filter(external_index="none").first()
            read = time.monotonic()
            await run_tx(lambda: Event.filter(id=0).update(detail=None))
            reads.append(read - begun)
            writes.append(time.monotonic() - read)
            await asyncio.sleep(0.02)
        print(child.stdout.read().strip() if child.stdout else "")
    await disconnect()
    for name, waits in (("reads", sorted(reads)), ("writes", sorted(writes))):
        p50, p99 = waits[len(waits) // 2] * 1000, waits[len(waits) * 99 // 100] * 1000
        print(f"  {name} beside: {len(waits)}, p50 {p50:.1f} p99 {p99:.1f} max {waits[-1] * 1000:.1f} ms")


def main(rows: int, suffix: str) -> None:
    """Both databases, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        ring = Path(folder, "ring.json")
        KeyRing.create(ring)
        new, changed = Path(folder, f"new.{suffix}"), Path(folder, f"changed.{suffix}")
        write_file(new, rows, "Ghi chú")
        write_file(changed, rows, "Ghi chú khác")
        name = f"bench_{uuid.uuid4().hex[:12]}"
        parts = urlsplit(POSTGRES)
        try:
            asyncio.run(on_server(f'CREATE DATABASE "{name}"'))
            urls = [
                f"sqlite://{folder}/desk.db",
                urlunsplit((parts.scheme, parts.netloc, f"/{name}", "", "")),
            ]
        except (OSError, asyncpg.PostgresError):
            urls = [f"sqlite://{folder}/desk.db"]
        try:
            for url in urls:
                asyncio.run(migrate(url))
                for path in (new, changed):
                    print(f"{urlsplit(url).scheme}, {rows} rows, {path.stem}:", flush=True)
                    asyncio.run(beside(url, ring, path))
        finally:
            if len(urls) == 2:
                asyncio.run(on_server(f'DROP DATABASE "{name}" WITH (FORCE)'))


async def on_server(statement: str) -> None:
    """Run one statement on the PostgreSQL server."""
    connection = await asyncpg.connect(POSTGRES, timeout=5)
    await connection.execute(statement)
    await connection.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["take"]:
        asyncio.run(take(*sys.argv[2:5]))
    else:
        arguments = dict(enumerate(sys.argv[1:]))
        main(int(arguments.get(0, "100000")), arguments.get(1, "csv"))
