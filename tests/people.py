"""Customers on file, invented, with every field filled in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from models.customer import Customer, Profile
from models.database import run_tx

PHONE, PHONE_E164 = "0900 000 001", "+84900000001"
EMAIL = "thuha.nguyen@example.com"

FULL: dict[str, Any] = {
    "phone": PHONE_E164,
    "email": EMAIL,
    "address": "12 Đường Hoa Sữa, P. Bến Nghé",
    "birthday": date(1990, 5, 14),
    "note": "Thích bóng bay màu tím",
    "external_id": "PS00777",
    "extra": {"Cửa hàng": "Thảo Điền", "Hạng thẻ": "Kim cương"},
}
NAME = "Nguyễn Thị Thu Hà"


async def put_on_file(now: datetime, name: str = NAME, **more: object) -> Customer:
    """Store a record that was imported ten days ago and whose last contact was thirty days ago."""
    draft = Customer.make(
        Profile(name, **{**FULL, **more}),
        source="import",
        consent="yes",
        last_contact_at=now - timedelta(days=30),
        now=now - timedelta(days=10),
    )
    await run_tx(lambda: Customer.add([draft]))
    return draft.record
