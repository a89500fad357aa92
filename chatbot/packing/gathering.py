"""Gathers what the tables hold on one customer, and nothing of anybody else.

What becomes of each table stands in ``inventory.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chatbot.packing import contents as c
from chatbot.packing.cases import complaint, promises, timeline
from chatbot.packing.chats import chats, claims, contacts, messages, wishes
from chatbot.packing.files import Bytes, files
from chatbot.packing.mine import Mine
from chatbot.packing.trail import corrections, events, looks
from chatbot.shop import Shop
from models.customer import Customer
from models.holding import kept_until


@dataclass(frozen=True, slots=True)
class Gathered:
    """The contents, and the files beside them."""

    contents: c.Contents
    files: list[Bytes]


async def gather(customer: Customer, shop: Shop, now: datetime) -> Gathered:
    """Everything that is held on a customer. Raises SealBroken."""
    mine = await Mine.of(customer)
    listed, there = await files(mine)
    asked = mine.asked
    contents = c.Contents(
        made_at=now,
        shop=c.Shop(name=shop.name, address=shop.address, email=shop.email),
        record=_record(mine, shop.retention_years),
        corrections=await corrections(mine),
        contacts=[one async for one in contacts(mine)],
        chats=chats(mine),
        messages=sorted([one async for one in messages(mine)], key=lambda one: one.at),
        wishes=[one async for one in wishes(mine)],
        cases=[complaint(case) for case in mine.cases],
        timeline=[one async for one in timeline(mine)],
        promises=[one async for one in promises(mine)],
        requests=[await asked.request(one) for one in asked.requests],
        changes=[one async for one in asked.changes()],
        consents=await asked.consents(),
        leaves=await asked.leaves(mine.codes),
        claims=[one async for one in claims(mine)],
        files=listed,
        looks=[one async for one in looks(mine)],
        events=[one async for one in events(mine)],
    )
    return Gathered(contents, there)


def _record(mine: Mine, years: int) -> c.Record:
    customer, profile = mine.customer, mine.profile
    return c.Record(
        full_name=profile.full_name,
        phone=profile.phone,
        email=profile.email,
        address=profile.address,
        birthday=profile.birthday,
        note=profile.note,
        external_id=profile.external_id,
        added_contacts=[value for _, value in profile.added],
        extra=dict(profile.extra),
        source=customer.source,
        consent_as_imported=customer.consent,
        restricted_at=customer.restricted_at,
        stricter_since=customer.stricter_since,
        imported_at=customer.imported_at,
        updated_at=customer.updated_at,
        last_contact_at=customer.last_contact_at,
        kept_until=kept_until(customer.last_contact_at, years),
    )
