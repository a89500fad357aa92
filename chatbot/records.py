"""From a row of a table to a customer record, or the reason why it is none."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from chatbot.birthdays import birthday
from chatbot.cleaning import ascii_forms, is_blank, one_line, visible
from chatbot.clock import ZONE, local_date
from chatbot.contacts import email, phone
from chatbot.tables import Header, Row

LONGEST_NAME = 200
LONGEST_ID = 100
LONGEST_ADDRESS = 500
LONGEST_TEXT = 5000
"""Characters of a note or of a cell that has no field of its own."""
LONGEST_CONSENT = 20


class Reason(StrEnum):
    """Why a row is refused: the first that applies, in this order. Stored in reports, never renamed."""

    BLANK_ROW = "blank_row"
    TOO_MANY_COLUMNS = "too_many_columns"
    MISSING_NAME = "missing_name"
    TOO_LONG = "too_long"
    NO_CONTACT = "no_contact"
    DUPLICATE_PHONE = "duplicate_phone"
    DUPLICATE_EMAIL = "duplicate_email"
    ERASED = "erased"
    """It is of somebody who was erased, or waits for it: only the database knows."""


@dataclass(frozen=True, slots=True)
class Record:
    """A customer as an import says. ``last_contact_at`` is aware, in UTC; ``marketing_consent`` stands
    as it was written. ``extra`` holds what has no field of its own, by its header."""

    full_name: str = field(repr=False)
    phone: str | None = field(repr=False)
    email: str | None = field(repr=False)
    birthday: date | None = field(repr=False)
    external_id: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    note: str | None = field(default=None, repr=False)
    last_contact_at: datetime | None = None
    marketing_consent: str | None = None
    extra: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is no record, with what could be read of it."""

    reason: Reason
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    birthday: date | None = field(default=None, repr=False)


class Reader:
    """Reads the rows of one file, and remembers the contacts of the records that it took."""

    def __init__(self, header: Header, now: datetime) -> None:
        self._header = header
        self._now = now
        self._today = local_date(now)
        self._phones = _Seen()
        self._emails = _Seen()

    def read(self, row: Row) -> Record | Refused:
        """The record, or why it is refused; a row is one or the other, never half."""
        if all(map(is_blank, row.cells)):
            return Refused(Reason.BLANK_ROW)
        if len(row.cells) > self._header.width:
            return Refused(Reason.TOO_MANY_COLUMNS)
        record = self._parse(row)
        reason = self._objection(record)
        if reason:
            return Refused(reason, record.phone, record.email, record.birthday)
        if record.phone:
            self._phones.add(record.phone)
        if record.email:
            self._emails.add(record.email)
        return record

    def _parse(self, row: Row) -> Record:
        def cell(name: str) -> str:
            return _at(row, self._header.known.get(name, self._header.width))

        return Record(
            full_name=one_line(cell("full_name")),
            phone=phone(cell("phone")),
            email=email(cell("email")),
            birthday=birthday(cell("birthday"), self._today),
            external_id=visible(cell("external_id")) or None,
            address=one_line(cell("address")[:LONGEST_ADDRESS]) or None,
            note=visible(cell("note"))[:LONGEST_TEXT] or None,
            last_contact_at=instant(cell("last_contact_at"), self._now),
            marketing_consent=visible(cell("marketing_consent"))[:LONGEST_CONSENT] or None,
            extra={
                header: value
                for header, column in self._header.extra.items()
                if (value := visible(_at(row, column))[:LONGEST_TEXT])
            },
        )

    def _objection(self, record: Record) -> Reason | None:
        if not any(map(str.isalpha, record.full_name)):
            return Reason.MISSING_NAME
        # An id that was cut might be another customer's.
        if len(record.full_name) > LONGEST_NAME or len(record.external_id or "") > LONGEST_ID:
            return Reason.TOO_LONG
        if not record.phone and not record.email:
            return Reason.NO_CONTACT
        if record.phone and record.phone in self._phones:
            return Reason.DUPLICATE_PHONE
        if record.email and record.email in self._emails:
            return Reason.DUPLICATE_EMAIL
        return None


_LOCAL_TIME = re.compile(
    r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[,\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_EXCEL_DAY_ZERO = datetime(1899, 12, 30, tzinfo=ZONE)


def instant(raw: str, now: datetime) -> datetime | None:
    """The instant that a text means, in UTC; in Asia/Ho_Chi_Minh where it names no zone.

    None where it means none, or one that is still to come: nobody was in contact then.
    """
    if not raw or len(raw) > LONGEST_CONSENT * 3:
        return None
    text = ascii_forms(raw)
    try:
        found = _instant(text)
        found = (found if found.tzinfo else found.replace(tzinfo=ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found <= now else None


def _instant(text: str) -> datetime:
    if match := _LOCAL_TIME.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=ZONE)
    if _SERIAL.fullmatch(text):
        return _EXCEL_DAY_ZERO + timedelta(days=float(text))
    return datetime.fromisoformat(text)


def _at(row: Row, column: int) -> str:
    """A cell; empty where the row is shorter."""
    return row.cells[column] if column < len(row.cells) else ""


class _Seen:
    """A set of values that keeps 8 bytes of each: keyed, so that nobody can make two values collide."""

    def __init__(self) -> None:
        self._key = os.urandom(16)
        self._digests: set[int] = set()

    def add(self, value: str) -> None:
        self._digests.add(self._digest(value))

    def __contains__(self, value: str) -> bool:
        return self._digest(value) in self._digests

    def _digest(self, value: str) -> int:
        return int.from_bytes(blake2b(value.encode(), digest_size=8, key=self._key).digest())
