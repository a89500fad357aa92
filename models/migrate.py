"""Bringing the database up to date, once, however many processes start together."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pkgutil import iter_modules
from typing import Any

import asyncpg
from tortoise.connection import get_connection
from tortoise.migrations.api.migrate import migrate as apply_migrations
from tortoise.migrations.executor import MigrationExecutor

from models import migrations
from models.database import CONNECTION, configuration, disconnect, fetch

_LOCK = 0x64_65_73_6B  # "desk": any number will do, the same for every process


async def migrate(url: str) -> None:
    """Apply every migration that is missing. Opens and closes its own connections.

    Held under a lock of its own: the migrations take none, and several processes that start on an
    empty database would make each other fail.
    """
    settings = configuration(url)
    async with _alone(settings["connections"][CONNECTION]):
        try:
            await apply_migrations(config=settings)
        finally:
            await disconnect()


def known() -> list[str]:
    """The names of all migrations of this program, in order."""
    return sorted(module.name for module in iter_modules(migrations.__path__))


async def pending() -> list[str]:
    """The names of the migrations that the open database lacks. Raises what the database raises."""
    await fetch("SELECT 1 AS one")  # one that is away would seem to the ORM to lack them all
    executor = MigrationExecutor(get_connection(CONNECTION), configuration("sqlite://:memory:")["apps"])
    return [step.migration.name for step in await executor.plan()]


@asynccontextmanager
async def _alone(connection: dict[str, Any]) -> AsyncIterator[None]:
    credentials = connection["credentials"]
    if "file_path" in credentials:
        lock = os.open(f"{credentials['file_path']}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
        return
    session = await asyncpg.connect(
        host=credentials["host"],
        port=credentials["port"],
        user=credentials["user"],
        password=credentials["password"],
        database=credentials["database"],
    )
    try:
        await session.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield
    finally:
        await session.close()
