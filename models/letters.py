"""What must arrive with a customer, and whether it has.

A letter is a message of the outbox that is about a case, a claim to a new contact, or a request. It is owed
until it has arrived: a messenger, a mail server or a gateway has taken it, or, in a channel that keeps no
history, the customer has had it before their eyes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chatbot.messages import Matter
from models.case import Case
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.database import as_instant, as_uuid, fetch
from models.keys import made_at
from models.outgoing import Arrival, Outgoing, State

OF_REQUESTS = frozenset({Matter.RECEIPT, Matter.REQUEST})
"""What is about a data subject request. Its answer is owed after the request has been closed, too."""

UNDER_WAY = frozenset({State.QUEUED, State.SENDING, State.SENT})
"""Where a letter stands that has arrived or may still do so."""

DELIVERED = f"""
SELECT "case".id, MIN(outgoing.settled_at) AS settled_at
FROM "case" JOIN outgoing ON outgoing.about = "case".id
WHERE "case".state = '{CaseState.DECIDED}' AND outgoing.matter = '{Matter.DECISION}'
  AND outgoing.state = '{State.SENT}' AND outgoing.created_at >= "case".decided_at
GROUP BY "case".id
ORDER BY "case".id
LIMIT ?
"""
"""After an appeal there is an older letter, which answers no more."""

ARRIVED = f"""
SELECT outgoing.id FROM outgoing
LEFT JOIN chat ON chat.id = outgoing.subject
LEFT JOIN "case" ON "case".id = outgoing.about
WHERE outgoing.arrival = 'owed' AND (
    "case".id IS NULL AND outgoing.matter NOT IN ('{Matter.CLAIM}', '{Matter.RECEIPT}', '{Matter.REQUEST}')
    OR "case".ended_at IS NOT NULL
    OR outgoing.state = 'sent' AND (outgoing.outlet NOT IN ({{unkept}}) OR outgoing.id <= chat.seen_seq)
)
LIMIT ?
"""
"""To whom nothing is owed any more, it matters no more. "arrival = 'owed'" stands word for word as in the
index outgoing_owed, which holds nothing else."""

GIVE_UP = """
UPDATE outgoing SET state = 'failed', reason = 'no such outlet', settled_at = ?
WHERE state = 'queued' AND id IN (
    SELECT id FROM outgoing
    WHERE arrival = 'owed' AND state = 'queued' AND outlet NOT IN ({there}) AND created_at < ?
    LIMIT ?
)
RETURNING id
"""

LEFT = """
SELECT outgoing.id, outgoing.about, outgoing.matter, outgoing.state, outgoing.ref, outgoing.created_at,
       outgoing.settled_at, chat.id IS NOT NULL AS to_chat, chat.language
FROM outgoing LEFT JOIN chat ON chat.id = outgoing.subject
WHERE outgoing.arrival = 'owed' AND outgoing.state IN ('failed', 'unknown', 'sent')
ORDER BY outgoing.about, outgoing.id
"""

NOT_ARRIVED = """
SELECT outgoing.matter, outgoing.created_at
FROM outgoing LEFT JOIN chat ON chat.id = outgoing.subject
WHERE outgoing.about = ? AND outgoing.arrival = 'missed' AND outgoing.matter <> 'hint'
  AND NOT (outgoing.state = 'sent' AND outgoing.id <= COALESCE(chat.seen_seq, 0))
