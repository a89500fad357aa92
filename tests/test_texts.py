"""Words: how values are written in each language, and which catalogues are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.folding import fold
from chatbot.texts import CatalogueError, Texts
from chatbot.values import FileSize, Hours, Money, OfficeHours, WithWeekday

DAY = date(2026, 11, 24)

TEXTS = Texts.load()


def catalogues(root: Path, **files: str) -> Path:
    """Write ``vi_shop="..."`` to vi/shop.po, and so on."""
    for name, text in files.items():
        locale, domain = name.split("_")
        (root / locale).mkdir(exist_ok=True)
        (root / locale / f"{domain}.po").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def any_value(tmp_path: Path) -> Texts:
    """A message that is nothing but its value, with the real ways to write values."""
    own = Path(__file__).parent.parent / "locales"
    for locale in ("vi", "en"):
        catalogues(
            tmp_path,
            **{
                f"{locale}_t": 'msgid "t.value"\nmsgstr "{value}"\n',
                f"{locale}_format": (own / locale / "format.po").read_text(encoding="utf-8"),
            },
        )
    return Texts.load(tmp_path)


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (DAY, "24/11/2026", "24 November 2026"),
        (WithWeekday(DAY), "thứ Ba, 24/11/2026", "Tuesday, 24 November 2026"),
        (WithWeekday(date(2026, 11, 29)), "Chủ nhật, 29/11/2026", "Sunday, 29 November 2026"),
        (datetime(2026, 11, 24, 2, 30, tzinfo=UTC), "09:30 ngày 24/11/2026", "09:30 on 24 November 2026"),
        (datetime(2026, 11, 23, 17, 0, tzinfo=UTC), "00:00 ngày 24/11/2026", "00:00 on 24 November 2026"),
        (1250000, "1.250.000", "1,250,000"),
        (Money(1250000), "1.250.000\N{NO-BREAK SPACE}₫", "VND\N{NO-BREAK SPACE}1,250,000"),
        (FileSize(653), "653 byte", "653 byte"),
        (FileSize(900_000), "879 kB", "879 kB"),
        (FileSize(1_300_000), "1,2 MB", "1.2 MB"),
        (FileSize(20 * 1024 * 1024), "20 MB", "20 MB"),
        (timedelta(minutes=5), "5 phút", "5 minutes"),
        (timedelta(hours=2), "2 giờ", "2 hours"),
        (timedelta(minutes=90), "90 phút", "90 minutes"),
        (timedelta(minutes=3, seconds=1), "4 phút", "4 minutes"),
        (timedelta(seconds=1), "1 giây", "1 second"),
        (timedelta(0), "0 giây", "0 seconds"),
        (timedelta(days=7), "7 ngày", "7 days"),
        (timedelta(days=365), "1 năm", "1 year"),
        (
            OfficeHours(
                {0: Hours(time(8), time(17)), 1: Hours(time(8), time(17)), 5: Hours(time(8), time(12))}
            ),
            "từ thứ Hai đến thứ Ba, 08:00–17:00; thứ Bảy, 08:00–12:00",
            "Monday to Tuesday, 08:00–17:00; Saturday, 08:00–12:00",
        ),
        ("Nguye\u0302\u0303n", "Nguyễn", "Nguyễn"),
    ],
)
def test_each_type_is_written_the_way_of_its_language(
    any_value: Texts, value: object, vi: str, en: str
) -> None:
    """A value's type decides how it is written, an instant in the time of Viet Nam."""
    assert any_value.get("vi", "t.value", value=value) == vi
    assert any_value.get("en", "t.value", value=value) == en


@pytest.mark.parametrize("value", [datetime(2026, 1, 1), True, 1.5, None, object()])
def test_a_value_without_a_known_way_to_write_it_is_refused(any_value: Texts, value: object) -> None:
    """A float, a naive time or an object would come out wrong, so it is an error."""
    with pytest.raises((TypeError, ValueError), match="a text cannot carry"):
        any_value.get("vi", "t.value", value=value)


@given(words=st.text())
def test_what_a_customer_wrote_is_never_interpreted(words: str) -> None:
    """Braces and dots in a value come out as they went in."""
    hostile = "{email}{0}{hidden.__class__}" + words
    shown = TEXTS.get("vi", "engine.failed", email=hostile, hidden="secret")
    assert normalize("NFC", hostile) in shown
    assert "secret" not in shown.replace(words, "")


def test_an_unknown_language_gets_vietnamese() -> None:
    """Nobody is met with an empty message."""
    assert TEXTS.get("fr", "menu.ask") == TEXTS.get("vi", "menu.ask")
    assert TEXTS.domain("fr", "menu") == TEXTS.domain("vi", "menu")
    assert TEXTS.locales[0] == "vi"


