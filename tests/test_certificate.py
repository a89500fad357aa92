"""Certificates and receipts: what a code says, and that nobody else can make one."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.certificate import LONGEST, Certificate, Certified, Elsewhere
from chatbot.crypto import KeyRing

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALIKE = {"O": "0", "I": "1", "L": "1"}

RING = KeyRing(Path("ring"), 1, {1: b"w" * 32}, indexing=b"i" * 32, pepper=b"p" * 32)
OTHER = KeyRing(Path("ring"), 1, {1: b"w" * 32}, indexing=b"j" * 32, pepper=b"p" * 32)

DAYS = st.dates(date(2001, 1, 1), date(2179, 6, 1))
CERTIFICATES = st.builds(
    Certificate,
    st.sampled_from(Certified),
    st.none() | st.tuples(st.integers(2020, 2200), st.integers(1, 2**24 - 1)),
    DAYS,
    st.none() | DAYS,
    st.sampled_from(Elsewhere),
)
ERASED = Certificate(Certified.ERASED, (2026, 45), date(2026, 11, 30), None, Elsewhere.OPEN)


@given(CERTIFICATES)
def test_a_code_says_what_was_certified(certificate: Certificate) -> None:
    """All of it, and the same certificate has the same code again; it is 40 characters in groups of five."""
    code = certificate.code(RING)
    assert Certificate.read(code, RING) == certificate
    assert certificate.code(RING) == code
    assert [len(group) for group in code.split("-")] == [5] * 8
    assert set(code) <= set(ALPHABET) | {"-"}


def test_a_code_stays_what_it_was() -> None:
    """Codes that customers hold in hand are read by every later release: this one was given by the first."""
    assert ERASED.code(RING) == "24K6C-00038-000BE-ZNS38-THVFC-SMJV2-07EBA-83S9H"
    assert Certificate.read("24K6C-00038-000BE-ZNS38-THVFC-SMJV2-07EBA-83S9H", RING) == ERASED


@given(CERTIFICATES, st.data())
def test_a_code_may_be_typed_in_many_ways(certificate: Certificate, data: st.DataObject) -> None:
    """In small letters, with O for 0 and I or L for 1, with blanks, dashes or nothing between, full-width."""
    typed = ""
    for character in certificate.code(RING).replace("-", ""):
        alike = [character, *[wrong for wrong, right in ALIKE.items() if right == character]]
        one = data.draw(st.sampled_from(alike))
        written = [one, one.lower(), chr(ord(one) + 0xFEE0)]
        typed += data.draw(st.sampled_from(written)) + data.draw(
            st.sampled_from(["", "", "-", " ", " – ", "\n"])
        )
    assert Certificate.read(typed, RING) == certificate


@given(CERTIFICATES, st.text(max_size=100), st.text(max_size=100), st.booleans())
def test_a_code_is_found_within_a_message(
    certificate: Certificate, before: str, after: str, small: bool
) -> None:
    """Whoever copies it out of a chat copies the words around it too, and a telephone may make it small."""
    code = certificate.code(RING)
    words = f"{before}\nMã biên nhận: {code.lower() if small else code}.\n{after}"
    assert Certificate.read(words, RING) == certificate


@given(CERTIFICATES, st.integers(0, 39), st.sampled_from(ALPHABET))
def test_one_changed_character_is_refused(certificate: Certificate, at: int, character: str) -> None:
    """Wherever it stands."""
    code = certificate.code(RING).replace("-", "")
    changed = code[:at] + character + code[at + 1 :]
    assert Certificate.read(changed, RING) == (certificate if changed == code else None)


@given(CERTIFICATES, CERTIFICATES)
def test_nothing_of_one_code_fits_another(one: Certificate, other: Certificate) -> None:
    """What one says under the signature of another is forged."""
    first, second = (_bytes(each.code(RING)) for each in (one, other))
    forged = base64.b32encode(first[:9] + second[9:]).decode().translate(_TO_CROCKFORD)
    assert Certificate.read(forged, RING) == (one if one == other else None)


_TO_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET)
_FROM_CROCKFORD = str.maketrans(ALPHABET, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def _bytes(code: str) -> bytes:
    return base64.b32decode(code.replace("-", "").translate(_FROM_CROCKFORD))


@given(CERTIFICATES)
def test_a_code_of_another_ring_is_refused(certificate: Certificate) -> None:
    """It was given by another desk, or made up."""
    assert Certificate.read(certificate.code(OTHER), RING) is None


@given(st.text(max_size=200) | st.text(ALPHABET, min_size=32, max_size=48))
def test_whatever_is_typed_is_just_not_genuine(typed: str) -> None:
    """No error, whatever it holds."""
    assert Certificate.read(typed, RING) is None


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "=" * 40,
        "U" * 40,
        "\ud800" * 40,
        "٣" * 40,
        ERASED.code(RING)[:-1],
        ERASED.code(RING) + "0",
        ERASED.code(RING) + " " * LONGEST,
        "0" + ERASED.code(RING),
    ],
)
def test_what_is_no_code_is_not_genuine(typed: str) -> None:
    """Too short, too long, of other letters, or half a character."""
    assert Certificate.read(typed, RING) is None


@pytest.mark.parametrize("what", [0x00, 0xF0, 0x13])
def test_what_this_release_does_not_know_is_not_genuine_here(what: int) -> None:
    """A kind that only a later one gives is no error, even if signed."""
    content = bytes([what]) + _bytes(ERASED.code(RING))[1:9]
    code = base64.b32encode(content + RING.signature(content)).decode().translate(_TO_CROCKFORD)
    assert Certificate.read(code, RING) is None


def test_a_rotation_changes_no_code(tmp_path: Path) -> None:
    """Neither with the new wrapping key nor without the old one; the file alone is enough."""
    ring = KeyRing.create(tmp_path / "ring.json")
    code = ERASED.code(ring)
    ring.add_key("2026-11-30")
    assert Certificate.read(code, KeyRing.load(ring.path)) == ERASED
    ring.drop_old_keys()
    assert Certificate.read(code, KeyRing.load(ring.path)) == ERASED


def test_the_signature_is_none_of_the_rings_other_fingerprints() -> None:
    """What the desk computes over words that somebody else chose never signs a certificate."""
    content = _bytes(ERASED.code(RING))[:9]
    others = [
        RING.blind_index("", content.hex()),
        RING.chain("", content),
        RING.code_digest(content.hex(), b"").hex(),
    ]
    assert not any(other.startswith(RING.signature(content).hex()) for other in others)


def test_a_certificate_of_one_number_is_none_of_another() -> None:
    """Numbers of different years and lengths are kept apart."""
    codes = {
        replace(ERASED, number=number).code(RING) for number in [None, (2026, 45), (2027, 45), (2026, 450)]
    }
    assert len(codes) == 4
