"""What a customer said of customer-care messages, purpose by purpose: the proof of it (Law 91/2025/QH15
Art. 9, Decree 356/2025 Art. 6).

A row is only ever added. Who never said yes has not consented: there is no default. Rows stay when their
customer is erased, as the proof; what then tells whose they were is a keyed hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from chatbot.messages import Proven
from models.database import as_uuid, fetch
from models.event import Event, Tag
from models.keys import ring


class Purpose(StrEnum):
    """What messages are sent for. Stored, so never renamed; each is explained below
    ``preferences.purpose``."""

    GUIDES = "guides"
    OFFERS = "offers"
    BIRTHDAY = "birthday"


TEXT_VERSION: Mapping[Purpose, int] = {
    Purpose.GUIDES: 1,
    Purpose.OFFERS: 1,
    Purpose.BIRTHDAY: 1,
}
"""The version of the words by which each purpose is explained. A test holds the fingerprint of every
version: whoever changes the words gives them the next number."""


class Consent(Model):
    """A yes or a no to one purpose.

    ``text`` is the language and the version of the words that were answered, ``how`` the channel.
    ``who_index`` is the blind index of the contact that was proven.
    """

    id = fields.BigIntField(primary_key=True)
    customer = fields.UUIDField(db_index=True)
    who_index = fields.CharField(64, db_index=True)
    purpose = fields.CharEnumField(Purpose, description="", max_length=20)
    given = fields.BooleanField()
    text = fields.CharField(20)
    how = fields.CharField(20)
    chat = fields.UUIDField()
    at = fields.DatetimeField()

    class Meta:
        table = "consent"

    @classmethod
    async def record(
        cls,
        who: Proven,
        purpose: Purpose,
        given: bool,
        *,
        language: str,
        how: str,
        chat: UUID,
        now: datetime,
    ) -> None:
        """Write what somebody whose record stands open has said."""
        await cls.create(
            customer=who.opened,
            who_index=ring().blind_index(who.kind, who.value),
            purpose=purpose,
            given=given,
            text=f"{language}-{TEXT_VERSION[purpose]}",
            how=how,
            chat=chat,
            at=now,
        )
        tag = Tag.CONSENT_GIVEN if given else Tag.CONSENT_WITHDRAWN
        await Event.record(tag, now, chat=chat, customer=who.opened, detail=purpose)

    @classmethod
    async def standing(cls, customer: UUID) -> dict[Purpose, Consent]:
        """The latest word on each purpose of which there is one."""
        return {one.purpose: one for one in await cls.filter(customer=customer).order_by("id")}

    @classmethod
    async def said_by(cls, customers: Sequence[UUID]) -> set[UUID]:
        """Those of these customers who have said anything."""
        found = cls.filter(customer__in=list(customers)).distinct().values_list("customer", flat=True)
        return set(await found) if customers else set()  # type: ignore[arg-type]

    @classmethod
    async def refusals(cls) -> dict[UUID, list[Purpose]]:
        """The purposes to which customers say no at present, by customer."""
        found: dict[UUID, list[Purpose]] = defaultdict(list)
        for row in await fetch(REFUSED):
            found[as_uuid(row["customer"])].append(Purpose(row["purpose"]))
        return found


REFUSED = """
SELECT customer, purpose FROM consent
WHERE NOT given AND id = (
    SELECT MAX(later.id) FROM consent AS later
    WHERE later.customer = consent.customer AND later.purpose = consent.purpose
)
ORDER BY customer, purpose
"""
