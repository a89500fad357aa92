"""What somebody typed into a form of the room, cleaned and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from unicodedata import normalize

from chatbot.amounts import amount
from chatbot.clock import ZONE
from chatbot.contacts import kind_of
from chatbot.messages import Kind

E = TypeVar("E", bound=StrEnum)

LONGEST = 3000
"""Characters of a question, a note or a reason: it must fit into messages of every channel."""
EARLIEST = timedelta(days=366)
"""How long ago something may have been received or discovered."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Refusal(Exception):
    """Why something is not done: the id of a text below ``desk.wrong``. What was begun is rolled back."""

    def __init__(self, key: str, status: int = 422) -> None:
        super().__init__(key)
        self.key = key
        self.status = status


def lost(key: str = "late") -> Refusal:
    """Somebody else was faster, or the case has moved on."""
    return Refusal(key, 409)


def words_in(form: Mapping[str, str], name: str, *, needed: bool = True, longest: int = LONGEST) -> str:
    """Words of a form. Raises Refusal where they are missing or too long."""
    words = _CONTROL.sub("", normalize("NFC", form.get(name, "").replace("\r\n", "\n"))).strip()
    if needed and not words:
        raise Refusal("words_missing")
    if len(words) > longest:
        raise Refusal("words_long")
    return words


def choice_in(form: Mapping[str, str], name: str, choices: type[E]) -> E:
    """One of several choices. Raises Refusal."""
    try:
        return choices(form.get(name, ""))
    except ValueError:
        raise Refusal("choice_missing") from None


def contact_in(form: Mapping[str, str]) -> tuple[Kind, str] | None:
    """The customer's phone number or e-mail address, where one was given. Raises Refusal."""
    typed = words_in(form, "contact", needed=False, longest=200)
    contact = kind_of(typed)
    if typed and contact is None:
        raise Refusal("contact")
    return contact


def language_in(form: Mapping[str, str], locales: Sequence[str]) -> str:
    """In which the customer is written to: the first unless another was chosen. Raises Refusal."""
    chosen = form.get("language") or locales[0]
    if chosen not in locales:
        raise Refusal("choice_missing")
    return chosen


def instant_in(form: Mapping[str, str], name: str, now: datetime) -> datetime:
    """A local time of the last year. Raises Refusal, called as the field is, where it is none, in the future,
    or too long ago."""
    try:
        at = datetime.fromisoformat(form.get(name, "")).replace(tzinfo=ZONE)
    except ValueError:
        raise Refusal(name) from None
    if not now - EARLIEST <= at <= now:
        raise Refusal(name)
    return at


def day_in(form: Mapping[str, str], name: str, today: date, within: timedelta) -> date:
    """A day after today, at most so far ahead. Raises Refusal, called as the field is."""
    try:
        day = date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise Refusal(name) from None
    if not today < day <= today + within:
        raise Refusal(name)
    return day


def local_minute(at: datetime) -> str:
    """An instant as such a field of a form takes it."""
    return f"{at.astimezone(ZONE):%Y-%m-%dT%H:%M}"


def amount_in(form: Mapping[str, str], name: str) -> int:
    """An amount in đồng, as customers may write it too. Raises Refusal."""
    dong = amount(form.get(name, ""))
    if dong is None:
        raise Refusal("amount")
    return dong
