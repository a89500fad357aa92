"""The real program is killed in the middle of an erasure: started again, it ends it."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from chatbot.crypto import KeyRing
from chatbot.messages import Reply
from models.chat import Chat
from models.database import run_tx
from models.erasure import Erasure
from models.event import Event, Tag
from models.keys import SubjectKey, use_ring
from models.outgoing import Outgoing
from models.removal import Removal
from tests.conftest import Database
from tests.e2e.program import Program, soon
from tests.erasure_world import NOW, add_somebody, freeze, marks_left, said_in, tables_naming

MESSAGES = 1500


@pytest.mark.parametrize("left", [MESSAGES // 2, 0])
async def test_an_erasure_that_was_killed_is_ended(
    database: Database, keyring: Path, tmp_path: Path, left: int
) -> None:
    """When half of the messages are removed, and when all are."""
    ring = Path(shutil.copy(keyring, tmp_path / "ring.json"))
    use_ring(KeyRing.load(ring))
    data = tmp_path / "data"
    gone, other = await add_somebody(data, "Hoadaoxanh", 1), await add_somebody(data, "Trangluoiliem", 2)
    chat = await Chat.hold_by_id(gone.chat)
    assert chat
    many = [Reply(f"{gone.mark} {number}") for number in range(MESSAGES)]
    await run_tx(partial(Outgoing.to_chat, chat, many, NOW))
    await Outgoing.all().update(state="sent", settled_at=NOW)
    others = await marks_left(other)
    await freeze(gone)

    async def is_so_far() -> bool:
        begun = await Erasure.filter(begun_at__not_isnull=True).exists()
        return begun and await Outgoing.filter(subject=gone.chat).count() <= left

    async with Program(tmp_path, DATABASE_URL=database.url, KEYRING=str(ring)) as program:
        assert await program.cut_off(is_so_far, "serve")
        assert await SubjectKey.filter(id__in=[gone.customer, gone.chat]).count() == 0
        await program.start()
        await soon(_is_over, seconds=60)
        await program.terminate()
        assert [line for line in program.problems if "erasure" in line or "erased" in line] == []
    assert await tables_naming(gone) == set()
    assert not any((data / name).exists() for name in gone.files)
    assert (data / other.files[0]).exists()
    assert await marks_left(other) == others
    told = await Chat.find(gone.address)
    assert told
    assert len(await said_in(told)) == 2
    assert await Event.filter(customer=gone.customer, tag=Tag.ERASURE_DONE).count() == 1


async def _is_over() -> bool:
    """Nothing is left to be erased; a chat may still wait to be told."""
    under_way = Removal.filter(farewell_until=None)
    return not await Erasure.all().exists() and not await under_way.exists()
