"""SHOP_FILE: the example is whole, and every mistake is told with its line."""

from __future__ import annotations

import shutil
from datetime import date, time
from pathlib import Path

import pytest

from chatbot.policy import parse_policy
from chatbot.shop import EXAMPLE, ShopError, load_shop
from chatbot.values import Hours

TEXT = EXAMPLE.read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("policy.vi.txt", "policy.en.txt"):
        shutil.copy(EXAMPLE.parent / name, tmp_path)
    return tmp_path


def write(folder: Path, old: str = "", new: str = "") -> Path:
    """The example with one thing changed."""
    assert old in TEXT
    file = folder / "shop.toml"
    file.write_text(TEXT.replace(old, new, 1) if old else TEXT, encoding="utf-8")
    return file


def line_of(words: str) -> int:
    return next(number for number, line in enumerate(TEXT.splitlines(), 1) if line.startswith(words))


def test_the_example_is_partyshop() -> None:
    """Without SHOP_FILE the program speaks for the shop whose policy it carries out."""
    shop = load_shop()
    assert (shop.name, shop.email) == ("Partyshop.vn", "partyshop.vn@gmail.com")
    assert shop.retention_years == 1
    assert shop.office_hours.days[0] == Hours(time(8, 30), time(17, 30))
    assert 6 not in shop.office_hours.days
    assert shop.policy("fr") == shop.policy("vi") != shop.policy("en")


def test_the_shops_own_days_reach_the_calendar(folder: Path) -> None:
    """Weekly days off, closures, worked holidays and swaps decide what a working day is."""
    file = write(
        folder,
        'weekly_days_off = ["saturday", "sunday"]',
        'weekly_days_off = ["sunday"]\n',
    )
    text = file.read_text(encoding="utf-8").replace("added_days = []", "added_days = [2026-12-03]")
    text = text.replace("removed_days = []", "removed_days = [2026-11-24]")
    text += '[[calendar.swap_pairs]]\noff = 2026-12-07\nworked = 2026-12-13\ndecision = "own"\n'
    file.write_text(text.replace('swaps = "earlier"', 'swaps = "follow"'), encoding="utf-8")
    shop, example = load_shop(file).calendar, load_shop().calendar
    for day, own, usual in [
        (date(2026, 11, 28), True, False),
        (date(2026, 12, 3), False, True),
        (date(2026, 11, 24), True, False),
        (date(2026, 12, 7), False, True),
        (date(2026, 12, 13), True, False),
    ]:
        assert (shop.is_working(day), example.is_working(day)) == (own, usual), day


@pytest.mark.parametrize(
    ("old", "new", "at", "what"),
    [
        ("email =", "emial =", "email", "emial is no setting; did you mean email?"),
        ("email =", "# email =", "", "email is missing"),
        ('"partyshop.vn@gmail.com"', '"partyshop"', "email", "email: "),
        ('"Partyshop.vn"', '"  "', "name", "name: "),
        ('"https://www.partyshop.vn"', '"javascript:alert(1)"', "site", "site: "),
        ("= 1", "= 0", "retention_years", "retention_years: "),
        ("= 1", '= "365"', "retention_years", "retention_years: "),
        ("= 1", "= 1 year", "retention_years", ""),
        ("[office_hours]", "[office_hous]", "[office_hours]", "did you mean office_hours?"),
        ("friday =", "fryday =", "friday", "office_hours.fryday: "),
        ('friday = "08:30-17:30"', 'friday = "18:30-17:30"', "friday", "closes before it opens"),
        ('friday = "08:30-17:30"', 'friday = "24:30-25:30"', "friday", "office_hours.friday: "),
        ('friday = "08:30-17:30"', 'friday = "mornings"', "friday", "must look like"),
        ('swaps = "earlier"', 'swaps = "never"', "swaps", "'follow', 'ignore' or"),
        ("swaps =", "swap =", "swaps", "calendar.swap is no setting; did you mean swaps?"),
        ('"sunday"]', '"sonday"]', "weekly_days_off", "weekly_days_off.1: "),
        ("added_days = []", 'added_days = ["x"]', "added_days", "added_days.0: "),
        ("added_days = []", "added_days = [2026-02-30]", "added_days", ""),
        ("policy.en.txt", "policy.fr.txt", "en =", "policy.fr.txt cannot be read"),
        ("policy.en.txt", "shop.toml", "en =", "policy.en: "),
        ('"policy.en.txt"', '"""1. A:\n- a\n3. C:\n- c"""', "en =", "section 2 of the policy is missing"),
        ('vi = "policy.vi.txt"', "", "", "the Vietnamese text"),
    ],
)
def test_a_mistake_is_told_with_its_line(folder: Path, old: str, new: str, at: str, what: str) -> None:
    """Whoever edits the file is led to the very line, in words and not by a traceback."""
    file = write(folder, old, new)
    with pytest.raises(ShopError) as error:
        load_shop(file)
    place = f"{file}:{line_of(at) if at else 1}: "
    assert any(line.startswith(place) and what in line for line in error.value.problems), error.value.problems


def test_a_mistake_in_the_second_swap_is_told_with_its_line(folder: Path) -> None:
    """Repeated tables are counted, and a text of several lines is not taken for settings."""
    file = folder / "shop.toml"
    pair = '[[calendar.swap_pairs]]\noff = 2026-12-07\nworked = 2026-12-13\ndecision = "own"\n'
    text = TEXT.replace('"policy.vi.txt"', '"""\n1. A:\nvi = 2\n3. C:\n"""').replace("en = ", "# ")
    file.write_text(text + pair + pair.replace("worked", "wrked"), encoding="utf-8")
    with pytest.raises(ShopError) as error:
        load_shop(file)
    last = len((text + pair + pair).splitlines())
    assert error.value.problems == [
        f"{file}:{line_of('vi =')}: policy.vi: section 2 of the policy is missing before '3. C:'",
        f"{file}:{last - 3}: calendar.swap_pairs.1.worked is missing",
        f"{file}:{last - 1}: calendar.swap_pairs.1.wrked is no setting; did you mean worked?",
    ]


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    """In the order of their lines."""
    file = write(folder, 'swaps = "earlier"', 'swaps = "never"')
    file.write_text(file.read_text(encoding="utf-8").replace("= 1", "= -1"), encoding="utf-8")
    with pytest.raises(ShopError) as error:
        load_shop(file)
    assert [line.split(": ")[1] for line in error.value.problems] == ["retention_years", "calendar.swaps"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"name = "])
def test_a_file_that_is_no_toml_is_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    """Missing, in another encoding, or broken off: a clear line, no traceback."""
    file = tmp_path / "shop.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ShopError) as error:
        load_shop(file)
    assert len(error.value.problems) == 1
    assert str(file) in error.value.problems[0]


@pytest.mark.parametrize("text", ["", "no sections", "1. A:\n2. B:\n- b", "2. B:\n- b"])
def test_a_policy_without_whole_sections_is_refused(text: str) -> None:
    """An empty or misnumbered section would be shown to customers as the policy."""
    with pytest.raises(ValueError, match="policy"):
        parse_policy(text)
