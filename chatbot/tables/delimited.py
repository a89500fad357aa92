"""CSV files: cells parted by comma, semicolon or tab."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from chatbot.cleaning import is_blank
from chatbot.tables.encodings import encoding_of
from chatbot.tables.headers import field_of, read_header
from chatbot.tables.nouns import Row, Table, TableError

LONGEST = 16 << 20
"""Characters of one line or one cell. An over-long note must not stop an import, but memory has an end."""

_DELIMITERS = ",;\t"
_END = "\x00end"
"""Stands for the end of the file: a cell that swallows it was never closed. No file holds it, because
zero bytes are refused."""


def open_delimited(path: Path) -> Table:
    """The table in a CSV file. Raises TableError."""
    encoding = encoding_of(path)
    delimiter = max(_DELIMITERS, key=lambda sign: _promise(path, encoding, sign))
    for line, cells in _records(path, encoding, delimiter):
        if not _blank(cells):
            header = read_header(cells)
            return Table(header, partial(_rows, path, encoding, delimiter, after=line))
    raise TableError("the file is empty")


def _rows(path: Path, encoding: str, delimiter: str, after: int) -> Iterator[Row]:
    records = _records(path, encoding, delimiter)
    for line, _ in records:
        if line == after:
            break
    for index, (line, cells) in enumerate(records, 1):
        yield Row(index, line, tuple(map(_composed, cells)))


def _promise(path: Path, encoding: str, delimiter: str) -> tuple[int, int]:
    """How well a delimiter reads the header: known columns, columns."""
    header = next((cells for _, cells in _records(path, encoding, delimiter) if not _blank(cells)), [])
    return sum(field_of(cell) is not None for cell in header), len(header)


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins."""
    # The limit is one for the whole process; the standard one would refuse an over-long note.
    csv.field_size_limit(LONGEST)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(_lines(file.readline), delimiter=delimiter)
        line = 1
        try:
            for cells in reader:
                if cells and cells[-1].endswith(_END):
                    if cells == [_END]:
                        return
                    raise TableError(f"a quotation mark in the record of line {line} is never closed")
                yield line, cells
                line = reader.line_num + 1
        except csv.Error:
            raise TableError(
                f"the record of line {line} has a cell of more than {LONGEST} characters, or a quotation "
                "mark that is never closed"
            ) from None


def _lines(readline: Callable[[int], str]) -> Iterator[str]:
    number = 0
    while line := readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise TableError(f"line {number} is longer than {LONGEST} characters")
        if "\0" in line:
            raise TableError(f"no text: line {number} holds a zero byte")
        yield line
    yield _END


def _blank(cells: list[str]) -> bool:
    return all(map(is_blank, cells))


def _composed(cell: str) -> str:
    """Windows-1258 and some phones write the tone marks as characters of their own."""
    return cell if cell.isascii() else unicodedata.normalize("NFC", cell)
