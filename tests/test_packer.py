"""The making and removing of packages: in the background, whatever dies on the way."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chatbot.clock import SystemClock
from chatbot.packing.archive import zipped
from chatbot.vault import ORPHANED, Vault
from models.customer import ContactPoint, Customer
from models.data_request import DataRequest, RequestState
from models.event import Event, Tag
from models.keys import SubjectKey, new_id
from models.outgoing import Outgoing
from models.package import AGAIN, HELD, LIFE, Package, PackageState
from tests.chat import CustomerChat
from tests.conftest import Database
from tests.packages import Packing
from tests.people import NAME, PHONE, put_on_file

MEGABYTE = 1024 * 1024


@pytest.fixture
async def packing(database: Database, tmp_path: Path) -> Packing:
    """A desk with one customer on file."""
    packing = Packing(tmp_path)
    await put_on_file(packing.desk.time.now())
    return packing


async def asked(packing: Packing) -> CustomerChat:
    """A chat in which a package was asked for."""
    chat = packing.desk.chat(channel="messenger")
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.share")
    await chat.shares(PHONE)
    await chat.says("/taidulieu")
    return chat


class Dies(BaseException):
    """The process is killed here."""


@pytest.mark.parametrize("place", ["_made", "_publish"])
async def test_killed_while_making_it_is_made_again(
    packing: Packing, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Before or after sealing: nothing was told, and after a while another process makes it, once."""
    chat = await asked(packing)

    async def dies(*_: object) -> Any:
        raise Dies

    now = packing.desk.time.now()
    with monkeypatch.context() as broken:
        packer = packing.packer()
        broken.setattr(packer, place, dies)
        with pytest.raises(Dies):
            await packer.run(now, now)
    assert await chat.reads() == []
    assert await packing.run() == 0  # whoever had it may still be at it
    packing.desk.time.move(HELD)
    assert await packing.run() == 1
    assert (await packing.opened(await packing.link(chat))).data["record"]["full_name"] == NAME
    assert [path.suffix for path in packing.on_disk()] == [".sealed"]
    assert (await DataRequest.get()).state is RequestState.DONE


async def test_one_that_cannot_be_made_holds_up_no_other(packing: Packing) -> None:
    """The next one is made; the customer is told when a day has gone by."""
    broken = await asked(packing)
    other = await put_on_file(
        packing.desk.time.now(), "Trần Văn Bình", phone="+84900000002", email=None, external_id=None
    )
    key = SubjectKey.make((await Customer.exclude(id=other.id).get()).id)
    await SubjectKey.filter(id=key.id).update(wrapped=key.wrapped)
    chat = packing.desk.chat("2", "messenger")
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.share")
    await chat.shares("+84900000002")
    await chat.says("/taidulieu")
    with pytest.raises(Exception, match=r"customer\.profile"):
        await packing.run()
    assert await packing.run() == 1
    assert await chat.reads() == ["export.ready"]
    packing.desk.time.move(LIFE)
    assert await packing.remove() == 2
    assert await broken.reads() == ["export.failed"]
    states = [one.state for one in await DataRequest.all().order_by("number")]
    assert states == [RequestState.OPEN, RequestState.DONE], "what was not made is owed still"
    assert await Outgoing.filter(outlet="staff").count() == 1
    assert await chat.reads() == []


async def test_who_leaves_before_it_is_made_has_taken_the_request_back(packing: Packing) -> None:
    """Nothing is made for a chat that was left, and nothing is owed any more."""
    chat = await asked(packing)
    assert (await DataRequest.get()).state is RequestState.OPEN
    await chat.says("/thoat")
    assert await packing.run() == 0
    assert await packing.remove() == 1
    assert (await DataRequest.get()).state is RequestState.WITHDRAWN
    assert await Outgoing.filter(outlet="staff").count() == 0


async def test_after_a_day_it_is_gone(packing: Packing) -> None:
    """To the second: the file, the row, and what the link opens."""
    chat = await asked(packing)
    await packing.run()
    token = await packing.link(chat)
    packing.desk.time.move(LIFE - timedelta(seconds=1))
    assert await packing.remove() == 0
    packing.desk.time.move(timedelta(seconds=1))
    with pytest.raises(AssertionError):
        await packing.opened(token)
    assert await packing.remove() == 1
    assert packing.on_disk() == []
    assert await Package.all().count() == 0
    assert await Event.filter(tag=Tag.PACKAGE_GONE).count() == 1


