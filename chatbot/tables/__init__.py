"""Tables of customers from a CSV or XLSX file, as a stream of rows in bounded memory.

A table is known by its content, not by its file's name.
"""

from __future__ import annotations

from pathlib import Path

from chatbot.tables.delimited import open_delimited
from chatbot.tables.excel import open_workbook
from chatbot.tables.nouns import Header, Row, Table, TableError

__all__ = ["Header", "Row", "Table", "TableError", "open_table"]

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def open_table(path: Path) -> Table:
    """The table in a file. Raises TableError, also later while the rows are read."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise TableError(f"the file cannot be read: {error.strerror}") from None
    if not start:
        raise TableError("the file is empty")
    if start == _OLE:
        raise TableError("an old Excel file (.xls) or one with a password: save it as .xlsx or CSV")
    return open_workbook(path) if start.startswith(_ZIP) else open_delimited(path)
