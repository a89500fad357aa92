"""Message ids -> words. Vietnamese is the source; every other language says the same.

The catalogues are gettext files, ``locales/<locale>/<domain>.po``, read as they are when the program
starts. A message id is stable: ``domain.rest.of.key``. Words carry named placeholders, ``{due}``, and how
a language writes dates and money stands in its ``format.po``; so a new language is a folder, not code.
"""

from __future__ import annotations

import importlib.resources
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Literal, NamedTuple
from unicodedata import normalize

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from chatbot.clock import ZONE
from chatbot.values import WEEKDAYS, FileSize, Money, OfficeHours, WithWeekday

SOURCE = "vi"
_Unit = Literal["year", "day", "hour", "minute", "second"]
_UNITS: tuple[tuple[_Unit, timedelta], ...] = (
    ("year", timedelta(days=365)),
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)
_ID_LINE = re.compile(r'^msgid "(.+)"$', re.MULTILINE)


class CatalogueError(ValueError):
    """The catalogues cannot be used: one line per problem in ``problems``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Message(NamedTuple):
    words: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Texts:
    """All words of all languages, by locale and message id."""

    catalogues: Mapping[str, Mapping[str, _Message]]

    @staticmethod
    @cache
    def load(directory: Path | None = None) -> Texts:
        """Read the catalogues, by default the program's own; once in a process.

        Raises CatalogueError when a file is no PO file, or a message is defined twice, not translated,
        or has other placeholders than the Vietnamese one.
        """
        root = directory or Path(str(importlib.resources.files("locales")))
        problems: list[str] = []
        found = {
            folder.name: _read_locale(folder, problems)
            for folder in sorted(root.iterdir(), key=lambda folder: (folder.name != SOURCE, folder.name))
            if any(folder.glob("*.po"))
        }
        source = found.setdefault(SOURCE, {})
        if not any(root.glob(f"{SOURCE}/*.po")):
            problems.append(f"{root}: there is no {SOURCE}/*.po, the source of all texts")
        for locale, messages in found.items():
            problems += [f"{locale}: {key} is not translated" for key in source.keys() - messages.keys()]
            problems += [f"{locale}: {key} is not in {SOURCE}" for key in messages.keys() - source.keys()]
            for key in source.keys() & messages.keys():
                if set(source[key].names) != set(messages[key].names):
                    problems.append(f"{locale}: {key} has other placeholders than {SOURCE}")
        if problems:
            raise CatalogueError(sorted(problems))
        for locale in found:
            # Babel reads what it knows of a language when that is first asked for: not in a transaction.
            format_decimal(0, locale=_language(locale))
        return Texts(found)

    @property
    def locales(self) -> tuple[str, ...]:
        """The languages there are, Vietnamese first."""
        return tuple(self.catalogues)

    def has(self, key: str) -> bool:
        """Whether there is a message with this id."""
        return key in self.catalogues[SOURCE]

    def domain(self, locale: str, name: str) -> dict[str, str]:
        """All messages of one domain, whole id -> words with their placeholders still in them."""
        messages = self.catalogues.get(locale, self.catalogues[SOURCE])
        return {key: message.words for key, message in messages.items() if key.startswith(f"{name}.")}

    def get(self, locale: str, key: str, **params: object) -> str:
        """The words for ``key``, in Vietnamese where the locale is unknown.

        Each parameter is written the way its type is written in that language: ``date``, ``WithWeekday``,
        aware ``datetime`` (as local time in Viet Nam), ``timedelta``, ``int``, ``Money``, ``FileSize``,
        ``OfficeHours``.
        A ``str`` goes in as it is (NFC) and is never interpreted, whatever it holds. Raises KeyError,
        naming only the message and the placeholder, when either is missing.
        """
        if locale not in self.catalogues:
            locale = SOURCE
        words, names = self.catalogues[locale][key]
        try:
            values = {name: params[name] for name in names}
        except KeyError as missing:
            raise KeyError(f"{key}: {{{missing.args[0]}}}") from None
        return words.format_map({name: self._words(locale, value) for name, value in values.items()})

    def _words(self, locale: str, value: object) -> str:
        if isinstance(value, str):
            return normalize("NFC", value)
        language = _language(locale)
        match value:
            case bool():
                raise TypeError("a text cannot carry a bool")
            case int():
                return format_decimal(value, locale=language)
            case Money():
                pattern = self.get(locale, "format.money")
                return format_currency(value.amount, "VND", pattern, locale=language)
            case datetime():
                if value.tzinfo is None:
                    raise ValueError("a text cannot carry a time without its zone")
                return format_datetime(value, self.get(locale, "format.datetime"), ZONE, language)
            case date():
                return format_date(value, self.get(locale, "format.date"), language)
            case WithWeekday():
                weekday = self.get(locale, f"format.weekday.{WEEKDAYS[value.day.weekday()]}")
                return self.get(locale, "format.with_weekday", weekday=weekday, day=value.day)
            case timedelta():
                return _duration(value, language)
            case FileSize(size):
                return _file_size(size, language)
            case OfficeHours():
                return self._office_hours(locale, value)
        raise TypeError(f"a text cannot carry a {type(value).__name__}")

    def _office_hours(self, locale: str, hours: OfficeHours) -> str:
        """Neighbouring days with the same hours are said in one go."""
        runs: list[list[int]] = []
        for day in sorted(hours.days):
            if runs and runs[-1][-1] == day - 1 and hours.days[runs[-1][-1]] == hours.days[day]:
                runs[-1].append(day)
            else:
                runs.append([day])
        parts = []
        for run in runs:
            first, last = (self.get(locale, f"format.weekday.{WEEKDAYS[day]}") for day in (run[0], run[-1]))
            days = first if len(run) == 1 else self.get(locale, "format.day_range", first=first, last=last)
            when = hours.days[run[0]]
            opens, closes = f"{when.opens:%H:%M}", f"{when.closes:%H:%M}"
            parts.append(self.get(locale, "format.open", days=days, opens=opens, closes=closes))
        return "; ".join(parts)


_languages: dict[str, Locale] = {}


def _language(locale: str) -> Locale:
    """Babel's data of a locale; parsing its name anew would cost more than formatting a date."""
    if locale not in _languages:
        _languages[locale] = Locale.parse(locale)
    return _languages[locale]


