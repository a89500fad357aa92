"""Sealed files in a folder, read from any place without being opened whole."""

from __future__ import annotations

import io
import os
from pathlib import Path
from uuid import UUID

import pytest

from chatbot.crypto import SealBroken, new_key
from chatbot.vault import Oversize, SealedFile, Vault
from tests.evidence_files import in_pieces

ID = UUID("0190d7a0-0000-7000-8000-000000000001")
KEY = new_key()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """An empty vault."""
    return Vault(tmp_path / "vault", "evidence")


async def written(vault: Vault, content: bytes) -> SealedFile:
    """A file in the vault, not yet published."""
    return await vault.write(KEY, ID, in_pieces(content, 10_000), 1_000_000)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 300_000])
async def test_a_sealed_file_is_read_from_any_place(vault: Vault, size: int) -> None:
    """As if it stood there in the clear, whatever its size beside the frames."""
    content = os.urandom(size)
    plain = io.BytesIO(content)
    with vault.look_into(KEY, await written(vault, content)) as file:
        places = ((0, 10), (65_530, 20), (max(0, size - 3), 10), (65_536, 70_000), (size + 5, 5), (0, -1))
        for start, length in places:
            assert file.seek(start) == plain.seek(start)
            assert file.read(length) == plain.read(length)
        assert file.seek(0, os.SEEK_END) == size


async def test_a_place_before_the_beginning_is_none(vault: Vault) -> None:
    """As with any file."""
    with vault.look_into(KEY, await written(vault, b"x")) as file, pytest.raises(OSError, match="beginning"):
        file.seek(-2, os.SEEK_END)


@pytest.mark.parametrize("size", [0, 10, 200_000])
async def test_a_changed_or_cut_file_does_not_open(vault: Vault, size: int) -> None:
    """Also where it is cut between two frames."""
    sealed = await written(vault, os.urandom(size))
    whole = sealed.path.read_bytes()
    for broken in (b"", whole[:-1], whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1]), whole * 2):
        sealed.path.write_bytes(broken)
        with vault.look_into(KEY, sealed) as file, pytest.raises(SealBroken):
            file.read()


async def test_a_file_opens_only_where_it_belongs(vault: Vault, tmp_path: Path) -> None:
    """Under its own key and id, in its own vault."""
    await vault.publish(await written(vault, b"words"))
    other = Vault(tmp_path / "vault", "upload")
    assert b"".join([piece async for piece in vault.read(KEY, ID)]) == b"words"
    for where, key in ((vault, new_key()), (other, KEY)):
        with pytest.raises(SealBroken):
            _ = [piece async for piece in where.read(key, ID)]


async def test_too_large_a_file_leaves_nothing_behind(vault: Vault, tmp_path: Path) -> None:
    """It ends as soon as it is known."""
    with pytest.raises(Oversize):
        await written(vault, bytes(1_000_001))
    assert list((tmp_path / "vault").iterdir()) == []
