"""Phone numbers and e-mail addresses, and how personal values are masked."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatbot.contacts import OLD_MOBILES, email, is_mobile, kind_of, phone
from chatbot.masking import mask, mask_email, mask_name, mask_phone
from chatbot.messages import Kind

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)
LIKE_A_NUMBER = st.text("0123456789084+ .,-/()\n\u200b０９oOeE:đ;|&", max_size=40)
LIKE_AN_ADDRESS = st.text("abz.@-_ ,;<>\n\u200b'\"mailto:\x00é[]()\\", max_size=60)


@pytest.mark.parametrize(
    "raw",
    [
        "0900000001",
        " 0900 000 001 ",
        "0900.000.001",
        "0900-000-001",
        "0900–000–001",
        "(090) 0000001",
        "0900/000/001",
        "0900,000,001",
        "+84900000001",
        "+84 90 000 0001",
        "(+84) 900 000 001",
        "+84 (0) 900 000 001",
        "+840900000001",
        "0084900000001",
        "00840900000001",
        "84900000001",
        "840900000001",
        "900000001",
        "900000001.0",
        "0900000001.0",
        "84900000001.0",
        "'0900000001",
        "’0900000001",
        '="0900000001"',
        '="+84900000001"',
        "tel:0900000001",
        "TEL: +84-900-000-001",
        "０９０００００００１",
        "＋８４９０００００００１",
        "\ufeff\u200b0900\u200b000001\u202c",
        "0900\u00a0000\u00a0001",
    ],
)
def test_one_number_in_all_its_writings(raw: str) -> None:
    """Every way of writing a number gives the same E.164."""
    assert phone(raw) == "+84900000001"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("0900000001/0910000002", "+84900000001"),
        ("0900000001, 0910000002", "+84900000001"),
        ("0900000001; 0910000002", "+84900000001"),
        ("0900000001 | 0910000002", "+84900000001"),
        ("0900000001&0910000002", "+84900000001"),
        ("0900000001\n0910000002", "+84900000001"),
        ("0900000001\r\n0910000002", "+84900000001"),
        ("0900 000 001 - 0910 000 002", "+84900000001"),
        ("0900000001 hoặc 0910000002", "+84900000001"),
        ("0900000001 vợ 0910000002", "+84900000001"),
        ("ĐT: 0900000001", "+84900000001"),
        ("SĐT1: 0900000001 SĐT2: 0910000002", "+84900000001"),
        ("0900000001 (Zalo)", "+84900000001"),
        ("số của tôi là 0900000001 ạ!", "+84900000001"),
        ("024 3822 1234 / 0910000002", "+84910000002"),
        ("0710000001 / 0910000002", "+84910000002"),
        ("nhà 0243 822 1234, công ty 028 3822 1234", "+842438221234"),
        ("900000001.0 / 910000002.0", "+84900000001"),
    ],
)
def test_of_several_numbers_the_first_mobile_wins(raw: str, number: str) -> None:
    """A cell with several numbers gives its first valid mobile number, else its first landline."""
    assert phone(raw) == number


@pytest.mark.parametrize(("old", "new"), OLD_MOBILES.items())
def test_prefixes_of_2018(old: str, new: str) -> None:
    """An 11-digit mobile number becomes today's, with or without its zero or country code."""
    expected = f"+84{new[1:]}1234567"
    for written in (f"{old}1234567", f"{old[1:]}1234567", f"+84{old[1:]}1234567", f"84{old}1234567"):
        assert phone(written) == expected


def test_084_numbers_are_no_country_code() -> None:
    """Nine digits that begin with 84 are an 084 number whose zero was lost."""
    assert phone("840000027") == phone("0840000027") == phone("84840000027") == "+84840000027"


def test_exactly_the_prefixes_in_use() -> None:
    """All mobile prefixes of the rules are read, and none beside them."""
    valid = {*range(32, 40), 52, 55, 56, 58, 59, 70, 76, 77, 78, 79, *range(81, 90), *range(90, 100)}
    read = {prefix for prefix in range(10, 100) if phone(f"0{prefix}1234567")}
    assert read == valid


