"""Tables of customers: encodings, separators, headers, workbooks, and what is refused in one line."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from itertools import count
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.tables import Row, TableError, delimited, excel, open_table
from chatbot.tables.headers import SYNONYMS, field_of, read_header

SAMPLE = Path(__file__).parent / "data" / "customers_sample.csv"
HEADER = "external_id,full_name,phone"


def table_of(tmp_path: Path, content: bytes | str) -> tuple[dict[str, int], list[Row]]:
    """The known columns and the rows of a file with this content."""
    path = tmp_path / "customers"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    table = open_table(path)
    return dict(table.header.known), list(table.rows())


def cells_of(tmp_path: Path, content: bytes | str) -> list[tuple[str, ...]]:
    """The cells of every row."""
    return [row.cells for row in table_of(tmp_path, content)[1]]


def workbook_of(rows: list[list[object]]) -> bytes:
    """An XLSX file with these rows."""
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.worksheets[0].append(row)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def cp1258(text: str) -> bytes:
    """Windows-1258, where â, ê, ô, ă, ơ, ư are one character and the tones are characters of their own."""
    written = ""
    for character in unicodedata.normalize("NFC", text):
        try:
            character.encode("cp1258")
            written += character
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", character)
            tone = next(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
            written += unicodedata.normalize("NFC", parts.replace(tone, "")) + tone
    return written.encode("cp1258")


def test_the_sample_file() -> None:
    """The documented header is known column by column, and all 60 records are read."""
    table = open_table(SAMPLE)
    assert list(table.header.known) == SAMPLE.read_text("utf-8").splitlines()[0].split(",")
    assert not table.header.extra
    rows = list(table.rows())
    assert [row.index for row in rows] == list(range(1, 61))
    assert [row.line for row in rows] == list(range(2, 62))
    assert rows[0].cells[1] == "Nguyễn Thị Thu Hà"
    assert rows[12].cells[6] == 'Xưng hô "anh Phong"'
    assert list(table.rows()) == rows


NAME, NOTE = "Nguyễn Thị Ngọc Huyền Diễm", "Đặt 5 bó hoa, gửi Huế; gọi\ttrước"
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf8": lambda text: text.encode(),
    "utf8-bom": lambda text: text.encode("utf-8-sig"),
    "utf16-le-bom": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf16-be-bom": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf16-le": lambda text: text.encode("utf-16-le"),
    "utf16-be": lambda text: text.encode("utf-16-be"),
    "cp1258": cp1258,
    "nfd": lambda text: unicodedata.normalize("NFD", text).encode(),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_and_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    """The same table comes out of each, its text composed."""
    lines = [["Mã KH", "Họ và tên", "SĐT", "Ghi chú"], ["PS1", NAME, "0900000001", f'"{NOTE}"']]
    text = "\n".join(separator.join(cells) for cells in lines)
    known, rows = table_of(tmp_path, ENCODINGS[encoding](text))
    assert known == {"external_id": 0, "full_name": 1, "phone": 2, "note": 3}
    assert [row.cells for row in rows] == [("PS1", NAME, "0900000001", NOTE)]


def test_the_separator_is_the_one_that_gives_known_columns(tmp_path: Path) -> None:
    """More cells by another separator do not count."""
    rows = cells_of(tmp_path, "Tên (họ, tên đệm, tên);SĐT\nThu Hà;0900000001\n")
    assert rows == [("Thu Hà", "0900000001")]


def test_line_and_index(tmp_path: Path) -> None:
    """A record's line is where it begins; a blank line counts as a record; a last newline does not."""
    _, rows = table_of(tmp_path, f'\n{HEADER}\n1,"A\nB",0900000001\n\n2,C,\n')
    assert [(row.index, row.line) for row in rows] == [(1, 3), (2, 5), (3, 6)]
    assert [row.cells for row in rows] == [("1", "A\nB", "0900000001"), (), ("2", "C", "")]


def test_quotes_are_read_as_people_write_them(tmp_path: Path) -> None:
    """Doubled quotes, quotes inside a cell and text after a quote lose no row."""
    rows = cells_of(tmp_path, f'{HEADER}\n1,"A ""B""",x\n2,A "B" C,x\n3,"A" B,x\n4,=1+1,@x')
    assert rows == [("1", 'A "B"', "x"), ("2", 'A "B" C', "x"), ("3", "A B", "x"), ("4", "=1+1", "@x")]


