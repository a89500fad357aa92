"""What a backup of the data says of itself: of what it was made and when, and a digest of each file."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from chatbot.backups.disk import written_whole

NAME = "manifest.json"
_PIECE = 1024 * 1024


class BackupError(Exception):
    """A backup cannot be made or restored; the message is one line that says what to do."""


class FileSum(BaseModel):
    """How a file must be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> FileSum:
        """How a file is. Raises OSError."""
        digest, size = hashlib.sha256(), 0
        with open(path, "rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
        return cls(size=size, sha256=digest.hexdigest())


class Manifest(BaseModel):
    """``ring`` is the fingerprint of the key ring, ``database`` the kind of database, ``schema_`` the
    migrations, ``heads`` the heads of the audit trail; ``files`` are all files of the backup but this one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    made_at: datetime
    ring: str
    database: Literal["sqlite", "postgres"]
    schema_: list[str]
    heads: dict[date, str]
    files: dict[str, FileSum]

    def write(self, folder: Path) -> None:
        """Put it into a backup. Raises OSError."""
        with written_whole(folder / NAME) as file:
            file.write(self.model_dump_json(indent=1).encode() + b"\n")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of a backup, each of whose files is as it says. Raises BackupError."""
        try:
            manifest = cls.model_validate_json((folder / NAME).read_bytes())
        except FileNotFoundError:
            raise BackupError(f"{folder} is no backup: it has no {NAME}") from None
        except (ValidationError, ValueError):
            raise BackupError(
                f"{folder / NAME} is damaged, or of a newer program: take another backup"
            ) from None
        for name, expected in manifest.files.items():
            try:
                whole = FileSum.of(folder / name) == expected
            except OSError:
                whole = False
            if not whole:
                raise BackupError(f"{folder / name} is missing or damaged: take another backup")
        return manifest


def files_below(folder: Path) -> dict[str, FileSum]:
    """All files in a folder and those below it, by their paths in it."""
    return {
        path.relative_to(folder).as_posix(): FileSum.of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
