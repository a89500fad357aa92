"""A fresh database for one run."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.optional import POSTGRES


@asynccontextmanager
async def database_of_our_own(kind: str, folder: str) -> AsyncIterator[str]:
    """The URL of an empty ``sqlite`` or ``postgres`` database, which is gone afterwards.

    Raises OSError or asyncpg.PostgresError where PostgreSQL does not let us in (see tests/optional.py).
    """
    if kind == "sqlite":
        yield f"sqlite://{folder}/desk.db"
        return
    name = f"bench_{uuid.uuid4().hex[:12]}"
    parts = urlsplit(POSTGRES)
    await _on_server(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit((parts.scheme, parts.netloc, f"/{name}", "", ""))
    finally:
        await _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


async def _on_server(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRES, timeout=5)
    await connection.execute(statement)
    await connection.close()