def test_a_huge_note_does_not_stop_it(tmp_path: Path) -> None:
    """A cell of a megabyte is a cell."""
    rows = cells_of(tmp_path, f"{HEADER}\n1,A,{'x' * 1_000_000}\n2,B,y\n")
    assert [len(row[2]) for row in rows] == [1_000_000, 1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n \n", "empty"),
        (b"%PDF-1.7\n1 0 obj", "no table of customers"),
        (b'{"full_name": 1}', "no table of customers"),
        (b"1,Thu Ha,0900000001\n", "no table of customers"),
        (b"phone,email\n", "no column for the customer's name"),
        (b"full_name,address\n", "no column for a phone number"),
        (HEADER.encode() + b'\n1,A,x\n2,"B,x\n3,C,x\n', "line 3 is never closed"),
        (HEADER.encode() + b"\n1,A\0,x\n", "line 2 holds a zero byte"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0", ""),
        ((HEADER + "\n1,Thuỳ,Đào\n2,").encode() + b"\xff,x\n", "line 3 is not valid UTF-8"),
        ((HEADER + "\n1,Thuỳ,Đà").encode()[:-1], "line 2 is not valid UTF-8"),
        ((HEADER + "\n1,A,B").encode("utf-16") + b"\x00\xd8", "not valid UTF-16"),
        (HEADER.encode() + b"\n1,\x8a\xe9,x\n", "neither UTF-8 nor UTF-16 nor Windows-1258"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, ".xls"),
        ((",".join(["full_name", "phone", *map(str, range(250))])).encode(), "more than 250 columns"),
    ],
)
def test_what_is_no_table_says_so_in_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    """Each kind of unusable file is refused by a sentence without any of its cells."""
    with pytest.raises(TableError) as refused:
        table_of(tmp_path, content)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "Thu" not in str(refused.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    """What cannot be opened is refused like what cannot be read."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(TableError, match="cannot be read"):
            open_table(path)


def test_memory_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line or a cell without end is refused before it is held."""
    monkeypatch.setattr(delimited, "LONGEST", 1000)
    with pytest.raises(TableError, match="line 2 is longer than 1000"):
        table_of(tmp_path, f"{HEADER}\n1,{'x' * 2000},x\n")
    with pytest.raises(TableError, match="the record of line 2 has a cell of more than 1000"):
        table_of(tmp_path, f'{HEADER}\n1,"{"x" * 90}\n' + "y\n" * 1000)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("full_name", "full_name"),
        ("HỌ VÀ TÊN", "full_name"),
        ("Ho va ten", "full_name"),
        ("Họ tên (*)", "full_name"),
        (" Số điện thoại: ", "phone"),
        ("SĐT", "phone"),
        ("sdt", "phone"),
        ("E-mail", "email"),
        ("Thư điện tử", "email"),
        ("Địa chỉ", "address"),
        ("Ngày sinh (dd/mm/yyyy)", "birthday"),
        ("Ghi chú", "note"),
        ("Mã khách hàng", "external_id"),
        ("Lần liên hệ cuối", "last_contact_at"),
        ("Đồng ý nhận tin", "marketing_consent"),
        ("Nhóm khách", None),
        ("", None),
    ],
)
def test_headers_in_two_languages(written: str, field: str | None) -> None:
    """Case, accents, punctuation and brackets make no difference."""
    assert field_of(written) == field


def test_every_synonym_means_one_field() -> None:
    """No name stands under two fields."""
    for field, names in SYNONYMS.items():
        assert {field_of(name) for name in names.split(";")} == {field}


def test_unknown_and_double_headers_are_kept() -> None:
    """Each column that is no field keeps a name of its own, so that no cell is lost."""
    header = read_header(["Tên", "SĐT", "Điện thoại", "Nhóm", "Nhóm", "", " Cỡ \n áo ", "sđt"])
    assert header.known == {"full_name": 0, "phone": 1}
    assert header.extra == {"Điện thoại": 2, "Nhóm": 3, "Nhóm (2)": 4, "#6": 5, "Cỡ áo": 6, "sđt": 7}
    assert header.width == 8


def test_workbook_cells_are_texts(tmp_path: Path) -> None:
    """Numbers lose no digit and gain no tail, dates are ISO, formulas stay as they were written."""
    known, rows = table_of(
        tmp_path,
        workbook_of(
            [
                ["Họ tên", "SĐT", "Ngày sinh", "Lần liên hệ cuối", "Ghi chú", "Điểm"],
                ["Thu Hà", 900000001, date(1990, 5, 14), datetime(2026, 11, 18, 9, 12), "=1+1", 2.5],
                ["Minh\nQuân", 9.00000001e8, None, None, True, None],
                [],
                ["Bảo Ngọc"],
                ["a", "b", "c", "d", "e", "f", "g"],
            ]
        ),
    )
    assert known["birthday"] == 2
    assert rows == [
        Row(1, 2, ("Thu Hà", "900000001", "1990-05-14", "2026-11-18T09:12:00", "=1+1", "2.5")),
        Row(2, 3, ("Minh\nQuân", "900000001", "", "", "true")),
        Row(3, 4, ()),
        Row(4, 5, ("Bảo Ngọc",)),
        Row(5, 6, ("a", "b", "c", "d", "e", "f", "g")),
    ]


