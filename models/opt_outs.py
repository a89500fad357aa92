"""Who is to be sent nothing at present, as the shop's mailing tool needs it."""

from __future__ import annotations

from uuid import UUID

from tortoise.expressions import Q

from models.consent import Consent, Purpose
from models.customer import Customer

MOST_AT_ONCE = 500
"""Records loaded together."""


async def opt_outs() -> list[dict[str, str | None]]:
    """By what each is found there, and the purposes to which they say no: all of them for whoever
    restricted the use of their data or waits to be erased. Raises SealBroken."""
    refused = await Consent.refusals()
    barred = Q(restricted_at__not_isnull=True) | Q(frozen_at__not_isnull=True)
    shut = await Customer.filter(barred).only("id")
    purposes: dict[UUID, list[Purpose]] = {**refused, **{one.id: list(Purpose) for one in shut}}
    ids = sorted(purposes)
    rows: list[dict[str, str | None]] = []
    for first in range(0, len(ids), MOST_AT_ONCE):
        batch = Customer.filter(id__in=ids[first : first + MOST_AT_ONCE]).select_related("key").order_by("id")
        for customer in await batch:
            profile = customer.opened()
            rows.append(
                {
                    "external_id": profile.external_id,
                    "phone": profile.phone,
                    "email": profile.email,
                    "purposes": " ".join(purposes[customer.id]),
                }
            )
    return rows