async def test_one_that_was_fetched_goes_sooner(packing: Packing) -> None:
    """Half an hour later: as long as its browser may try again."""
    chat = await asked(packing)
    await packing.run()
    await packing.opened(await packing.link(chat))
    assert (await Package.get()).state is PackageState.FETCHED
    packing.desk.time.move(AGAIN)
    assert await packing.remove() == 1
    assert packing.on_disk() == []


async def test_it_goes_with_the_record(packing: Packing) -> None:
    """An erased customer leaves no package behind, ready or not; the file cannot be read at once."""
    await asked(packing)
    await packing.run()
    package = await Package.get()
    await Customer.all().delete()
    with pytest.raises(LookupError):
        await packing.bytes(package)
    assert await packing.remove() == 1
    assert packing.on_disk() == []


async def test_a_contact_that_has_left_the_record_opens_nothing(packing: Packing) -> None:
    """Neither is a link made for it, nor does one that was made open anything."""
    chat = await asked(packing)
    await packing.run()
    token = await packing.link(chat)
    await ContactPoint.filter(kind="phone").delete()
    with pytest.raises(AssertionError):
        await packing.opened(token)


async def test_a_file_of_no_package_is_removed(packing: Packing) -> None:
    """What a process left that died before its commit; not one that is about to get its row."""
    await asked(packing)
    await packing.run()
    vault = Vault(packing.folder / "packages", "package")

    async def plain() -> AsyncIterator[bytes]:
        yield b"lost"

    await vault.publish(await vault.write(bytes(32), new_id(), plain(), 100))
    await vault.write(bytes(32), new_id(), plain(), 100)
    real = packing.packer()
    wall = SystemClock().now()
    assert await real.remove_orphans(wall, wall) == 0
    assert await real.remove_orphans(wall, wall + ORPHANED + timedelta(minutes=1)) == 2
    assert len(packing.on_disk()) == 1


async def test_nothing_of_it_is_in_the_clear_on_disk(packing: Packing) -> None:
    """Not a name, not a number, not even that it is a ZIP file."""
    await asked(packing)
    await packing.run()
    [path] = packing.on_disk()
    sealed = path.read_bytes()
    assert not any(word in sealed for word in (b"PK\x03\x04", b"data.json", NAME.encode(), b"900000001"))


async def test_ten_large_files_are_never_in_memory(tmp_path: Path) -> None:
    """Ten files of 20 MB are zipped and sealed within a few megabytes, and come out as they were."""

    async def large() -> AsyncIterator[bytes]:
        for number in range(80):
            yield bytes([number]) * (MEGABYTE // 4)

    at = Packing(tmp_path).desk.time.now()
    vault, key, identity = Vault(tmp_path / "vault", "package"), bytes(32), new_id()
    tracemalloc.start()
    try:
        pieces = zipped([("data.json", b"{}" * 1000)], [(f"files/{one}", large) for one in range(10)], at)
        sealed = await vault.write(key, identity, pieces, 300 * MEGABYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sealed.size > 200 * MEGABYTE
    assert peak < 10 * MEGABYTE
    await vault.publish(sealed)
    with (tmp_path / "out.zip").open("wb") as out:
        async for piece in vault.read(key, identity):
            out.write(piece)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        assert [info.file_size for info in archive.infolist()] == [2000] + [20 * MEGABYTE] * 10


async def test_a_zip_file_is_readable_by_anyone(tmp_path: Path) -> None:
    """Names in Vietnamese, the time of Viet Nam, and nothing that unpacks outside of its folder."""

    async def piece() -> AsyncIterator[bytes]:
        yield b"x"

    at = Packing(tmp_path).desk.time.now()
    whole = b"".join([one async for one in zipped([("a.json", b"{}")], [("files/ảnh.jpg", piece)], at)])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.namelist() == ["a.json", "files/ảnh.jpg"]
        assert archive.getinfo("a.json").date_time == (2026, 11, 25, 9, 0, 0)