def test_formatted_rows_at_the_end_of_a_sheet_are_no_records(tmp_path: Path) -> None:
    """Only rows up to the last with a cell count."""
    content = workbook_of([["Tên", "SĐT"], ["A", "1"], ["", ""], [None, ""], [None]])
    assert cells_of(tmp_path, content) == [("A", "1")]


def rezipped(content: bytes, change: dict[str, bytes | None]) -> bytes:
    """A zip archive with some of its parts replaced, or left out where they are None."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = change.get(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return file.getvalue()


GOOD = workbook_of([["Tên", "SĐT"], ["A", "1"]])
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
INLINE = '<c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>phone</t></is></c>'


def sheet_of(rows: str, before: str = "") -> bytes:
    """A workbook whose sheet has these rows below a header, as XML."""
    data = f'<sheetData><row r="1">{INLINE}</row>{rows}</sheetData>'
    return rezipped(GOOD, {SHEET: f'{before}<worksheet xmlns="{NAMESPACE}">{data}</worksheet>'.encode()})


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    "content",
    [
        GOOD[:-100],
        GOOD[:60],
        GOOD.replace(b"sheet1", b"sheet9"),
        rezipped(GOOD, {"xl/workbook.xml": None}),
        rezipped(GOOD, {"xl/workbook.xml": b"<x/>"}),
        rezipped(GOOD, {SHEET: None}),
        rezipped(GOOD, {SHEET: b"<worksheet"}),
        rezipped(GOOD, {"[Content_Types].xml": b"<x>"}),
        sheet_of('<row r="2"><c r="A2" t="s"><v>99999</v></c></row>'),
        sheet_of('<row r="2"><c r="A2"><v>1x</v></c></row>'),
        sheet_of('<row r="9999999999"><c r="A9999999999"><v>1</v></c></row>'),
        sheet_of('<row r="2"><c r="A2" t="inlineStr"><is><t>&j;</t></is></c></row>', before=BOMB),
    ],
    ids=count(),
)
def test_hostile_and_damaged_workbooks_are_refused(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut, incomplete, contradictory or exploding archives end in one sentence."""
    monkeypatch.setattr(excel, "MOST_ROWS", 1000)
    with pytest.raises(TableError) as refused:
        table_of(tmp_path, content)
    assert "\n" not in str(refused.value)


def test_a_cell_far_to_the_right_costs_no_memory(tmp_path: Path) -> None:
    """A row's width is what is written in it, up to a limit."""
    row = '<row r="2"><c r="A2"><v>1</v></c><c r="ZZZ2"><v>1</v></c></row>'
    assert cells_of(tmp_path, sheet_of(row)) == [("1",)]


def test_half_characters_in_a_workbook_are_replaced(tmp_path: Path) -> None:
    """What no database takes does not get that far."""
    row = '<row r="2"><c r="A2" t="inlineStr"><is><t>Hà_xD83D_</t></is></c></row>'
    (cells,) = cells_of(tmp_path, sheet_of(row))
    cells[0].encode()


def test_zip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook that would unpack without end is refused before anything is unpacked."""
    monkeypatch.setattr(excel, "MOST_UNPACKED", 100_000)
    with pytest.raises(TableError, match="unpacks"):
        table_of(tmp_path, rezipped(GOOD, {SHEET: b" " * 200_000}))


AFTER_A_HEADER = st.text(max_size=200).map(lambda text: f"name,phone\n{text}".encode(errors="ignore"))


@given(st.binary(max_size=400) | AFTER_A_HEADER)
def test_any_bytes_are_a_table_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Nothing else ever comes out of a file."""
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    try:
        for row in open_table(path).rows():
            "".join(row.cells).encode()
    except TableError:
        pass


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.lists(st.lists(CELL, min_size=2, max_size=5)))
def test_what_was_written_as_csv_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    """Every cell comes back, composed, whatever it holds."""
    path = tmp_path_factory.getbasetemp() / "written.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["name", "phone", "a", "b", "c"], *rows])
    read = [list(row.cells) for row in open_table(path).rows()]
    assert read == [[unicodedata.normalize("NFC", cell) for cell in row] for row in rows]
