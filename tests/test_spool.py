"""Uploaded files: sealed on disk, found only by their own chat, gone when nobody took them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatbot.channels import Busy, Gone
from chatbot.channels.web import TooLarge, TooMuch
from chatbot.messages import Address, FileRef
from chatbot.spool import SealedSpool
from models.chat import Chat
from models.database import run_tx
from models.keys import SubjectKey
from models.upload import Upload
from tests.conftest import Database

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
ADDRESS = Address("web", "1")


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """A file as it comes in."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def read(spool: SealedSpool, file: FileRef) -> bytes:
    """A stored file, whole."""
    return b"".join([piece async for piece in spool.read(file)])


def everything_below(folder: Path) -> bytes:
    """The bytes of all files in a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def spool(database: Database, tmp_path: Path) -> SealedSpool:
    """A spool that takes up to 200 kB."""
    return SealedSpool(tmp_path / "spool", lambda: NOW, ("vi", "en"), largest=200_000)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 150_000])
async def test_a_file_comes_back_as_it_went_in(spool: SealedSpool, size: int) -> None:
    """Whatever its size beside the frames."""
    content = os.urandom(size)
    file = await spool.store(ADDRESS, "ảnh.jpg", "image/jpeg", pieces(content))
    assert await read(spool, file) == content
    assert file.size == size


async def test_nothing_of_a_file_is_on_disk_or_in_the_database_in_the_clear(
    spool: SealedSpool, tmp_path: Path
) -> None:
    """Neither its bytes nor its name."""
    await spool.store(ADDRESS, "giấy tờ.pdf", "application/pdf", pieces(b"CANARY" * 1000))
    stored = everything_below(tmp_path)
    assert b"CANARY" not in stored
    assert "giấy tờ".encode() not in stored


async def test_another_chat_does_not_find_the_file(spool: SealedSpool) -> None:
    """A handle is good for the chat that stored it; any text may come as one."""
    file = await spool.store(ADDRESS, "a.txt", "text/plain", pieces(b"x"))
    assert await spool.find(ADDRESS, file.handle) == file
    for address, handle in ((Address("web", "2"), file.handle), (ADDRESS, "../../etc/passwd"), (ADDRESS, "")):
        assert await spool.find(address, handle) is None


async def test_a_file_that_is_too_large_leaves_nothing_behind(spool: SealedSpool, tmp_path: Path) -> None:
    """Refused while it comes in, not after."""
    with pytest.raises(TooLarge):
        await spool.store(ADDRESS, "a", "text/plain", pieces(b"x" * 200_001))
    assert list((tmp_path / "spool").iterdir()) == []
    assert await Upload.all().count() == 0
    assert (await Chat.all().count(), await SubjectKey.all().count()) == (0, 0)


async def test_a_changed_or_cut_file_does_not_open(spool: SealedSpool, tmp_path: Path) -> None:
    """It counts as gone, not as something else."""
    file = await spool.store(ADDRESS, "a", "text/plain", pieces(os.urandom(150_000)))
    [path] = (tmp_path / "spool").iterdir()
    whole = path.read_bytes()
    for broken in (whole[:-1], whole[: len(whole) // 2], whole[:100] + b"\0" + whole[101:]):
        path.write_bytes(broken)
        with pytest.raises(Gone):
            await read(spool, file)


async def test_files_that_nobody_took_are_removed(spool: SealedSpool, tmp_path: Path) -> None:
    """From disk and from the table; one that was kept stays."""
    first = await spool.store(ADDRESS, "a", "text/plain", pieces(b"1"))
    kept = await spool.store(ADDRESS, "b", "text/plain", pieces(b"2"))
    await Upload.filter(id=kept.handle).update(kept_at=NOW)
    assert await spool.sweep(NOW, 10) == 0
    assert await spool.sweep(NOW + timedelta(seconds=1), 10) == 1
    assert [path.name for path in (tmp_path / "spool").iterdir()] == [f"{kept.handle}.sealed"]
    with pytest.raises(Gone):
        await read(spool, first)


async def test_a_chat_that_begins_with_a_file_takes_the_language_of_the_page(spool: SealedSpool) -> None:
    """Where it is one of ours; a chat that exists keeps its own."""
    for user, asked, spoken in (("1", "en", "en"), ("1", "vi", "en"), ("2", "xx", "vi"), ("3", None, "vi")):
        address = Address("web", user)
        await spool.store(address, "a", "text/plain", pieces(b"x"), asked)
        chat = await Chat.find(address)
        assert chat
        assert chat.language == spoken


async def test_a_chat_that_begins_elsewhere_meanwhile_gets_the_file_all_the_same(
    spool: SealedSpool, tmp_path: Path
) -> None:
    """It is sealed again, under the key that the chat has by then."""

    async def slowly() -> AsyncIterator[bytes]:
        yield b"one "
        await run_tx(lambda: Chat.hold(ADDRESS, "vi", NOW))
        yield b"two"

    file = await spool.store(ADDRESS, "a.txt", "text/plain", slowly())
    assert await spool.find(ADDRESS, file.handle) == file
    assert await read(spool, file) == b"one two"
    assert [path.name for path in (tmp_path / "spool").iterdir()] == [f"{file.handle}.sealed"]


async def test_one_chat_cannot_heap_up_files(
    spool: SealedSpool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own unkept bytes count, also of what comes in at once; kept ones do not, nor another chat's."""
    monkeypatch.setattr("chatbot.spool.MOST_OF_CHAT", 100_000)
    stored = await asyncio.gather(
        *(spool.store(ADDRESS, "a", "text/plain", pieces(b"x" * 40_000)) for _ in range(4)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in stored) == ["FileRef", "FileRef", "TooMuch", "TooMuch"]
    assert len(list((tmp_path / "spool").iterdir())) == 2
    await spool.store(Address("web", "2"), "a", "text/plain", pieces(b"x" * 40_000))
    await Upload.all().update(kept_at=NOW)
    await spool.store(ADDRESS, "a", "text/plain", pieces(b"x" * 100_000))
    with pytest.raises(TooMuch):
        await spool.store(ADDRESS, "a", "text/plain", pieces(b"x"))


@pytest.mark.parametrize("limit", [("MOST_IN_ALL", 30_000), ("FREE_FLOOR", 2**60)])
async def test_all_together_cannot_fill_the_disk(
    spool: SealedSpool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: tuple[str, int]
) -> None:
    """Neither by what they sent nor where the disk is full of other things; no chat begins by it."""
    monkeypatch.setattr(f"chatbot.spool.{limit[0]}", limit[1])
    with pytest.raises(Busy):
        await spool.store(ADDRESS, "a", "text/plain", pieces(b"x" * 30_001))
    assert list((tmp_path / "spool").iterdir()) == []
    assert await Chat.all().count() == 0