def test_a_missing_message_or_placeholder_names_only_its_key() -> None:
    """The values of the other parameters may be personal, so they are not in the error."""
    with pytest.raises(KeyError) as error:
        TEXTS.get("vi", "menu.nothing", name="Nguyễn Thị Mẫu")
    assert error.value.args == ("menu.nothing",)
    with pytest.raises(KeyError) as error:
        TEXTS.get("vi", "menu.notice", shop="Partyshop.vn")
    assert "Partyshop.vn" not in str(error.value)
    assert "menu.notice" in str(error.value)
    assert not TEXTS.has("menu.nothing")
    assert TEXTS.has("menu.ask")


def test_a_domain_is_given_whole() -> None:
    """A page can take all of its words at once, and only its own."""
    words = TEXTS.domain("en", "menu")
    assert words["menu.ask"] == "How can we help you?"
    assert all(key.startswith("menu.") for key in words)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"en_t": 'msgid "t.a"\nmsgstr "A"\n'}, "there is no vi"),
        ({"vi_t": 'msgid "t.a"\nmsgstr "A"\n\nmsgid "t.a"\nmsgstr "B"\n'}, "t.a is defined 2 times"),
        ({"vi_t": 'msgid "t.a"\nmsgstr ""\n'}, "t.a is not translated"),
        ({"vi_t": 'msgid "t.a"\nmsgstr "A"\n', "en_t": ""}, "en: t.a is not translated"),
        ({"vi_t": "", "en_t": 'msgid "t.a"\nmsgstr "A"\n'}, "en: t.a is not in vi"),
        (
            {"vi_t": 'msgid "t.a"\nmsgstr "{due}"\n', "en_t": 'msgid "t.a"\nmsgstr "{duo}"\n'},
            "en: t.a has other placeholders",
        ),
        ({"vi_t": '#, fuzzy\nmsgid "t.a"\nmsgstr "A"\n'}, "t.a is not translated"),
        ({"vi_t": 'msgid "other.a"\nmsgstr "A"\n'}, "other.a does not begin with t."),
        ({"vi_t": 'msgid "t.a"\nmsgstr "{a.b}"\n'}, "no plain name"),
        ({"vi_t": 'msgid "t.a"\nmsgstr "{a[b]}"\n'}, "no plain name"),
        ({"vi_t": 'msgid "t.a"\nmsgstr "{a!r}"\n'}, "no plain name"),
        ({"vi_t": 'msgid "t.a"\nmsgstr "{a:{b}}"\n'}, "no plain name"),
        ({"vi_t": 'msgid "t.a"\nmsgstr "{}"\n'}, "no plain name"),
        ({"vi_t": 'msgid "t.a"\nmsgstr "{a"\n'}, "t.a "),
        ({"vi_t": 'msgid "t.a"\nmsgid_plural "t.b"\nmsgstr[0] "A"\n'}, "plural"),
        ({"vi_t": 'msgid t.a\nmsgstr "A"\n'}, "vi/t.po"),
    ],
)
def test_a_faulty_catalogue_is_refused(tmp_path: Path, files: dict[str, str], problem: str) -> None:
    """What would show a customer a wrong or empty text, or reach into a value, stops the start."""
    with pytest.raises(CatalogueError) as error:
        Texts.load(catalogues(tmp_path, **files))
    assert any(problem in line for line in error.value.problems), error.value.problems


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """A translator need not start the program once per mistake."""
    files = {"vi_t": 'msgid "t.a"\nmsgstr ""\n\nmsgid "t.b"\nmsgstr "{x!s}"\n'}
    with pytest.raises(CatalogueError) as error:
        Texts.load(catalogues(tmp_path, **files))
    assert len(error.value.problems) == 2


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("xem du lieu cua toi", "Xem dữ liệu của tôi"),
        ("  XEM   DỮ LIỆU\ncủa tôi!! ", "Xem dữ liệu của tôi"),
        ("xác minh", "✅ Xác minh"),
        ("Đồng ý".encode().decode(), "dong y"),
        ("hủy", "huỷ"),
        ("\u200bho\u0302\u0303 tro\u031b\u0323", "Hỗ trợ"),
        ("１", "1"),
    ],
)
def test_typing_a_label_need_not_be_exact(typed: str, label: str) -> None:
    """Accents, case, blanks, punctuation and how letters are composed make no difference."""
    assert fold(typed) == fold(label)


@given(text=st.text())
def test_folding_leaves_only_letters_digits_and_single_blanks(text: str) -> None:
    """Whatever is typed, the result is trimmed, has no double blanks, and folds to itself."""
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert fold(folded) == folded
    assert not set(folded) & set("ăâđêôơưáàảãạ!?.,-_'\"")