def test_landlines() -> None:
    """A landline of an area code that exists is kept, also without its zero; it takes no short message."""
    assert phone("024 3822 1234") == phone("2438221234") == phone("+842438221234") == "+842438221234"
    assert not is_mobile("+842438221234")
    assert is_mobile("+84900000001")
    assert phone("02000000000") is None


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "không có",
        "N/A",
        "090000001",
        "09000000012",
        "0900000001 0910000002",
        "0710000001",
        "0750000001",
        "0530000001",
        "0570000001",
        "1800 1234",
        "18001234",
        "19001234",
        "1900 123 456",
        "+1 415 555 2671",
        "+33900000001",
        "0033900000001",
        "14155552671",
        "+0900000001",
        "9,12E+08",
        "9.00000001E+08",
        "9.12E8",
        "O900000001",
        "09OOOOOOO1",
        "090000000l",
        "+84O900000001",
        "0900-ABC-001",
        "90000000.0",
        "٠٩٠٠٠٠٠٠٠١",
        "0900000001" * 30,
        "\0" * 20,
        "0900\x00",
    ],
)
def test_what_is_no_number(raw: str) -> None:
    """Wrong lengths, other prefixes, foreign and service numbers and mistyped digits give nothing."""
    assert phone(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        "thuha@example.com",
        "ThuHa@Example.COM",
        " \u200bthuha@example.com\u00a0",
        "mailto:thuha@example.com",
        "MAILTO: thuha@example.com",
        "thuha@example.com.",
        "thuha@example.com;",
        "thuha@example.com,",
        "<thuha@example.com>",
        "Thu Hà <thuha@example.com>",
        '"Nguyễn, Thu Hà" <thuha@example.com>;',
        "Thu Hà <mailto:thuha@example.com>",
        "thuha@example.com; other@example.com",
        "thuha@example.com, other@example.com",
        "thuha@example.com other@example.com",
        "thuha@example.com hoặc other@example.com",
        "thuha@example.com/other@example.com",
        "thuha@example.com\nother@example.com",
        "thuha@@example.com, thuha@example.com",
        "Thu Hà <thu ha@example.com>, Hà <thuha@example.com>",
    ],
)
def test_one_address_in_all_its_writings(raw: str) -> None:
    """What stands around an address goes, and of several the first valid one is taken."""
    assert email(raw) == "thuha@example.com"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "thuha",
        "thuha@",
        "@example.com",
        "thuha@example",
        "thu ha@example.com",
        "thuha @example.com",
        "thuha@ example.com",
        "thuha@@example.com",
        "thu@ha@example.com",
        "thu..ha@example.com",
        "thuha@example..com",
        "thuhà@example.com",
        "thuha@exämple.com",
        "ｔhuha@example.com",
        f"thuha@{'a' * 64}.com",
        f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.com",
        f"{' ' * 990}thuha@example.com{'x' * 3000}",
        "thuha@[127.0.0.1]",
        "thuha@example.com\0",
    ],
)
def test_what_is_no_address(raw: str) -> None:
    """Blanks inside, letters beyond ASCII, double dots, over-long labels and the like give nothing."""
    assert email(raw) is None


def test_longest_label_and_address() -> None:
    """A label of 63 characters and an address of 254 are the longest that count."""
    assert email(f"ha@{'a' * 63}.com")
    longest = f"ha@{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 55}.com"
    assert len(longest) == 254
    assert email(longest) == longest
    assert email(f"x{longest}") is None


def test_masks_hide_most() -> None:
    """The owner knows the value again; the length of an address is not told."""
    assert mask_phone("+84900000001") == mask_phone("0900000001") == "090••••001"
    assert mask_phone("+842438221234") == "024••••234"
    assert mask_email("thuha.nguyen@example.com") == mask_email("th@eu.com") == "t•••@e•••.com"
    assert mask_name("Nguyễn Thị Thu Hà") == "N••••• T•• T•• H•"
    assert mask(Kind.PHONE, "+84900000001") == "090••••001"
    assert mask(Kind.EMAIL, "thuha@example.com") == "t•••@e•••.com"


def test_what_somebody_typed_is_one_kind_or_neither() -> None:
    """A text with an @ is an e-mail address or nothing, any other a phone number or nothing."""
    assert kind_of("ThuHa@example.com") == (Kind.EMAIL, "thuha@example.com")
    assert kind_of("0900 000 001") == (Kind.PHONE, "+84900000001")
    assert kind_of("0900000001@") is None
    assert kind_of("xin chào") is None


@given(ANY_TEXT | LIKE_A_NUMBER)
@example("\ud800")
def test_any_text_is_a_number_or_none(raw: str) -> None:
    """Nothing makes it fail, and reading what was read changes nothing."""
    number = phone(raw)
    if number is not None:
        assert number.startswith("+84")
        assert number[1:].isdigit()
        assert number[1:].isascii()
        assert phone(number) == number
        assert "•" in mask_phone(number)


@given(ANY_TEXT | LIKE_AN_ADDRESS | st.emails())
@example("a@xn--\ud800.vn")
def test_any_text_is_an_address_or_none(raw: str) -> None:
    """Nothing makes it fail, and reading what was read changes nothing."""
    address = email(raw)
    if address is not None:
        assert address == address.lower()
        assert address.isascii()
        assert email(address) == address


@given(ANY_TEXT)
def test_masks_take_any_text(raw: str) -> None:
    """Whatever is stored can be shown masked."""
    mask_phone(raw)
    mask_email(raw)
    mask_name(raw)


@pytest.mark.parametrize("piece", ["0", "a", "@", "<", "0900000001/", "\u200b", " ", "a@", "1a", "\n", "<a@"])
def test_a_huge_text_is_read_at_once(piece: str) -> None:
    """A megabyte of anything takes no longer than a glance."""
    raw = piece * (1_000_000 // len(piece))
    begun = time.monotonic()
    assert phone(raw) is None
    assert email(raw) is None
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("piece", ["0", "a", "@", "<", "a ", "1a", "a@", " <", "9 - ", "a@b.", "''"])
def test_no_text_within_the_limits_is_slow(piece: str) -> None:
    """The longest text that is looked at takes milliseconds, whatever it repeats."""
    begun = time.monotonic()
    phone((piece * 200)[:200])
    email((piece * 1000)[:999] + "@")
    assert time.monotonic() - begun < 0.2
