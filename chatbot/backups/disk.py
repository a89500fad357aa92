"""Files that are whole or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file for its owner alone that gets its name, and replaces what had it, only when it is written to the
    end and on the disk. The name itself is there for good after ``flush_folder``. Raises OSError."""
    beside = path.with_name(f".{path.name}.part")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def copied_whole(source: Path, target: Path) -> None:
    """Copy a file so that it is there whole or not at all. Raises OSError."""
    with open(source, "rb") as read, written_whole(target) as file:
        shutil.copyfileobj(read, file, 1024 * 1024)


def flush_folder(folder: Path) -> None:
    """Let the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
