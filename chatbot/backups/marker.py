"""The mark of a restore that has begun and not ended: until it is gone, nothing opens the database."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from chatbot.backups.disk import flush_folder, written_whole

_NAME = "restoring.json"


@dataclass(frozen=True, slots=True)
class Marker:
    """Which backup is being restored into which database."""

    backup: str
    database: str

    def put(self, data_dir: Path) -> None:
        """Mark. Raises OSError."""
        with written_whole(data_dir / _NAME) as file:
            file.write(json.dumps(asdict(self)).encode())
        flush_folder(data_dir)

    @classmethod
    def find(cls, data_dir: Path) -> Marker | None:
        """The mark, if there is one."""
        try:
            return cls(**json.loads((data_dir / _NAME).read_bytes()))
        except FileNotFoundError:
            return None

    @classmethod
    def remove(cls, data_dir: Path) -> None:
        """The restore has ended. Raises OSError."""
        (data_dir / _NAME).unlink(missing_ok=True)
        flush_folder(data_dir)
