"""The backup of the keys: one file (KEYS_BACKUP) with the wrapped keys of all subjects and the ledger of
erasures, with the marks by which an import knows who was erased. There is only the newest; the one before is
replaced at one stroke.

A line of JSON each: a head, the keys, the ledger, the marks, and an end with a digest of all before it.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from chatbot.backups.disk import flush_folder, written_whole
from models.database import fetch
from models.erased import Erased, ErasedMark
from models.erasure import Why
from models.keys import ring

_VERSION = 1
_PAGE = 1000


class KeysFileError(Exception):
    """The backup of the keys cannot be used; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class KeysFile:
    """What it holds: the ring that wrapped the keys, when it was made, the keys (id, number of the wrapping
    key, wrapped), the ledger (id, when), and its marks (index, why, when)."""

    ring: str
    made_at: datetime
    keys: list[tuple[UUID, int, bytes]] = field(repr=False)
    erased: list[tuple[UUID, datetime]] = field(repr=False)
    marks: list[tuple[str, Why, datetime]] = field(default_factory=list, repr=False)

    @property
    def ring_keys(self) -> set[int]:
        """The wrapping keys without which it does not open."""
        return {number for _, number, _ in self.keys}


async def write(path: Path, now: datetime) -> None:
    """Write it anew, in place of the last. The ledger is read after the keys: who is erased meanwhile is in
    one of both, and either is enough. Raises OSError."""
    digest = hashlib.sha256()
    with written_whole(path) as file:

        def put(line: object) -> None:
            raw = json.dumps(line).encode() + b"\n"
            digest.update(raw)
            file.write(raw)

        put({"version": _VERSION, "ring": ring().fingerprint(), "made_at": now.isoformat()})
        async for identity, number, wrapped in _keys():
            put(["key", identity, number, b64encode(wrapped).decode()])
        for one in await Erased.all().order_by("id"):
            put(["erased", str(one.id), one.erased_at.isoformat()])
        for mark in await ErasedMark.all().order_by("value_index"):
            put(["mark", mark.value_index, mark.why, mark.erased_at.isoformat()])
        put({"sha256": digest.hexdigest()})
    flush_folder(path.parent)


async def _keys() -> AsyncIterator[tuple[str, int, bytes]]:
    query, after = "SELECT id, ring_key, wrapped FROM subject_key", None
    while True:
        more = " WHERE id > ?" if after else ""
        rows = await fetch(f"{query}{more} ORDER BY id LIMIT {_PAGE}", *([after] if after else []))
        for row in rows:
            after = str(row["id"])
            yield after, row["ring_key"], bytes(row["wrapped"])
        if len(rows) < _PAGE:
            return


def read(path: Path) -> KeysFile:
    """Read it. Raises KeysFileError."""
    digest = hashlib.sha256()
    keys: list[tuple[UUID, int, bytes]] = []
    erased: list[tuple[UUID, datetime]] = []
    marks: list[tuple[str, Why, datetime]] = []
    try:
        with open(path, "rb") as file:
            *body, last = file.read().splitlines(keepends=True)
        for raw in body:
            digest.update(raw)
        head, *lines = map(json.loads, body)
        if json.loads(last) != {"sha256": digest.hexdigest()} or head["version"] != _VERSION:
            raise ValueError
        for kind, identity, *rest in lines:
            if kind == "key":
                keys.append((UUID(identity), int(rest[0]), b64decode(rest[1])))
            elif kind == "erased":
                erased.append((UUID(identity), datetime.fromisoformat(rest[0])))
            else:
                marks.append((identity, Why(rest[0]), datetime.fromisoformat(rest[1])))
        return KeysFile(head["ring"], datetime.fromisoformat(head["made_at"]), keys, erased, marks)
    except FileNotFoundError:
        raise KeysFileError(
            f"there is no backup of the keys at {path}: set KEYS_BACKUP to the newest one"
        ) from None
    except OSError as error:
        raise KeysFileError(f"cannot read the backup of the keys {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, IndexError):
        raise KeysFileError(
            f"{path} is no whole backup of the keys: take the newest one from its place"
        ) from None
