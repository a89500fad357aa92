"""A file is known by its content, whatever it is called, and nothing harmful is taken."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.inspection import (
    LONGEST_NAME,
    MOST_PIXELS,
    MOST_UNPACKED,
    Inspection,
    NotTaken,
    display_name,
    looked_into,
)
from chatbot.signatures import HEAD, Kind
from models.evidence import Refusal
from tests.evidence_files import (
    PDF,
    REFUSED,
    TAKEN,
    docx,
    docx_bomb,
    docx_of_entries,
    heic,
    in_pieces,
    ole,
    png,
)
from tests.properties import tries


async def looked_at(content: bytes, size: int = 1000) -> Kind | Refusal:
    """What becomes of a file that comes in in pieces."""
    inspection = Inspection()
    try:
        whole = b"".join([piece async for piece in inspection.passed(in_pieces(content, size))])
        assert whole == content
        return inspection.finish(io.BytesIO(content))
    except NotTaken as error:
        return error.why


@pytest.mark.parametrize("name", TAKEN)
async def test_kinds_that_are_taken(name: str) -> None:
    """Each is known by its content, however small the pieces in which it comes."""
    content, kind = TAKEN[name]
    assert await looked_at(content) is kind
    assert await looked_at(content, size=7) is kind


@pytest.mark.parametrize("name", REFUSED)
async def test_everything_else_is_refused(name: str) -> None:
    """Programs, scripts, archives, markup, and what is not what it begins like."""
    assert await looked_at(REFUSED[name]) is Refusal.KIND


async def test_a_file_that_is_not_kept_is_looked_into_likewise() -> None:
    """Whole and in memory, up to as much as proof may have."""
    content, kind = TAKEN[next(iter(TAKEN))]
    assert await looked_into(in_pieces(content, 7)) == (kind, content)
    large = b"a" * 1024 * 1024
    for bad, why in ((REFUSED[next(iter(REFUSED))], Refusal.KIND), (large * 21, Refusal.TOO_LARGE)):
        with pytest.raises(NotTaken) as refused:
            await looked_into(in_pieces(bad, len(large)))
        assert refused.value.why is why


async def test_an_empty_file_is_refused_as_empty() -> None:
    """It is told apart from a kind that is not taken."""
    assert await looked_at(b"") is Refusal.EMPTY


async def test_it_is_refused_before_it_is_here_whole() -> None:
    """After the bytes that decide, nothing more is fetched."""
    seen = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal seen
        async for piece in in_pieces(bytes(HEAD * 20)):
            seen += len(piece)
            yield piece

    with pytest.raises(NotTaken):
        _ = [piece async for piece in Inspection().passed(counted())]
    assert seen < HEAD + 1000


@pytest.mark.parametrize(("width", "height"), [(10_000, 6_000), (6_000, 10_000), (40, 30)])
async def test_pictures_up_to_the_limit_are_taken(width: int, height: int) -> None:
    """60 megapixels, in whatever direction."""
    assert width * height <= MOST_PIXELS
    assert await looked_at(png(width, height)) is Kind.PNG
    assert await looked_at(heic(width, height)) is Kind.HEIC


@pytest.mark.parametrize(("width", "height"), [(10_000, 6_001), (2**31 - 1, 2**31 - 1), (1, 60_000_001)])
async def test_an_image_bomb_is_refused_undecoded(width: int, height: int) -> None:
    """By what its header says."""
    assert await looked_at(png(width, height)) is Refusal.BOMB
    assert await looked_at(heic(width, height)) is Refusal.BOMB


async def test_a_picture_whose_size_stands_far_behind() -> None:
    """Telephones write much about a picture before they say how large it is."""
    jpeg, _ = TAKEN["jpeg"]
    far = jpeg[:2] + (b"\xff\xe1\xff\xff" + bytes(0xFFFD)) * 5 + jpeg[2:]
    assert await looked_at(far) is Kind.JPEG


async def test_a_word_bomb_is_refused_unpacked() -> None:
    """By what its list of contents says, and by how long that list is."""
    assert await looked_at(docx_bomb(MOST_UNPACKED - 1000)) is Kind.DOCX
    assert await looked_at(docx_bomb(MOST_UNPACKED + 1)) is Refusal.BOMB
    assert await looked_at(docx_of_entries(30_000), size=100_000) is Refusal.BOMB


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ảnh chụp.jpg", "ảnh chụp.jpg"),
        ("a\u0309nh.jpg", "ảnh.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\đơn.pdf", "đơn.pdf"),
        ("hoá\u202egpj.exe", "hoágpj.exe"),
        ("a\x00b\r\nc\td\u200b.png", "ab c d.png"),
        ("...", "file"),
        ("", "file"),
        ("/", "file"),
        ('<img src="x">.txt', "_img src=_x__.txt"),
        ("😀.png", "😀.png"),
        ("\ud800.png", "png"),
    ],
)
def test_odd_names_are_made_safe_to_show(name: str, shown: str) -> None:
    """No folder, nothing invisible, nothing that turns the direction of writing."""
    assert display_name(name) == shown


def test_a_long_name_keeps_its_ending() -> None:
    """300 characters become 100."""
    assert display_name("á" * 300 + ".jpeg") == "á" * 95 + ".jpeg"
    assert display_name("x" * 300) == "x" * LONGEST_NAME


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("photo.JPG", Kind.JPEG, "photo.JPG"),
        ("invoice.exe", Kind.JPEG, "invoice.exe.jpg"),
        ("photo.jpg", Kind.PDF, "photo.jpg.pdf"),
        ("run.js", Kind.TEXT, "run.js.txt"),
        ("", Kind.OGG, "file.ogg"),
    ],
)
def test_a_name_ends_in_what_the_file_is(name: str, kind: Kind, shown: str) -> None:
    """So that nobody opens a file with the wrong program."""
    assert display_name(name, kind) == shown


@given(st.text(max_size=400), st.sampled_from([None, *Kind]))
def test_any_name_becomes_a_safe_one(name: str, kind: Kind | None) -> None:
    """Whatever a device calls a file."""
    shown = display_name(name, kind)
    assert 0 < len(shown) <= LONGEST_NAME
    assert not shown.startswith((".", " "))
    assert not any(unicodedata.category(one)[0] == "C" or one in '/\\<>"' for one in shown)
    assert display_name(shown, kind) == shown


BEGINNINGS = [content[:200] for content, _ in TAKEN.values()]
WHOLE = [docx(), ole("WordDocument"), heic(), PDF, png(40, 30), TAKEN["jpeg"][0], TAKEN["webp"][0]]


@settings(max_examples=tries(300), deadline=None)
@given(st.sampled_from([b"", *BEGINNINGS]).flatmap(lambda start: st.binary(max_size=300).map(start.__add__)))
async def test_any_bytes_are_taken_or_refused(content: bytes) -> None:
    """Nothing that is sent makes the look at it fail."""
    assert isinstance(await looked_at(content), Kind | Refusal)


@settings(max_examples=tries(300), deadline=None)
@given(st.sampled_from(WHOLE), st.data())
async def test_any_damage_is_taken_or_refused(content: bytes, data: st.DataObject) -> None:
    """A real file with some of its bytes changed, and its end cut off."""
    damaged = bytearray(content)
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        damaged[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    assert isinstance(await looked_at(bytes(damaged[:cut])), Kind | Refusal)
