"""What only one process may do at a time: rotating the keys, making a backup, restoring one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Occupied(Exception):
    """Another process is at it; the message is one line."""


@contextmanager
def alone(keyring: Path) -> Iterator[None]:
    """Hold a key ring against the others, who hold it by its folder too. Raises Occupied."""
    try:
        folder = os.open(keyring.parent, os.O_RDONLY)
    except OSError as error:
        raise Occupied(f"cannot open the folder of the key ring: {error.strerror}") from None
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Occupied("a rotation, a backup or a restore is under way: wait for its end") from None
        yield
    finally:
        os.close(folder)
