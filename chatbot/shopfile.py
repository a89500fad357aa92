"""What may stand in SHOP_FILE, and what to tell the shop when something else does."""

from __future__ import annotations

import difflib
import re
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails

from chatbot.policy import Section, parse_policy
from chatbot.values import WEEKDAYS, Hours
from chatbot.workdays import Calendar, SwapPair

_HOURS = re.compile(r"([0-2]\d):([0-5]\d)\s*[-–]\s*([0-2]\d):([0-5]\d)")
_HEADER = re.compile(r"\[(\[?)\s*([\w.\"-]+)\s*\]")
_KEY = re.compile(r"([\w.\"-]+)\s*=")

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\r\n]*$")]


def _hours(value: object) -> Hours:
    match = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError('must look like "08:30-17:30"')
    opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if opens >= closes:
        raise ValueError("closes before it opens")
    return Hours(opens, closes)


def _policy(value: object, info: ValidationInfo) -> tuple[Section, ...]:
    """A text of several lines is the policy itself; one line names its file, beside SHOP_FILE."""
    if not isinstance(value, str):
        raise ValueError("must be the name of a text file")
    if "\n" in value:
        return parse_policy(value)
    assert isinstance(info.context, Path)
    try:
        return parse_policy((info.context / value).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{value} cannot be read as a text file in UTF-8") from None


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _SwapPair(_Table):
    off: date
    worked: date
    decision: Line


class CalendarTable(_Table):
    """``[calendar]``: what the shop adds to the country's calendar."""

    weekly_days_off: list[Weekday] = ["saturday", "sunday"]
    swaps: Literal["follow", "ignore", "earlier"] = "earlier"
    added_days: list[date] = []
    removed_days: list[date] = []
    swap_pairs: list[_SwapPair] = []

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar itself. Raises ValueError when the choices contradict each other."""
        return Calendar.load(
            weekly_days_off=[WEEKDAYS.index(day) for day in self.weekly_days_off],
            added_days=self.added_days,
            removed_days=self.removed_days,
            swaps=self.swaps,
            swap_pairs=[SwapPair(pair.off, pair.worked, pair.decision) for pair in self.swap_pairs],
        )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        assert self.calendar
        return self


class ShopFile(_Table):
    """The whole file. Validated with its folder as the context."""

    name: Line
    site: Annotated[Line, Field(pattern=r"^https?://[^\s/?#]+[^\s]*$")]
    address: Line
    email: EmailStr
    retention_years: int = Field(ge=1, le=100)
    other_systems: list[Line] = []
    undo_hours: int = Field(default=72, ge=0, le=240)
    policy: dict[str, Annotated[tuple[Section, ...], BeforeValidator(_policy)]]
    office_hours: dict[Weekday, Annotated[Hours, BeforeValidator(_hours)]] = Field(min_length=1)
    calendar: CalendarTable = CalendarTable()

    @model_validator(mode="after")
    def _same_sections(self) -> Self:
        if "vi" not in self.policy:
            raise ValueError('policy: the Vietnamese text, vi = "...", is missing')
        for locale, sections in self.policy.items():
            if len(sections) != len(self.policy["vi"]):
                raise ValueError(f"policy.{locale} has {len(sections)} sections, vi {len(self.policy['vi'])}")
        return self


def explain(text: str, error: ValidationError) -> list[tuple[int, str]]:
    """Each problem as the number of its line in the file's text, and what is wrong there."""
    return sorted((_line(text, problem["loc"]), _words(problem)) for problem in error.errors())


def _words(problem: ErrorDetails) -> str:
    where = [str(part) for part in problem["loc"] if part != "[key]"]
    name = ".".join(where)
    if problem["type"] == "missing":
        return f"{name} is missing"
    if problem["type"] == "extra_forbidden":
        tables: dict[int, type[BaseModel]] = {1: ShopFile, 2: CalendarTable, 4: _SwapPair}
        known = tables[len(where)].model_fields
        close = difflib.get_close_matches(where[-1], known, n=1)
        return f"{name} is no setting" + (f"; did you mean {close[0]}?" if close else "")
    cause = problem.get("ctx", {}).get("error")
    what = str(cause) if cause else problem["msg"].replace("Input should", "should")
    return f"{name}: {what}" if name else what


def _line(text: str, location: tuple[int | str, ...]) -> int:
    """The line of a key, or of the table around it; the parser itself does not say."""
    lines = _lines(text)
    for length in range(len(location), 0, -1):
        if location[:length] in lines:
            return lines[location[:length]]
    return 1


def _lines(text: str) -> dict[tuple[int | str, ...], int]:
    lines: dict[tuple[int | str, ...], int] = {}
    table: tuple[int | str, ...] = ()
    inside_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        begins_outside = not inside_text
        inside_text ^= (line.count('"""') + line.count("'''")) % 2 == 1
        if not begins_outside:
            continue
        if header := _HEADER.match(line.strip()):
            table = tuple(header[2].replace('"', "").split("."))
            if header[1]:
                table += (sum(known[:-1] == table for known in lines if isinstance(known[-1], int)),)
            lines[table] = number
        elif key := _KEY.match(line.strip()):
            lines[(*table, *key[1].replace('"', "").split("."))] = number
    return lines
