"""Receipts: what the shop promised, in a code that the customer can have checked later.

A receipt is made from what is stored and never stored itself: the same case and the same promise give the
same code. What certificates are stands in ``chatbot/certificate.py``.
"""

from __future__ import annotations

from chatbot.certificate import Certificate, Certified
from chatbot.clock import local_date
from models.case import Case
from models.data_request import DataRequest
from models.deadline import Deadline
from models.keys import ring
from models.numbering import Series, code_of


def receipt_of(owed: Case | DataRequest, promise: Deadline | None) -> str:
    """The code of a receipt: number, day of arrival and, once a clock runs, the day that was promised."""
    return Certificate(
        Certified.COMPLAINT if isinstance(owed, Case) else Certified.REQUEST,
        (owed.year, owed.number),
        local_date(owed.filed_at),
        promise.promised_on if promise else None,
    ).code(ring())


def number_in(certificate: Certificate) -> str | None:
    """The number that a certificate names, as people read it: ``YC-2026-000045-X``."""
    if certificate.number is None:
        return None
    series = Series.CASE if certificate.kind is Certified.COMPLAINT else Series.REQUEST
    return code_of(series, *certificate.number)