def _duration(span: timedelta, language: Locale) -> str:
    """In the largest unit that says it exactly; over two minutes, seconds are rounded up to a minute."""
    if span > timedelta(minutes=2):
        span = timedelta(minutes=math.ceil(span / timedelta(minutes=1)))
    unit: _Unit = next((unit for unit, size in _UNITS if span >= size and not span % size), "second")
    return format_timedelta(span, granularity=unit, threshold=math.inf, locale=language)


def _file_size(size: int, language: Locale) -> str:
    """In bytes, whole kB, or MB with one decimal."""
    if size < 1024:
        return format_unit(size, "digital-byte", "short", locale=language)
    if size < 1024 * 1024:
        return format_unit(round(size / 1024), "digital-kilobyte", "short", locale=language)
    return format_unit(round(size / 1024 / 1024, 1), "digital-megabyte", "short", locale=language)


def _read_locale(folder: Path, problems: list[str]) -> dict[str, _Message]:
    messages: dict[str, _Message] = {}
    for file in sorted(folder.glob("*.po")):
        where = f"{folder.name}/{file.name}"
        text = file.read_text(encoding="utf-8")
        try:
            catalogue = read_po(text.splitlines(), locale=folder.name, abort_invalid=True)
        except PoFileError as error:
            problems.append(f"{where}: {error}")
            continue
        for key, times in Counter(_ID_LINE.findall(text)).items():
            if times > 1:
                problems.append(f"{where}: {key} is defined {times} times")
        for message in catalogue:
            if message.id == "":
                continue
            try:
                messages[str(message.id)] = _compile(file.stem, message.id, message.string, message.fuzzy)
            except ValueError as error:
                problems.append(f"{where}: {message.id} {error}")
    return messages


def _compile(domain: str, key: object, words: object, fuzzy: bool) -> _Message:
    """Check one message. A placeholder is a plain name: with ``{a.b}`` or ``{a!r}`` a text could reach
    into a value. Raises ValueError with what is wrong."""
    if not isinstance(key, str) or not isinstance(words, str):
        raise ValueError("has plural forms, which are not used here")
    if not key.startswith(f"{domain}."):
        raise ValueError(f"does not begin with {domain}.")
    if not words or fuzzy:
        raise ValueError("is not translated")
    words = normalize("NFC", words)
    names = []
    for _, name, spec, conversion in Formatter().parse(words):
        if name is not None:
            if not name.isidentifier() or spec or conversion:
                raise ValueError(f"has the placeholder {{{name}}}, which is no plain name")
            names.append(name)
    return _Message(words, tuple(dict.fromkeys(names)))
