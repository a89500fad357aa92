"""The desk's database, looked at and changed from outside the program."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import asyncpg


async def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement on the database and commit it; the rows."""
    if url.startswith("sqlite://"):
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), timeout=5)) as connection, connection:
            return connection.execute(statement).fetchall()
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def let_claims_expire(url: str) -> None:
    """What a dead process had under way is nobody's after a minute: that minute is over now."""
    await query(url, "UPDATE outgoing SET held_until = '2026-01-01 00:00:00+00:00' WHERE state = 'sending'")
