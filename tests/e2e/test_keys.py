"""The desk serves on while its keys are rotated and a backup is made beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.outside import Telegram
from tests.e2e.program import Program
from tests.e2e.store import query
from tests.optional import pg_dump_path


async def test_the_desk_serves_on_during_a_rotation_and_a_backup(
    program: Program, telegram: Telegram, keyring: Path
) -> None:
    """Without a restart: who is known is answered, and who is new gets a key that the new one wraps."""
    url = program.settings["DATABASE_URL"]
    if url.startswith("postgres"):
        pg_dump_path()
    ring = shutil.copy(keyring, program.folder / "ring.json")
    program.settings |= {"KEYRING": str(ring), "KEYS_BACKUP": str(program.folder / "keys.backup")}
    await program.start()
    telegram.desk = program.url
    await telegram.wait_for("setWebhook")
    await says(telegram, 1001, "/start")
    for command in (["keys", "rotate"], ["backup", "one"]):
        code, _, err = await program.run(*command)
        assert (code, err) == (0, "")
        await says(telegram, 1001, "/trogiup")
    await says(telegram, 1002, "/start")
    assert await query(url, "SELECT ring_key, COUNT(*) FROM subject_key GROUP BY ring_key") == [(2, 2)]
    assert await program.terminate() == 0
    assert program.problems == []


async def says(telegram: Telegram, chat: int, text: str) -> None:
    """Somebody writes, and is answered."""
    before = len(telegram.texts(chat))
    await telegram.push_text(chat, text)
    await telegram.wait_until(lambda: len(telegram.texts(chat)) > before, seconds=20)
