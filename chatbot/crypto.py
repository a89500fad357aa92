"""Sealing: the key ring, keys per subject, blind indexes, and sealed files.

A *subject* (a customer record, a chat, a case) has a key of its own, which is stored wrapped by the
key ring. Destroying a subject's wrapped key makes everything sealed under it unreadable, in every
copy. The key ring itself is a file that stays outside the database and outside every backup.
"""

from __future__ import annotations

import base64
import hmac
import io
import json
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_NONCE = 12
_FRAME = 64 * 1024
_TAG = 16
_SEALED_FRAME = len(_VERSION) + _NONCE + _FRAME + _TAG


class KeyRingError(Exception):
    """The key ring is missing or unusable; the message is one line that says what to do."""


class SealBroken(Exception):
    """What was opened is not what was sealed here: wrong key, wrong place, or changed bytes."""


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """Seal bytes by AES-256-GCM, bound to ``place`` (table, column and row), so that a sealed value
    copied to another row does not open there."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """Open what ``seal`` made. Raises SealBroken."""
    if sealed[:1] != _VERSION:
        raise SealBroken(place)
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], place.encode())
    except (InvalidTag, ValueError):
        raise SealBroken(place) from None


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return AESGCM.generate_key(256)


async def seal_stream(key: bytes, plain: AsyncIterator[bytes], place: str) -> AsyncIterator[bytes]:
    """Seal a file in frames of 64 KiB, each bound to its number and to whether it is the last, so
    that frames can be neither swapped nor cut off, and no file is ever held whole in memory."""
    buffer = bytearray()
    number = 0
    async for chunk in plain:
        buffer += chunk
        while len(buffer) > _FRAME:
            yield seal(key, bytes(buffer[:_FRAME]), f"{place}#{number}")
            del buffer[:_FRAME]
            number += 1
    yield seal(key, bytes(buffer), f"{place}#{number}!")


async def unseal_stream(key: bytes, sealed: AsyncIterator[bytes], place: str) -> AsyncIterator[bytes]:
    """Open what ``seal_stream`` made. Raises SealBroken, also where the end is missing."""
    buffer = bytearray()
    number = 0
    async for chunk in sealed:
        buffer += chunk
        while len(buffer) > _SEALED_FRAME:
            yield unseal(key, bytes(buffer[:_SEALED_FRAME]), f"{place}#{number}")
            del buffer[:_SEALED_FRAME]
            number += 1
    yield unseal(key, bytes(buffer), f"{place}#{number}!")


class UnsealedFile(io.RawIOBase):
    """What ``seal_stream`` made, to be read from any place without being opened whole; only the frame at
    hand is ever in memory. Raises SealBroken while reading. Meant to stand behind a BufferedReader."""

    def __init__(self, key: bytes, sealed: BinaryIO, place: str) -> None:
        self._key, self._sealed, self._place = key, sealed, place
        whole = sealed.seek(0, os.SEEK_END)
        self._last = max(0, -(-whole // _SEALED_FRAME) - 1)
        self._size = max(0, whole - (self._last + 1) * (_SEALED_FRAME - _FRAME))
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("a place before the beginning")
        self._at = start + offset
        return self._at

    def readinto(self, target: Any) -> int:  # any writable buffer: Python 3.11 has no name for it
        view = memoryview(target)
        number = min(self._at // _FRAME, self._last)
        self._sealed.seek(number * _SEALED_FRAME)
        end = "!" if number == self._last else ""
        plain = unseal(self._key, self._sealed.read(_SEALED_FRAME), f"{self._place}#{number}{end}")
        piece = plain[self._at - number * _FRAME :][: len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@dataclass(slots=True)
class KeyRing:
    """The keys that wrap the subjects' keys, the blind-index key, and the pepper for codes.

    The wrapping keys can be changed while the desk serves. Every process follows the file: it looks whether
    that has changed before it wraps, and when it meets a wrapping key that it does not know. One that is
    known is never forgotten by a process, so that what it read before can still be opened. ``since`` is when
    the current wrapping key was added, as text; None for the first.
    """

    path: Path = field(compare=False, repr=False)
    current: int
    wrapping: dict[int, bytes] = field(repr=False)
    indexing: bytes = field(repr=False)
    pepper: bytes = field(repr=False)
    since: str | None = None
    _stamp: tuple[int, int] = field(default=(0, 0), compare=False, repr=False)

    @classmethod
    def create(cls, path: Path) -> KeyRing:
        """Make a new key ring file, readable by its owner alone. Raises KeyRingError where a file
        is there already: a key ring is never overwritten."""
        ring = cls(path, 1, {1: os.urandom(32)}, os.urandom(32), os.urandom(32))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyRingError(f"{path} is there already; a key ring is never overwritten") from None
        except OSError as error:
            raise KeyRingError(f"cannot write the key ring {path}: {error.strerror}") from None
        with os.fdopen(handle, "w") as file:
            file.write(ring._as_text())
            file.flush()
            os.fsync(file.fileno())
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Read a key ring file. Raises KeyRingError with what to do."""
        try:
            stamp = _stamp(path)
            raw = json.loads(path.read_text("utf-8"))
            ring = cls(
                path=path,
                current=int(raw["current"]),
                wrapping={int(number): base64.b64decode(key) for number, key in raw["wrapping"].items()},
                indexing=base64.b64decode(raw["indexing"]),
                pepper=base64.b64decode(raw["pepper"]),
                since=raw.get("since"),
                _stamp=stamp,
            )
        except FileNotFoundError:
            raise KeyRingError(
                f"no key ring at {path}: put the shop's key ring there, or make one for a new desk "
                "with 'chatbot keys new'"
            ) from None
        except OSError as error:
            raise KeyRingError(f"cannot read the key ring {path}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise KeyRingError(f"{path} is no key ring: restore the right file from its safe") from None
        keys = [*ring.wrapping.values(), ring.indexing, ring.pepper]
        if ring.current not in ring.wrapping or any(len(key) != 32 for key in keys):
            raise KeyRingError(f"{path} is damaged: restore the right file from its safe")
        return ring

    def add_key(self, since: str) -> None:
        """Add a wrapping key, by which everything is wrapped from now on; it is in the file before this
        returns. To be done by one process at a time. Raises KeyRingError."""
        self.current = max(self.wrapping) + 1
        self.wrapping[self.current] = new_key()
        self.since = since
        self._replace()

    def drop_old_keys(self) -> None:
        """Remove all wrapping keys but the current one. Nothing may be wrapped by them any more. Raises
        KeyRingError."""
        self.wrapping = {self.current: self.wrapping[self.current]}
        self._replace()

    def holds(self, number: int) -> bool:
        """Whether the ring has a wrapping key, perhaps since a moment ago."""
        if number not in self.wrapping:
            self._follow()
        return number in self.wrapping

    def _follow(self) -> None:
        """Take over the wrapping keys of the file, where it has changed and is still this ring's. One that
        cannot be read now changes nothing: what is in memory goes on to serve."""
        try:
            if _stamp(self.path) == self._stamp:
                return
            latest = KeyRing.load(self.path)
        except (KeyRingError, OSError):
            return
        if latest.indexing == self.indexing:
            self.wrapping = self.wrapping | latest.wrapping
            self.current, self.since, self._stamp = latest.current, latest.since, latest._stamp

    def _as_text(self) -> str:
        raw = {
            "version": 1,
            "current": self.current,
            "since": self.since,
            "wrapping": {str(number): _encoded(key) for number, key in self.wrapping.items()},
            "indexing": _encoded(self.indexing),
            "pepper": _encoded(self.pepper),
        }
        return json.dumps(raw, indent=1) + "\n"

    def _replace(self) -> None:
        """Put the ring into its file at one stroke, with the owner and mode that it has."""
        beside = self.path.with_name(f".{self.path.name}.new")
        try:
            old = self.path.stat()
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w") as file:
                os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
                if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), old.st_uid, old.st_gid)
                file.write(self._as_text())
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
            self._stamp = _stamp(self.path)
        except OSError as error:
            raise KeyRingError(f"cannot write the key ring {self.path}: {error.strerror}") from None

    def wrap(self, key: bytes, subject: str) -> tuple[int, bytes]:
        """A subject's key as it is stored: the number of the wrapping key, and the wrapped bytes."""
        self._follow()
        return self.current, seal(self.wrapping[self.current], key, f"subject:{subject}")

    def unwrap(self, number: int, wrapped: bytes, subject: str) -> bytes:
        """A subject's key. Raises SealBroken, also where the ring lacks the wrapping key."""
        if not self.holds(number):
            raise SealBroken(f"subject:{subject}")
        return unseal(self.wrapping[number], wrapped, f"subject:{subject}")

    def blind_index(self, kind: str, value: str) -> str:
        """A keyed fingerprint (64 hex digits) by which a phone, an e-mail or a user id can be found
        without being stored in the clear. ``value`` must be normalised."""
        message = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.indexing, message, "sha256").hex()

    def code_digest(self, code: str, nonce: bytes) -> bytes:
        """A one-time code or token as it is kept: a peppered HMAC bound to its own random nonce.

        The pepper is not in the database, so a copy of the database does not give the codes away.
        """
        return hmac.digest(self.pepper, nonce + code.encode("utf-8", "surrogatepass"), "sha256")

    def chain(self, previous: str, content: bytes) -> str:
        """The next link (64 hex digits) of a chain: over some content and the link before it. Whoever
        lacks the ring can neither make one nor mend a chain that was changed.

        Its key is derived from the indexing key, which no rotation changes.
        """
        key = hmac.digest(self.indexing, b"audit chain", "sha256")
        return hmac.digest(key, previous.encode() + b"\n" + content, "sha256").hex()

    def signature(self, content: bytes) -> bytes:
        """16 bytes that show that content was signed by whoever has the ring: a certificate is genuine.

        A key of its own, derived likewise from the indexing key, so that no rotation changes it.
        """
        key = hmac.digest(self.indexing, b"certificate", "sha256")
        return hmac.digest(key, content, "sha256")[:16]

    def fingerprint(self) -> str:
        """A short name of this ring that gives nothing of it away; the database remembers it."""
        return self.blind_index("ring", "fingerprint")[:16]


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _stamp(path: Path) -> tuple[int, int]:
    """What changes whenever a file is replaced."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ino
