"""XLSX workbooks: the first sheet, cells as their text, formulas never evaluated."""

from __future__ import annotations

import unicodedata
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from functools import partial
from pathlib import Path

import openpyxl
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from chatbot.cleaning import is_blank
from chatbot.tables.headers import WIDEST, read_header
from chatbot.tables.nouns import Row, Table, TableError

MOST_UNPACKED = 512 << 20
"""Bytes that a workbook may unpack to. 100,000 customers need about 80 MiB; a zip bomb needs more."""

MOST_PARTS = 2000
MOST_ROWS = 1_048_576
"""Rows of an XLSX sheet, by its format; a hostile one may claim more."""


def open_workbook(path: Path) -> Table:
    """The table on the first sheet. Raises TableError."""
    _check_archive(path)
    for line, cells in _sheet(path):
        if not all(map(is_blank, cells)):
            header = read_header(cells)
            return Table(header, partial(_rows, path, after=line))
    raise TableError("the first sheet is empty")


def _rows(path: Path, after: int) -> Iterator[Row]:
    """The rows below the header. Empty rows at the end, which may only have been formatted, are none."""
    begun = after
    for line, cells in _sheet(path):
        if line > after and cells:
            yield from (Row(blank - after, blank, ()) for blank in range(begun + 1, line))
            yield Row(line - after, line, tuple(cells))
            begun = line


def _sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Every row with its number, without the empty cells at its end."""
    # Given a path, openpyxl would go by the file's name.
    with path.open("rb") as file:
        with _as_table_error():
            workbook = openpyxl.load_workbook(file, read_only=True)
        with closing(workbook):
            if not workbook.worksheets:
                raise TableError("the workbook has no sheet")
            sheet = workbook.worksheets[0]
            # What the sheet claims to be its size may be wrong in either direction.
            sheet.reset_dimensions()
            rows = iter(sheet.iter_rows(min_row=1, min_col=1, max_col=WIDEST + 1, values_only=True))
            for line in range(1, MOST_ROWS + 1):
                with _as_table_error():
                    values = next(rows, None)
                if values is None:
                    return
                yield line, _texts(values)
    raise TableError(f"the sheet claims more than {MOST_ROWS} rows")


def _check_archive(path: Path) -> None:
    """Refuse what is no workbook, what would unpack without end, and what is damaged."""
    with _as_table_error(), zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise TableError("the workbook unpacks to more than is reasonable: save the list as CSV")
        if "xl/workbook.xml" not in archive.namelist():
            raise TableError("the file is a zip archive, but no .xlsx workbook")
        if archive.testzip():
            raise TableError("the workbook is damaged")


@contextmanager
def _as_table_error() -> Iterator[None]:
    """Whatever a broken workbook makes the libraries raise, without what they say of its content; and
    no warning for what a list of customers does not need."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except TableError:
        raise
    except Exception:
        raise TableError("the workbook cannot be read: it is damaged or no real .xlsx file") from None


def _texts(values: Sequence[object]) -> list[str]:
    width = len(values)
    while width and values[width - 1] in (None, ""):
        width -= 1
    return [_text(value) for value in values[:width]]


def _text(value: object) -> str:
    """A cell as its text: dates ISO, whole numbers without a tail, formulas as they were written."""
    match value:
        case None:
            return ""
        case str():
            return value if value.isascii() and "\0" not in value else _clean(value)
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case date() | time():
            return value.isoformat()
        case ArrayFormula():
            return str(value.text or "")
        case DataTableFormula():
            return ""
        case _:
            return str(value)


def _clean(text: str) -> str:
    """A workbook can hold half characters and zero bytes, which no database takes."""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode().replace("\0", ""))
