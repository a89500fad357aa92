"""What every kind of table hands over: a header that is understood, and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field


class TableError(Exception):
    """A file that is no usable table. One line that says what is wrong and where, without any cell."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which column is what.

    ``known`` gives the column of each field that the program has a place for, ``extra`` the columns
    that are kept under their own header. Columns count from 0; ``width`` is their number.
    """

    known: Mapping[str, int]
    extra: Mapping[str, int]
    width: int


@dataclass(frozen=True, slots=True)
class Row:
    """A record as it stands in the file.

    ``index`` counts records after the header from 1, blank lines among them; ``line`` is the line of
    the file (of the sheet) on which the record begins.
    """

    index: int
    line: int
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was opened; ``rows`` may be called more than once and reads the file each time.
    Iterating raises TableError where the file is broken further down."""

    header: Header
    rows: Callable[[], Iterator[Row]]
