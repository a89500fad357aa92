"""Cases and requests whose customer is to hear from us: for want of proof, or because a promised day was
missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from models.case_entry import Entry
from models.case_states import CaseState
from models.data_request import RequestState
from models.database import as_date, as_instant, as_uuid, fetch
from models.evidence import EvidenceState
from models.promises import Promise


@dataclass(frozen=True, slots=True)
class Unproven:
    """A case without proof, its chat, and when its customer was last reminded."""

    case: UUID
    chat: UUID
    filed_at: datetime
    reminded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """A case, the last promised day that it missed, and when its customer last heard of such."""

    case: UUID
    promised_on: date
    told_at: datetime | None


UNPROVEN = f"""
SELECT id, chat, filed_at, (
    SELECT MAX(case_entry.at) FROM case_entry
    WHERE case_entry.case_id = "case".id AND case_entry.kind = '{Entry.REMINDED}'
) AS reminded_at
FROM "case"
WHERE state = '{CaseState.WAITING}' AND chat IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM evidence WHERE evidence.case_id = "case".id AND evidence.state = '{EvidenceState.WAITING}'
)
ORDER BY id
"""

OVERDUE = f"""
SELECT about, MAX(promised_on) AS promised_on, (
    SELECT MAX(case_entry.at) FROM case_entry
    WHERE case_entry.case_id = deadline.about AND case_entry.kind = '{Entry.OVERDUE}'
) AS told_at
FROM deadline
WHERE met_at IS NULL AND due_on < ? AND promised_on < ?
  AND promise IN ('{Promise.RESOLVE}', '{Promise.NEGOTIATE}')
GROUP BY about
ORDER BY about
"""
"""Of what the customer was promised; the other clocks are the shop's own."""


OVERDUE_REQUESTS = f"""
SELECT about, MAX(promised_on) AS promised_on
FROM deadline JOIN data_request ON data_request.id = deadline.about
WHERE met_at IS NULL AND due_on < ? AND promised_on < ? AND promise <> '{Promise.ANSWER}'
  AND data_request.state = '{RequestState.OPEN}' AND data_request.apologised_at IS NULL
GROUP BY about
ORDER BY about
"""
"""Of when it will be done; whom nobody could tell that it was received is told by staff."""


async def unproven() -> list[Unproven]:
    """Cases that wait for proof and can be reached in a chat. Files that are on their way count."""
    return [
        Unproven(
            as_uuid(row["id"]),
            as_uuid(row["chat"]),
            as_instant(row["filed_at"]),
            row["reminded_at"] and as_instant(row["reminded_at"]),
        )
        for row in await fetch(UNPROVEN)
    ]


async def overdue(today: date) -> list[Overdue]:
    """Cases with a promised day before today that is not kept yet."""
    return [
        Overdue(
            as_uuid(row["about"]),
            as_date(row["promised_on"]),
            row["told_at"] and as_instant(row["told_at"]),
        )
        for row in await fetch(OVERDUE, today, today)
    ]


async def overdue_requests(today: date) -> list[tuple[UUID, date]]:
    """Requests that should have been done on a promised day before today, and that day, whose customers have
    not heard of it."""
    rows = await fetch(OVERDUE_REQUESTS, today, today)
    return [(as_uuid(row["about"]), as_date(row["promised_on"])) for row in rows]
