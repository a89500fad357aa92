"""Sealing, the key ring, blind indexes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.crypto import KeyRing, KeyRingError, SealBroken, new_key, seal, unseal


@given(st.binary(max_size=2000), st.text(max_size=50))
def test_what_is_sealed_opens_in_its_own_place_only(plain: bytes, place: str) -> None:
    """Another place, another key or one changed byte, and it does not open."""
    key = new_key()
    sealed = seal(key, plain, place.encode("utf-8", "replace").decode())
    place = place.encode("utf-8", "replace").decode()
    assert unseal(key, sealed, place) == plain
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for wrong_key, wrong, elsewhere in (
        (new_key(), sealed, place),
        (key, sealed, place + "x"),
        (key, changed, place),
        (key, sealed[:-1], place),
        (key, b"", place),
        (key, b"\x02" + sealed[1:], place),
    ):
        with pytest.raises(SealBroken):
            unseal(wrong_key, wrong, elsewhere)


def test_a_key_ring_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    """Mode 0600; a second time it is refused, so that no data is ever locked out."""
    path = tmp_path / "keys" / "ring.json"
    ring = KeyRing.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.load(path) == ring
    with pytest.raises(KeyRingError, match="never overwritten"):
        KeyRing.create(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"current":1}',
        "\x00",
        '{"current":1,"wrapping":[],"indexing":"","pepper":""}',
    ],
)
def test_a_file_that_is_no_key_ring_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    """One line, and nothing of the file in it."""
    path = tmp_path / "ring.json"
    path.write_text(content)
    with pytest.raises(KeyRingError, match="restore the right file"):
        KeyRing.load(path)


def test_a_key_ring_with_a_short_key_is_refused(tmp_path: Path) -> None:
    """Half a key is no key."""
    path = tmp_path / "ring.json"
    KeyRing.create(path)
    raw = json.loads(path.read_text())
    path.write_text(json.dumps({**raw, "indexing": raw["indexing"][:8]}))
    with pytest.raises(KeyRingError, match="damaged"):
        KeyRing.load(path)


def test_a_ring_shows_nothing_of_its_keys(tmp_path: Path) -> None:
    """Neither in repr nor in its fingerprint."""
    path = tmp_path / "ring.json"
    ring = KeyRing.create(path)
    secrets = [json.loads(path.read_text())[name] for name in ("indexing", "pepper")]
    assert not any(secret in repr(ring) + ring.fingerprint() for secret in secrets)


def test_a_subjects_key_opens_by_its_own_ring_and_name_only(tmp_path: Path) -> None:
    """Wrapped for one subject it is none of another."""
    ring, other = KeyRing.create(tmp_path / "a"), KeyRing.create(tmp_path / "b")
    key = new_key()
    number, wrapped = ring.wrap(key, "s")
    assert ring.unwrap(number, wrapped, "s") == key
    for wrong, name, count in ((other, "s", number), (ring, "t", number), (ring, "s", 9)):
        with pytest.raises(SealBroken):
            wrong.unwrap(count, wrapped, name)


def test_a_blind_index_depends_on_kind_value_and_ring(tmp_path: Path) -> None:
    """The same value is found again by the same ring, and by no other."""
    ring, other = KeyRing.create(tmp_path / "a"), KeyRing.create(tmp_path / "b")
    assert ring.blind_index("phone", "1") == ring.blind_index("phone", "1")
    found = [ring.blind_index("phone", "1"), ring.blind_index("email", "1"), other.blind_index("phone", "1")]
    assert len({*found, ring.blind_index("phone", "2")}) == 4
