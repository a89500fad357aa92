"""What a record holds, line by line, as a customer is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from chatbot.clock import local_date
from chatbot.folding import fold
from chatbot.masking import HIDDEN, mask, mask_email, mask_name, mask_phone, national
from models.customer import Customer
from models.keeping import last_day, period
from models.legal_hold import LegalHold


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is held: the key of its text, its value, and how it is masked."""

    key: str
    value: str = field(repr=False)
    mask: Callable[[str], str]
    name: str | None = None

    def shown(self, personal: Callable[[str, Callable[[str], str]], str]) -> dict[str, object]:
        """The parameters of its text; ``personal`` decides whether the value is masked."""
        named = {"name": self.name} if self.name else {}
        return {"value": personal(self.value, self.mask), **named}


def _all(value: str) -> str:
    return HIDDEN * 5


def held(customer: Customer) -> list[Line]:
    """Everything that a record holds on the customer. Raises SealBroken."""
    profile = customer.opened()
    birthday = profile.birthday.strftime("%d/%m/%Y") if profile.birthday else None
    lines: list[tuple[str, str | None, Callable[[str], str]]] = [
        ("profile.line.full_name", profile.full_name, mask_name),
        ("profile.line.phone", profile.phone and national(profile.phone), mask_phone),
        ("profile.line.email", profile.email, mask_email),
        ("profile.line.address", profile.address, _all),
        ("profile.line.birthday", birthday, _all),
        ("profile.line.note", profile.note, _all),
        ("profile.line.external_id", profile.external_id, _all),
        (_consent(customer.consent), customer.consent, str),
    ]
    named = [Line(key, value, mask) for key, value, mask in lines if value]
    added = [
        Line(f"profile.line.{kind}", national(value), partial(mask, kind)) for kind, value in profile.added
    ]
    extra = [Line("profile.line.extra", value, _all, name) for name, value in profile.extra.items() if value]
    return named + added + extra


def _consent(raw: str | None) -> str:
    """An import writes consent in its own way; the usual ones are said in words."""
    words = fold(raw or "")
    if words in ("true", "yes", "co", "dong y", "1"):
        return "profile.line.consent_yes"
    if words in ("false", "no", "khong", "khong dong y", "0"):
        return "profile.line.consent_no"
    return "profile.line.consent"


def about(customer: Customer, hold: LegalHold | None, *, years: int) -> list[tuple[str, dict[str, object]]]:
    """From where, why, and until when, also where a legal ``hold`` stands on it: the keys of the texts with
    their parameters."""
    until = kept_until(customer.last_contact_at, years)
    return [
        ("profile.source", {"on": customer.imported_at}),
        ("profile.purpose", {}),
        ("profile.until", {"last": customer.last_contact_at, "until": until, "period": period(years)}),
        *([hold.told] if hold else []),
        ("profile.rights", {}),
    ]


def kept_until(last_contact_at: datetime, years: int) -> date:
    """The last day of the retention period of a record (``models/keeping.py``)."""
    return last_day(local_date(last_contact_at), years)
