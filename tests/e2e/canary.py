"""Seeded secrets, and everywhere that they must not turn up in the clear."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

import asyncpg

from tests.e2e.outside import MAIL_PASSWORD, SMS_PASSWORD
from tests.e2e.program import SECRET

MARK = "zyxw"
"""Stands in every name, address, note, story and file name of these tests."""
PHONE, BROKEN_PHONE, COMPLAINT_PHONE = "0987654321", "0987000222", "0987000333"
EMAIL = f"{MARK}.mai@example.com"
CITIZEN_ID = "079191912345"
BIRTHDAY = "1991-02-28"
NETWORK = "203.0.113.77"
CHAT, BROKEN_CHAT, OTHER_CHAT, COMPLAINT_CHAT = 990077551, 990077552, 990077553, 990077554
GROUP = -1009900775
DATABASE_PASSWORD = "database-password-9Lm"

_WORDS = (
    MARK,
    PHONE[1:],
    BROKEN_PHONE[1:],
    COMPLAINT_PHONE[1:],
    CITIZEN_ID,
    BIRTHDAY,
    "28/02/1991",
    NETWORK,
    str(CHAT),
    str(BROKEN_CHAT),
    str(OTHER_CHAT),
    str(COMPLAINT_CHAT),
    DATABASE_PASSWORD,
    MAIL_PASSWORD,
    SMS_PASSWORD,
    SECRET,
    "stand-in-token",
)


def leaks(places: Mapping[str, bytes], codes: Iterable[str], tokens: Iterable[str]) -> list[tuple[str, str]]:
    """The secrets that are found, each with its place. ``codes`` are of six digits; ``tokens`` are what
    else was made in this run."""
    patterns = {word: _anyhow(word) for word in (*_WORDS, *tokens)}
    # Six digits stand in every fraction of a second and in many a number: only as a word are they a code.
    patterns |= {code: rf"(?<![\w.+-]){code}(?!\w)".encode() for code in codes}
    return [
        (word, place)
        for place, content in places.items()
        for word, pattern in patterns.items()
        if re.search(pattern, content, re.IGNORECASE)
    ]


def _anyhow(word: str) -> bytes:
    """As text, in UTF-16, or in hexadecimal digits, which is how PostgreSQL writes bytes."""
    forms = (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode())
    return b"|".join(re.escape(form) for form in forms)


async def stored(database_url: str, folder: Path) -> dict[str, bytes]:
    """All that is kept: each file below a folder, and each table of a PostgreSQL database."""
    places = _files(folder)
    if database_url.startswith("postgres"):
        connection = await asyncpg.connect(database_url)
        try:
            tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            for (table,) in await connection.fetch(tables):
                rows = BytesIO()
                await connection.copy_from_table(table, output=rows, format="csv")
                places[table] = rows.getvalue()
        finally:
            await connection.close()
    return places


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
