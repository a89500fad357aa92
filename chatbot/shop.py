"""The shop as SHOP_FILE describes it, checked when the program starts, line by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from chatbot.policy import Section
from chatbot.shopfile import ShopFile, explain
from chatbot.values import WEEKDAYS, OfficeHours
from chatbot.workdays import Calendar

EXAMPLE = Path(__file__).parent / "data" / "partyshop.toml"


class ShopError(Exception):
    """SHOP_FILE cannot be used: one line per problem in ``problems``, each with file and line number."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Shop:
    """Who the shop is, and what it decided. ``retention_years`` run from a customer's last contact.
    ``other_systems`` are those that hold customers' data too, by the names that customers are told.
    ``undo`` is how long somebody who asked to be erased may change their mind."""

    name: str
    site: str
    address: str
    email: str
    retention_years: int
    other_systems: tuple[str, ...]
    undo: timedelta
    office_hours: OfficeHours
    calendar: Calendar = field(repr=False)
    policies: Mapping[str, tuple[Section, ...]] = field(repr=False)

    def policy(self, locale: str) -> tuple[Section, ...]:
        """The policy section by section; in Vietnamese, word for word, where there is no translation."""
        return self.policies.get(locale, self.policies["vi"])


@cache
def load_shop(file: Path | None = None) -> Shop:
    """Read SHOP_FILE, by default the Partyshop example; once in a process. Raises ShopError with all
    problems."""
    path = file or EXAMPLE
    try:
        text = path.read_text(encoding="utf-8")
        written = ShopFile.model_validate(tomllib.loads(text), context=path.parent)
    except OSError as error:
        raise ShopError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ShopError([f"{path}: must be text in UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        number = int(line[1]) if line else text.count("\n") + 1  # otherwise "at end of document"
        raise ShopError([f"{path}:{number}: {error}"]) from None
    except ValidationError as error:
        raise ShopError([f"{path}:{number}: {what}" for number, what in explain(text, error)]) from None
    return Shop(
        name=written.name,
        site=written.site,
        address=written.address,
        email=written.email,
        retention_years=written.retention_years,
        other_systems=tuple(written.other_systems),
        undo=timedelta(hours=written.undo_hours),
        office_hours=OfficeHours({WEEKDAYS.index(day): hours for day, hours in written.office_hours.items()}),
        calendar=written.calendar.calendar,
        policies=written.policy,
    )
