"""Numbers as people read them, with a check character: ``KN-2026-000123-X``, ``YC-2026-000045-X``."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from stdnum.iso7064 import mod_37_36
from tortoise import fields
from tortoise.models import Model

from chatbot.clock import local_date
from chatbot.folding import fold
from models.database import fetch


class Series(StrEnum):
    """What is numbered, from 1 in each year. Customers hold these letters in hand, so never renamed."""

    CASE = "KN"
    """Khiếu nại: a complaint."""
    REQUEST = "YC"
    """Yêu cầu: a data subject request."""


class NumberCounter(Model):
    """How many numbers of a series were given in a year, which ``name`` is: ``KN-2026``."""

    name = fields.CharField(20, primary_key=True)
    given = fields.IntField()

    class Meta:
        table = "number_counter"


class Numbered(Model):
    """A row that people name by its number in the series of its table, which holds no number twice."""

    series: ClassVar[Series]
    with_rows: ClassVar[tuple[str, ...]] = ()
    """The relations that are loaded along."""

    year = fields.IntField()
    number = fields.IntField()

    class Meta:
        abstract = True

    @classmethod
    async def next(cls, arrived: datetime) -> tuple[int, int]:
        """Year and number of what arrived at an instant. Inside a transaction."""
        year = local_date(arrived).year
        return year, await next_number(cls.series, year)

    @property
    def code(self) -> str:
        """The number as people read it: ``KN-2026-000123-X``."""
        return code_of(self.series, self.year, self.number)

    @classmethod
    async def by_code(cls, typed: str) -> Self | None:
        """The row of a number however it is typed; None where there is none."""
        found = parse(cls.series, typed)
        if found is None:
            return None
        return await cls.filter(year=found[0], number=found[1]).select_related(*cls.with_rows).first()


async def next_number(series: Series, year: int) -> int:
    """Give the next number of a year. Inside a transaction: what is rolled back leaves no gap."""
    rows = await fetch(
        "INSERT INTO number_counter (name, given) VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET given = number_counter.given + 1 RETURNING given",
        f"{series}-{year}",
    )
    return int(rows[0]["given"])


def code_of(series: Series, year: int, number: int) -> str:
    """A number as people read it."""
    return f"{series}-{year}-{number:06d}-{_check(year, number)}"


def parse(series: Series, typed: str) -> tuple[int, int] | None:
    """Year and number of a code however it is typed; None where it is none of the series or its check
    character is wrong. The letters and the check character may be missing."""
    found = re.fullmatch(rf"(?:{series.lower()} ?)?(\d{{4}}) ?(\d{{1,6}})(?: ?([0-9a-z]))?", fold(typed))
    if not found:
        return None
    year, number, check = int(found[1]), int(found[2]), found[3]
    return None if check and check.upper() != _check(year, number) else (year, number)


def _check(year: int, number: int) -> str:
    """ISO 7064 MOD 37,36: catches any one wrong character and any two that were swapped."""
    return str(mod_37_36.calc_check_digit(f"{year}{number:06d}"))
