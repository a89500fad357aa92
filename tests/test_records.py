"""From rows to records: every rule of the import, and the order of the reasons."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.records import LONGEST_NAME, Reader, Reason, Record, Refused, instant
from chatbot.tables import Header, Row, open_table

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SAMPLE = Path(__file__).parent / "data" / "customers_sample.csv"
FIELDS = tuple(open_table(SAMPLE).header.known)
HEADER = Header({name: column for column, name in enumerate(FIELDS)}, {"Nhóm": 9, "Cỡ áo": 10}, 11)


def row(**cells: str) -> Row:
    """A row with these cells, the others empty."""
    texts = [cells.get(name, "") for name in FIELDS]
    return Row(1, 2, (*texts, cells.get("group", ""), cells.get("size", "")))


def read(*rows: Row) -> list[Record | Refused]:
    """What a fresh reader makes of the rows of one file."""
    reader = Reader(HEADER, NOW)
    return [reader.read(row) for row in rows]


def reasons(*rows: Row) -> list[Reason | None]:
    """The reason for each row, None where it was taken."""
    return [None if isinstance(result, Record) else result.reason for result in read(*rows)]


def test_the_sample_is_clean() -> None:
    """All 60 records are taken, with what their cells say."""
    table = open_table(SAMPLE)
    reader = Reader(table.header, NOW)
    records = [reader.read(row) for row in table.rows()]
    assert all(isinstance(record, Record) for record in records)
    assert records[0] == Record(
        full_name="Nguyễn Thị Thu Hà",
        phone="+84900000001",
        email="thuha.nguyen@example.com",
        birthday=date(1990, 5, 14),
        external_id="PS00001",
        address="12/4 Đường Hoa Giấy, Phường 7, Quận 3, TP. Hồ Chí Minh",
        note="Thích bóng jumbo màu pastel",
        last_contact_at=datetime(2026, 11, 18, 2, 12, tzinfo=UTC),
        marketing_consent="true",
    )


def test_everything_that_a_row_holds_is_kept() -> None:
    """Columns without a field are kept under their header; formulas and HTML are text."""
    (record,) = read(
        row(
            full_name=" Thu\u00a0 Hà\n<b> ",
            phone="0900000001",
            note="=HYPERLINK(1)",
            address="+1 <i>",
            group="@sỉ",
            marketing_consent="có",
        )
    )
    assert record == Record(
        full_name="Thu Hà <b>",
        phone="+84900000001",
        email=None,
        birthday=None,
        address="+1 <i>",
        note="=HYPERLINK(1)",
        marketing_consent="có",
        extra={"Nhóm": "@sỉ"},
    )


@pytest.mark.parametrize(
    "cells", [(), ("",), (" ", "\t"), ("\u00a0",), ("\u200b", "\ufeff", "\u2060"), ("",) * 11, (" ",) * 40]
)
def test_blank_rows(cells: tuple[str, ...]) -> None:
    """Nothing that can be seen is a blank row, however many cells it has."""
    assert reasons(Row(1, 2, cells)) == [Reason.BLANK_ROW]


def test_fewer_and_more_cells_than_the_header() -> None:
    """Missing cells are empty; one cell too many refuses the row, whatever is in it."""
    assert reasons(Row(1, 2, ("1", "A", "0900000001"))) == [None]
    full = row(full_name="A", phone="0900000001").cells
    assert reasons(Row(1, 2, full), Row(2, 3, (*full, ""))) == [None, Reason.TOO_MANY_COLUMNS]


@pytest.mark.parametrize("name", ["", " ", "\u200b", "123", "---", "😀", "1\u200b2"])
def test_a_name_has_a_letter(name: str) -> None:
    """Digits, signs and invisible marks are no name."""
    assert reasons(row(full_name=name, phone="0900000001")) == [Reason.MISSING_NAME]


def test_a_name_of_at_most_200_characters() -> None:
    """Counted as it is kept: composed, its blanks collapsed."""
    assert LONGEST_NAME == 200
    longest = "e\u0302\u0301" * 198 + "  \n A"
    (record,) = read(row(full_name=longest, phone="0900000001"))
    assert isinstance(record, Record)
    assert len(record.full_name) == 200
    assert reasons(row(full_name="ế" * 201, phone="x")) == [Reason.TOO_LONG]


def test_a_contact_is_needed_and_an_invalid_one_beside_it_is_null() -> None:
    """One valid contact is enough; the other is then empty."""
    assert reasons(row(full_name="A", phone="123", email="x@")) == [Reason.NO_CONTACT]
    (only_email,) = read(row(full_name="A", phone="9,12E+08", email="A@example.com"))
    assert isinstance(only_email, Record)
    assert (only_email.phone, only_email.email) == (None, "a@example.com")
    (only_phone,) = read(row(full_name="A", phone="0900000001", email="a@" + "b" * 1_000_000))
    assert isinstance(only_phone, Record)
    assert (only_phone.phone, only_phone.email) == ("+84900000001", None)


def test_a_bad_birthday_is_null_and_the_record_stays() -> None:
    """Also one in the future or before 1900."""
    for written in ("30/02/1990", "1899-12-31", "2026-11-24", "?"):
        (record,) = read(row(full_name="A", phone="0900000001", birthday=written))
        assert isinstance(record, Record)
        assert record.birthday is None


def test_duplicates_within_the_file() -> None:
    """The phone is compared first, then the e-mail, both normalised; the refused row says which."""
    first = row(full_name="A", phone="0900000001", email="a@example.com")
    assert reasons(first, row(full_name="B", phone="+84 900 000 001", email="A@Example.com")) == [
        None,
        Reason.DUPLICATE_PHONE,
    ]
    assert read(first, row(full_name="B", phone="0910000002", email="A@Example.com"))[1] == Refused(
        Reason.DUPLICATE_EMAIL, "+84910000002", "a@example.com"
    )


def test_only_accepted_records_make_duplicates() -> None:
    """A contact of a refused row is free, in both kinds."""
    rows = [
        row(full_name="A", phone="0900000001", email="a@example.com"),
        row(full_name="B", phone="0910000002", email="a@example.com"),
        row(full_name="C", phone="0910000002", email="c@example.com"),
        row(full_name="", phone="0930000003"),
        row(full_name="D", phone="0930000003"),
    ]
    assert reasons(*rows) == [None, Reason.DUPLICATE_EMAIL, None, Reason.MISSING_NAME, None]


def test_ids_are_not_compared() -> None:
    """Two records of a file may carry one id."""
    assert reasons(
        row(external_id="1", full_name="A", phone="0900000001"),
        row(external_id="1", full_name="B", phone="0910000002"),
    ) == [None, None]


def test_the_first_reason_that_applies() -> None:
    """Each reason hides the ones after it."""
    taken = row(full_name="A", phone="0900000001", email="a@example.com")
    long, wide = "x" * 201, ("",) * 12
    assert reasons(
        taken,
        Row(2, 3, wide),
        Row(3, 4, (*wide, "x")),
        row(full_name="1" * 201),
        row(full_name=long),
        row(full_name=long, phone="0900000001"),
        row(full_name="B", phone="x"),
        row(full_name="B", phone="0900000001", email="a@example.com"),
        row(full_name="B", email="a@example.com"),
    )[1:] == list(map(Reason, (
        "blank_row", "too_many_columns", "missing_name", "too_long", "too_long", "no_contact",
        "duplicate_phone", "duplicate_email",
    )))  # fmt: skip


def test_over_long_cells_are_cut_but_never_an_id() -> None:
    """Notes, addresses and other texts are cut; an id that was cut might be somebody else's."""
    (record,) = read(
        row(full_name="A", phone="0900000001", note="x" * 99_999, address="y" * 99_999, group="z" * 99_999)
    )
    assert isinstance(record, Record)
    assert (len(record.note or ""), len(record.address or ""), len(record.extra["Nhóm"])) == (5000, 500, 5000)
    assert reasons(row(full_name="A", phone="0900000001", external_id="1" * 101)) == [Reason.TOO_LONG]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-11-18T09:12:00+07:00", datetime(2026, 11, 18, 2, 12, tzinfo=UTC)),
        ("2026-11-18T02:12:00Z", datetime(2026, 11, 18, 2, 12, tzinfo=UTC)),
        ("2026-11-18 09:12", datetime(2026, 11, 18, 2, 12, tzinfo=UTC)),
        ("2026-11-18", datetime(2026, 11, 17, 17, 0, tzinfo=UTC)),
        ("18/11/2026", datetime(2026, 11, 17, 17, 0, tzinfo=UTC)),
        ("18/11/2026 09:12:30", datetime(2026, 11, 18, 2, 12, 30, tzinfo=UTC)),
        ("46344.5", datetime(2026, 11, 18, 5, 0, tzinfo=UTC)),
        ("", None),
        ("hôm qua", None),
        ("31/02/2026", None),
        ("2026-11-24", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-12:00", None),
    ],
)
def test_last_contact(raw: str, expected: datetime | None) -> None:
    """Local time where no zone is named; what is unreadable or still to come is unknown."""
    assert instant(raw, NOW) == expected


def test_nothing_personal_in_a_repr() -> None:
    """Rows, records and refusals may be logged by accident."""
    cells = row(full_name="Thu Hà", phone="0900000001", email="a@example.com", birthday="1990-05-14")
    shown = repr([cells, *read(cells, cells)])
    for personal in ("Thu", "900000001", "example", "1990"):
        assert personal not in shown


CELL = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    ["", " ", "A", "0900000001", "0910000002", "a@example.com", "1990-05-14", "\u200b"]
)


@given(st.lists(st.lists(CELL, max_size=13), max_size=8))
def test_any_row_is_a_record_or_refused(rows: list[list[str]]) -> None:
    """Never half: a record has a name and a contact, and no contact twice in a file."""
    records = [
        result for result in read(*(Row(1, 2, tuple(cells)) for cells in rows)) if isinstance(result, Record)
    ]
    assert all(record.full_name and (record.phone or record.email) for record in records)
    for contacts in ([r.phone for r in records if r.phone], [r.email for r in records if r.email]):
        assert len(contacts) == len(set(contacts))
