"""The key ring gets a new wrapping key while the desk serves, and loses the old one when nothing needs it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from chatbot import crypto
from chatbot.alone import Occupied, alone
from chatbot.crypto import KeyRing, SealBroken
from chatbot.messages import Address
from chatbot.rotation import BATCH, UNDER_WAY, rotate
from models.chat import Chat
from models.database import run_tx
from models.desk import Desk, WrongKeyRing
from models.erased import Erased
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey, new_id, use_ring
from tests.conftest import Database

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
LATER = NOW + UNDER_WAY


@pytest.fixture
def own(tmp_path: Path, keyring: Path) -> Path:
    """A copy of the key ring that may be rotated."""
    return Path(shutil.copy(keyring, tmp_path / "ring.json"))


@pytest.fixture
def operator(database: Database, own: Path) -> KeyRing:
    """The ring as the command has it, in use."""
    found = KeyRing.load(own)
    use_ring(found)
    return found


async def subjects(count: int) -> list[SubjectKey]:
    """Keys of so many subjects, and the system's."""
    keys = [SubjectKey.make(new_id()) for _ in range(count)]
    await SubjectKey.bulk_create(keys)
    return [*keys, await SubjectKey.of(SYSTEM)]


def held(path: Path) -> set[str]:
    """The numbers of the wrapping keys in a file."""
    return set(json.loads(path.read_text())["wrapping"])


async def test_a_rotation_wraps_every_key_anew_and_changes_none(operator: KeyRing, own: Path) -> None:
    """Also the system's, and more than a batch of them; what was sealed before opens as before."""
    before = {key.id: key.opened() for key in await subjects(2 * BATCH + 1)}
    done = await rotate(operator, set(), NOW)
    assert (done.began, done.current, done.wrapped, done.broken) == (True, 2, len(before), 0)
    assert await SubjectKey.wrapped_by() == {2: len(before)}
    use_ring(KeyRing.load(own))
    assert {key.id: key.opened() for key in await SubjectKey.all()} == before


async def test_the_old_key_stays_until_nothing_needs_it(operator: KeyRing, own: Path) -> None:
    """An hour for what is under way, and for as long as the backup of the keys needs it; then it is gone from
    the file. A call after that begins anew, under a number that was never used."""
    await subjects(3)
    assert (await rotate(operator, set(), NOW)).old == [1]
    assert (await rotate(operator, set(), LATER - timedelta(seconds=1))).old == [1]
    assert (await rotate(operator, {1, 2}, LATER)).old == [1]
    assert held(own) == {"1", "2"}
    last = await rotate(operator, {2}, LATER)
    assert (last.began, last.old, held(own)) == (False, [], {"2"})
    await Desk.claim()
    assert (await rotate(operator, set(), LATER)).current == 3
    tags = [(event.tag, event.detail) for event in await Event.all().order_by("id")]
    assert tags == [(Tag.KEYS_ROTATED, "2"), (Tag.KEYS_RETIRED, "2"), (Tag.KEYS_ROTATED, "3")]


async def test_a_running_process_follows_the_ring(operator: KeyRing, own: Path) -> None:
    """One that loaded the ring before reads what is wrapped by the new key, and wraps by it; it still reads
    what it fetched before the old key was removed."""
    [key, _] = await subjects(1)
    served = KeyRing.load(own)
    await rotate(operator, set(), NOW)
    anew = await SubjectKey.get(id=key.id)
    use_ring(served)
    assert anew.opened() == key.opened()
    assert SubjectKey.make(new_id()).ring_key == 2

    idle = KeyRing.load(own)
    use_ring(operator)
    await rotate(operator, set(), LATER)
    await rotate(operator, set(), LATER)
    use_ring(idle)
    assert SubjectKey.make(new_id()).ring_key == 3
    assert key.ring_key == 1
    use_ring(served)
    assert key.opened() == anew.opened()


async def test_what_an_old_process_wraps_late_is_wrapped_anew(operator: KeyRing) -> None:
    """A key that was wrapped by the old one before the rotation, and stored after it."""
    late = SubjectKey.make(new_id())
    plain = late.opened()
    await rotate(operator, set(), NOW)
    await late.save(force_create=True)
    done = await rotate(operator, set(), LATER)
    assert (done.old, await SubjectKey.wrapped_by()) == ([], {2: 1})
    assert (await SubjectKey.get(id=late.id)).opened() == plain


async def test_customers_are_served_during_a_rotation(operator: KeyRing, own: Path) -> None:
    """Chats are made and read, somebody is erased beside the batches; nothing fails, nobody comes back."""
    keys = await subjects(5 * BATCH)
    gone = keys[-2]
    served = KeyRing.load(own)

    async def serve() -> None:
        use_ring(served)
        await run_tx(partial(Erased.record, gone.id, NOW))
        for number in range(40):
            made = await run_tx(partial(Chat.hold, Address("web", str(number)), "vi", NOW))
            again = await Chat.find(made.address)
            assert again
            assert again.address.user == str(number)
            await asyncio.sleep(0.005)

    done, _ = await asyncio.gather(rotate(operator, set(), NOW), serve())
    assert done.broken == 0
    await rotate(operator, set(), NOW)
    assert await SubjectKey.wrapped_by() == {2: len(keys) - 1 + 40}
    assert await SubjectKey.get_or_none(id=gone.id) is None


async def test_a_key_that_does_not_open_holds_up_no_other(operator: KeyRing, own: Path) -> None:
    """It is counted and stays as it is, and the old key with it."""
    keys = await subjects(3)
    await SubjectKey.filter(id=keys[0].id).update(wrapped=b"\x01broken")
    done = await rotate(operator, set(), LATER)
    assert (done.broken, done.wrapped) == (1, 3)
    assert (await rotate(operator, set(), LATER + UNDER_WAY)).old == [1]


async def test_a_copy_of_the_ring_from_before_is_refused(operator: KeyRing, own: Path, keyring: Path) -> None:
    """It cannot open what is there, and would go on to wrap by a key that nobody else has."""
    await subjects(1)
    await rotate(operator, set(), NOW)
    use_ring(KeyRing.load(keyring))
    with pytest.raises(WrongKeyRing, match="lacks wrapping key 2"):
        await Desk.claim()


def test_the_file_is_replaced_whole_with_its_owner_and_mode(own: Path) -> None:
    """Rotated by root, it can still be read by the desk; nothing is left beside it."""
    if os.geteuid() == 0:
        os.chown(own, 1234, 1234)
    os.chmod(own, 0o440)
    before = own.stat()
    KeyRing.load(own).add_key(NOW.isoformat())
    after = own.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert [path.name for path in own.parent.glob(".*")] == []


def test_a_ring_whose_file_has_gone_serves_on(own: Path) -> None:
    """With the keys that are in memory; and another ring in its place is not taken for it."""
    ring_ = KeyRing.load(own)
    number, wrapped = ring_.wrap(crypto.new_key(), "a")
    own.unlink()
    assert ring_.unwrap(*ring_.wrap(b"k" * 32, "b"), "b") == b"k" * 32
    KeyRing.create(own).add_key(NOW.isoformat())
    assert ring_.wrap(b"k" * 32, "b")[0] == number == 1
    with pytest.raises(SealBroken):
        ring_.unwrap(2, wrapped, "a")


def test_two_rotations_at_once_are_refused(own: Path) -> None:
    """Each would add a key of its own under the same number."""
    with alone(own), pytest.raises(Occupied, match="under way"), alone(own):
        pass
