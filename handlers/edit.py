"""Sửa dữ liệu: name, address, birthday and note; contacts are handlers/contacts.py's.

choose -> name | address | birthday | note -> review -> (saved)
   |        ^_______________________________|  again
   |---> other -> (to staff)
   '---> contacts
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from chatbot.answers import Choice, Invalid, Listed, Text
from chatbot.birthdays import birthday as date_of
from chatbot.cleaning import one_line, visible
from chatbot.clock import local_date
from chatbot.conversation import Conversation, Done, Go, Needs, Say, Step, Turn
from chatbot.masking import HIDDEN, mask_name
from handlers.corrections import corrected, for_staff, own_record
from models.customer import Profile

LONGEST_NAME, LONGEST_ADDRESS, LONGEST_NOTE = 200, 500, 4000
"""Characters; an import takes no longer names and addresses either."""


@dataclass(frozen=True, slots=True)
class Editing:
    """The record, the field of it that is corrected, and what it shall hold; "" where nothing."""

    record: UUID | None = None
    what: str = ""
    value: str = field(default="", repr=False)


class Nothing(Enum):
    """The field shall be empty."""

    CLEAR = "clear"


class Review(Enum):
    """What to do with what was typed."""

    SAVE = "save"
    AGAIN = "again"


edit = Conversation(
    "edit",
    Editing,
    needs=Needs.CUSTOMER,
    commands=("suadulieu", "edit"),
    intents=("edit_data",),
    expires=timedelta(hours=1),
)


@edit.opening
async def begin(turn: Turn[Editing]) -> Go[Editing] | Done:
    record = await own_record(turn)
    return record if isinstance(record, Done) else Go(choose, Editing(record.id))


async def ways(turn: Turn[Editing]) -> list[str]:
    """What can be corrected, and what only staff can."""
    return ["full_name", "contacts", "address", "birthday", "note", "other", "close"]


@edit.step(Listed(), listed=ways)
async def choose(turn: Turn[Editing], picked: str) -> Go[Editing] | Done:
    match picked:
        case "contacts":
            return Done(then="contacts")
        case "close":
            return Done("closed", offer=("menu",))
    steps: dict[str, Step[Editing, Any]] = {
        "full_name": name,
        "address": address,
        "birthday": birthday,
        "note": note,
        "other": other,
    }
    return Go(steps[picked], replace(turn.draft, what=picked, value=""))


@edit.step(Text(max=LONGEST_NAME))
async def name(turn: Turn[Editing], typed: str) -> Go[Editing] | Done | Invalid:
    words = one_line(typed)
    if not any(map(str.isalpha, words)):
        return Invalid("no_letter")
    if any(map(str.isdigit, words)):
        return Invalid("digits")
    return await _reviewed(turn, words)


@edit.step(Text(max=LONGEST_ADDRESS) | Choice(Nothing))
async def address(turn: Turn[Editing], typed: str | Nothing) -> Go[Editing] | Done | Invalid:
    words = "" if isinstance(typed, Nothing) else one_line(typed)
    if not isinstance(typed, Nothing) and not any(map(str.isalpha, words)):
        return Invalid("no_letter")
    return await _reviewed(turn, words)


@edit.step(Text(max=60) | Choice(Nothing))
async def birthday(turn: Turn[Editing], typed: str | Nothing) -> Go[Editing] | Done | Invalid:
    if isinstance(typed, Nothing):
        return await _reviewed(turn, "")
    today = local_date(turn.now)
    day = date_of(typed, today)
    if day is None:
        return Invalid("no_date")
    if Profile("", birthday=day).is_child(today):
        # From then on nobody would see the record by themselves: a person looks first.
        says = await for_staff(turn, f"{day:%d/%m/%Y}")
        return Done("child", *says, offer=("representative", "menu"))
    return await _reviewed(turn, day.isoformat())


@edit.step(Text(max=LONGEST_NOTE) | Choice(Nothing))
async def note(turn: Turn[Editing], typed: str | Nothing) -> Go[Editing] | Done | Invalid:
    words = "" if isinstance(typed, Nothing) else visible(typed)
    if not isinstance(typed, Nothing) and not words:
        return Invalid("answer.text.empty")
    return await _reviewed(turn, words)


@edit.step(Text(max=2000))
async def other(turn: Turn[Editing], typed: str) -> Go[Editing] | Done:
    """The shop's own number, a column of its list, anything else: staff are asked."""
    record = await own_record(turn, turn.draft.record)
    if isinstance(record, Done):
        return record
    return Done(None, *await for_staff(turn, typed), offer=("profile", "menu"))


async def _reviewed(turn: Turn[Editing], value: str) -> Go[Editing] | Done:
    """Before and after, if there is a difference."""
    record = await own_record(turn, turn.draft.record)
    if isinstance(record, Done):
        return record
    if _typed(turn.draft.what, value) == (getattr(record.opened(), turn.draft.what) or None):
        return Go(choose, Editing(record.id), Say("same"))
    return Go(review, replace(turn.draft, value=value))


async def difference(turn: Turn[Editing]) -> Mapping[str, object]:
    """What stands on file and what will; masked where messages leave our own server."""
    record = await own_record(turn, turn.draft.record)
    what = turn.draft.what
    # Without a proof, which may have idled out meanwhile, nothing is shown.
    old = None if isinstance(record, Done) else getattr(record.opened(), what)
    return {
        "what": Say(f"edit.field.{what}"),
        "before": _shown(turn, what, old),
        "after": _shown(turn, what, _typed(what, turn.draft.value)),
    }


@edit.step(Choice(Review), show=difference)
async def review(turn: Turn[Editing], picked: Review) -> Go[Editing] | Done:
    draft = turn.draft
    if picked is Review.AGAIN:
        return Go(choose, Editing(draft.record))
    record = await own_record(turn, draft.record)
    if isinstance(record, Done):
        return record
    says = await corrected(turn, record, (draft.what,))
    value = _typed(draft.what, draft.value)
    await record.correct(record.opened().with_corrected(**{draft.what: value}), turn.now)
    return Done("saved", *says, offer=("edit", "profile", "menu"))


def _typed(what: str, value: str) -> str | date | None:
    """A drafted value as the record holds it."""
    return (date.fromisoformat(value) if what == "birthday" else value) if value else None


def _shown(turn: Turn[Editing], what: str, value: str | date | None) -> str:
    if value is None:
        return "–"
    turn.keep_private()
    words = f"{value:%d/%m/%Y}" if isinstance(value, date) else value
    return turn.personal(words, mask_name if what == "full_name" else lambda _: HIDDEN * 5)
