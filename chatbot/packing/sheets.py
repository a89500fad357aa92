"""The package as tables: one CSV file per list of the contents, as Excel opens it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import get_args
from unicodedata import normalize

from pydantic import BaseModel

from chatbot.packing.contents import Contents

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet may take for a formula (OWASP, CSV injection)."""


def sheets(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """The files by name, in UTF-8 with the mark that Excel wants. ``record.csv`` has a line per field."""
    record = contents.record.model_dump(mode="json")
    extra = {f"extra: {header}": value for header, value in record.pop("extra").items()}
    yield (
        "record.csv",
        _written(["field", "value"], map(list, (record | extra).items())),
    )
    for name, field in Contents.model_fields.items():
        rows = getattr(contents, name)
        if isinstance(rows, list):
            kind = _kind(field.annotation)
            columns = list(kind.model_fields)
            dumped: Iterator[Mapping[str, object]] = (row.model_dump(mode="json") for row in rows)
            yield f"{name}.csv", _written(columns, ([row[one] for one in columns] for row in dumped))


def _kind(annotation: object) -> type[BaseModel]:
    """The type of the rows of a list, which an empty list does not say."""
    kind: type[BaseModel]
    [kind] = get_args(annotation)
    return kind


def _written(columns: list[str], rows: Iterator[list[object]]) -> bytes:
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(columns)
    sheet.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case list():
            return _cell("\n".join(map(str, value)))
    words = normalize("NFC", str(value))
    return f"'{words}" if words.startswith(_FORMULA) else words