ORDER BY outgoing.id
"""
"""A letter that was missed and is read after all is missed no more."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is settled and has not arrived yet, and the case, claim or request that it is about.
    ``sent_at`` is by the desk's clock, None where it was refused or given up; ``language`` is that of its
    chat, None where it went to a contact."""

    id: int
    about: UUID
    matter: Matter
    sent_at: datetime | None
    language: str | None


async def letter_of(case: Case) -> State | None:
    """Where the letter stands that carries the decision; None where there is none."""
    if case.decided_at is None:
        return None
    letters = await Outgoing.filter(
        about=case.id, matter=Matter.DECISION, created_at__gte=case.decided_at
    ).order_by("-id")
    # One that arrived counts, whatever became of the others.
    arrived = next((letter for letter in letters if letter.state is State.SENT), None)
    newest = arrived or (letters[0] if letters else None)
    return newest.state if newest else None


async def is_untold(case: Case) -> bool:
    """Whether there is a decision, and no letter that has arrived with it or may still do so."""
    return case.state is CaseState.DECIDED and await letter_of(case) not in UNDER_WAY


async def deliver_decisions(now: datetime, wall: datetime, limit: int) -> int:
    """Stop the clocks of decided cases whose answer was taken by a channel, as of that moment; how many.

    What counts is a letter that carries the decision, or leads to it: a hint is such a letter only where it
    has a link and goes to a contact whose proof opens the case. In the web chat the decision has been taken
    when it is stored there, for a customer who can open it at any time; whether they do is for the sweep over
    what did not arrive, and no clock waits for it.
    """
    done = 0
    for row in await fetch(DELIVERED, limit):
        # Channels take messages in real time, from which the desk's clock may differ.
        at = as_instant(row["settled_at"]) + (now - wall)
        case = await Case.load(as_uuid(row["id"]))
        if case and await case.deliver(at):
            await CaseEntry.add(case, Entry.ANSWERED, at)
            done += 1
    return done


async def end_arrived(unkept: Iterable[str], limit: int) -> int:
    """Write down that up to ``limit`` letters have arrived; how many. ``unkept`` are the channels that keep
    no history."""
    outlets = list(unkept)
    rows = await fetch(ARRIVED.format(unkept=", ".join("?" * len(outlets))), *outlets, limit)
    ids = [row["id"] for row in rows]
    return await Outgoing.filter(id__in=ids).update(arrival=Arrival.OVER) if ids else 0


async def give_up(outlets: Iterable[str], before: datetime, wall: datetime, limit: int) -> int:
    """Give up to ``limit`` letters up that were queued before an instant for none of these outlets: the desk
    has theirs no more, and nobody else would ever try; how many."""
    there = list(outlets)
    return len(await fetch(GIVE_UP.format(there=", ".join("?" * len(there))), wall, *there, before, limit))


async def left_letters() -> list[Letter]:
    """The letters that were refused, or sent and not seen, by case and in order."""
    return [
        Letter(
            row["id"],
            as_uuid(row["about"]),
            Matter(row["matter"]),
            # The desk's clock may have been moved on since: what passed before the sending is real time.
            as_instant(row["created_at"]) + (as_instant(row["settled_at"]) - made_at(as_uuid(row["ref"])))
            if row["state"] == State.SENT
            else None,
            row["language"] if row["to_chat"] else None,
        )
        for row in await fetch(LEFT)
    ]


async def miss(letters: Sequence[Letter]) -> bool:
    """Write down that letters did not arrive. False where another process has done it for all of them."""
    ids = [letter.id for letter in letters]
    return bool(await Outgoing.filter(id__in=ids, arrival=Arrival.OWED).update(arrival=Arrival.MISSED))


async def not_arrived(case: Case) -> list[tuple[Matter, datetime]]:
    """What a customer was to hear of a case that is open, and has not: what it brings, and of when it is."""
    return [] if case.ended_at is not None else await missed(case.id)


async def missed(about: UUID) -> list[tuple[Matter, datetime]]:
    """What did not arrive of a case or request: what it brings, and of when it is."""
    rows = await fetch(NOT_ARRIVED, str(about))
    return [(Matter(row["matter"]), as_instant(row["created_at"])) for row in rows]


async def end_by_hand(about: UUID) -> int:
    """Staff have told the customer of a case or request themselves what did not arrive; how many letters that
    were."""
    missed = Outgoing.filter(about=about, arrival__in=[Arrival.OWED, Arrival.MISSED])
    return await missed.exclude(state__in=[State.QUEUED, State.SENDING]).update(arrival=Arrival.OVER)
