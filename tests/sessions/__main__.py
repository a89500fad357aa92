"""Write the stored sessions of this release, again and again until it is out."""

from __future__ import annotations

from tests.sessions.making import HERE, VERSION, sessions

if __name__ == "__main__":
    folder = HERE / VERSION
    folder.mkdir(exist_ok=True)
    for name, stored in sessions():
        (folder / f"{name}.json").write_bytes(stored + b"\n")
