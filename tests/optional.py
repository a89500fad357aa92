"""What the tests can do without: PostgreSQL, its client, and Chromium.

Where one is missing, the tests that need it are skipped and say why; with ``REQUIRE_OPTIONAL=1`` they
fail, so that a build machine which has lost its database is not mistaken for a passing one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NoReturn

import asyncpg
import pytest

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


def postgres_url() -> str:
    """The URL of a PostgreSQL server on which databases may be created.

    It is ``TEST_POSTGRES_URL``, or user postgres without a password on 127.0.0.1:5432. Skips or fails
    the test where no such server lets us in.
    """
    if not _postgres_answers():
        _missing("PostgreSQL: no login at 127.0.0.1:5432 as postgres, nor at TEST_POSTGRES_URL")
    return POSTGRES


def chromium_path() -> str:
    """The path of a Chromium that Playwright can drive. Skips or fails the test where there is none."""
    return (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or _missing("Chromium: no chromium on the PATH (Debian: apt-get install chromium)")
    )


def pg_dump_path() -> str:
    """The path of pg_dump, a part of PostgreSQL's client. Skips or fails the test where there is none."""
    return shutil.which("pg_dump") or _missing("pg_dump (Debian: apt-get install postgresql-client)")


def _missing(what: str) -> NoReturn:
    if os.environ.get("REQUIRE_OPTIONAL") == "1":
        pytest.fail(f"REQUIRE_OPTIONAL=1, but this test needs {what}", pytrace=False)
    pytest.skip(f"needs {what}")


@cache
def _postgres_answers() -> bool:
    async def log_in() -> None:
        connection = await asyncpg.connect(POSTGRES, timeout=5)
        await connection.close()

    try:
        # In a thread of its own, as the test that asks may be inside an event loop.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, log_in()).result()
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    return True
