"""Whether what somebody types is another fact on file, beside a contact that several records share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from chatbot import contacts
from chatbot.birthdays import birthday
from chatbot.clock import local_date
from chatbot.folding import fold
from models.code import WRONG_FACTS, Check
from models.customer import Customer, Profile
from models.tally import Tally


async def fact_fits(
    record: UUID,
    typed: str,
    proven: str,
    *,
    now: datetime,
    wall: datetime,
    outlast: Callable[[Callable[[], Awaitable[object]]], None],
) -> Check:
    """Check a fact against a record: its birthday, the shop's number for the customer, or its other
    contact. Counted before it is compared; five wrong ones a day shut this way for the record."""
    outlast(lambda: Tally.charge(WRONG_FACTS, str(record), wall))
    count = await Tally.charge(WRONG_FACTS, str(record), wall)
    if count > WRONG_FACTS.most:
        return Check.SHUT
    customer = await Customer.load(record)
    if customer is None or not _fits(customer.opened(), typed, proven, now):
        return Check.SHUT if count == WRONG_FACTS.most else Check.WRONG
    await Tally.give_back(WRONG_FACTS, str(record))
    return Check.RIGHT


def _fits(profile: Profile, typed: str, proven: str, now: datetime) -> bool:
    day = birthday(typed, local_date(now))
    if day and day == profile.birthday:
        return True
    number = fold(profile.external_id or "")
    if len(number) >= 4 and any(letter.isdigit() for letter in number) and fold(typed) == number:
        return True  # "-" or "N/A" stands for no number, and opens nothing
    claimed = {contacts.phone(typed), contacts.email(typed)} - {None, proven}
    return bool(claimed & {value for _, value in profile.contacts})
