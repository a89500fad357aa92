"""The sender's side of the outbox: taking messages to send, and writing down what became of them.

A lane (a chat, a phone number, an e-mail address) has one message under way at most, in whatever
process: only its head can be claimed, and the head stays the head until it is settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chatbot.messages import Address
from models.chat import Chat
from models.database import as_instant, dialect, fetch
from models.keys import SubjectKey
from models.outgoing import Outgoing, Purpose, State

_TEXT = 80
"""What the columns ``reason`` and ``outside_id`` hold."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt to send a claimed message came to.

    ``state`` is where the message stands now; with QUEUED, ``not_before`` says when it may be tried
    again. ``tried`` is whether it counts as a failed attempt, ``doubted`` whether nobody knows how the
    attempt ended. ``blocked`` shuts the whole lane; ``moved`` is where its chat goes on.
    """

    row: Outgoing
    state: State
    reason: str | None = None
    outside_id: str | None = None
    not_before: datetime | None = None
    tried: bool = False
    doubted: bool = False
    blocked: bool = False
    moved: Address | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """What opens a subject's messages; where its chat is reached and when its customer last wrote there, if
    it is a chat."""

    key: SubjectKey
    channel: str | None = None
    user_sealed: bytes | None = None
    language: str | None = None
    reachable: bool = True
    heard_at: datetime | None = None

    @property
    def address(self) -> Address | None:
        """Where the chat is reached, as ``Chat.address``. Raises SealBroken."""
        if self.channel is None or self.user_sealed is None:
            return None
        user = self.key.unseal(self.user_sealed, f"chat.user_sealed:{self.key.id}")
        return Address(self.channel, user.decode())


async def claim(outlets: Sequence[str], limit: int, wall: datetime, until: datetime) -> list[Outgoing]:
    """Take up to ``limit`` messages that may go out now, the oldest first, each the head of its lane.

    They are this process's until ``until``. One that another process held past its time (killed between
    sending and writing that down) is taken too, and counts as doubted. One statement, safe to run in
    several processes at once; it needs no transaction around it.
    """
    names = ", ".join("?" * len(outlets))
    # "state IN ('queued', 'sending')" stands word for word as in the indexes outgoing_due and outgoing_lane:
    # otherwise SQLite does not use them, and walks through all that was ever sent.
    rows = await fetch(
        "WITH head AS MATERIALIZED ("
        "SELECT id FROM outgoing AS o WHERE state IN ('queued', 'sending')"
        f" AND outlet IN ({names})"
        " AND (state = 'queued' AND (not_before IS NULL OR not_before <= ?)"
        " OR state = 'sending' AND held_until < ?)"
        " AND NOT EXISTS (SELECT 1 FROM outgoing AS earlier WHERE earlier.state IN ('queued', 'sending')"
        " AND earlier.lane = o.lane AND earlier.id < o.id)"
        f" ORDER BY id LIMIT ? {'FOR UPDATE SKIP LOCKED' if dialect() == 'postgres' else ''})"
        " UPDATE outgoing SET state = 'sending', held_until = ?,"
        " doubts = CASE WHEN state = 'sending' THEN doubts + 1 ELSE doubts END"
        " WHERE id IN (SELECT id FROM head) RETURNING *",
        *outlets,
        wall,
        wall,
        limit,
        until,
    )
    return sorted((Outgoing._init_from_db(**row) for row in rows), key=lambda row: row.id)


async def recipients(rows: Sequence[Outgoing]) -> dict[UUID, Recipient]:
    """What opens messages, by the ids of their subjects; one that was erased is missing.

    One statement of our own: the ORM's costs three times as much, for every message.
    """
    subjects = list({str(row.subject) for row in rows})
    found = await fetch(
        "SELECT k.id, k.ring_key, k.wrapped, c.channel, c.user_sealed, c.language, c.reachable,"
        " c.last_inbound_at"
        " FROM subject_key AS k LEFT JOIN chat AS c ON c.id = k.id"
        f" WHERE k.id IN ({', '.join('?' * len(subjects))})",
        *subjects,
    )
    return {recipient.key.id: recipient for recipient in map(_recipient, found)}


def _recipient(row: dict[str, Any]) -> Recipient:
    key = SubjectKey(id=row["id"], ring_key=row["ring_key"], wrapped=row["wrapped"])
    if row["channel"] is None:
        return Recipient(key)
    return Recipient(
        key,
        row["channel"],
        row["user_sealed"],
        row["language"],
        bool(row["reachable"]),
        as_instant(row["last_inbound_at"]),
    )


async def settle(outcome: Outcome, wall: datetime) -> int:
    """Write down what became of a claimed message; call it in a transaction.

    Returns how many messages came to that: 0 when its time ran out and another process has it now,
    more than one when a shut chat took the rest of its lane along.
    """
    row = outcome.row
    # The chat before its messages: the engine, too, locks the chat first.
    if outcome.moved is not None and not await _move(row.subject, outcome.moved):
        outcome = replace(outcome, state=State.FAILED, reason="moved to a chat of its own", blocked=True)
    if outcome.blocked and row.target is None:
        await Chat.filter(id=row.subject).update(reachable=False)
    state = outcome.state
    over = state is not State.QUEUED
    settled = await fetch(
        "UPDATE outgoing SET state = ?, reason = ?, outside_id = ?, not_before = ?, held_until = NULL,"
        " settled_at = ?, attempts = ?, doubts = ?"
        f"{', payload = NULL, target = NULL' if over and row.purpose is Purpose.CODE else ''}"
        " WHERE id = ? AND state = 'sending' AND held_until = ? RETURNING id",
        state.value,
        outcome.reason and outcome.reason[:_TEXT],
        outcome.outside_id and outcome.outside_id[:_TEXT],
        outcome.not_before,
        wall if over else None,
        row.attempts + outcome.tried,
        row.doubts + outcome.doubted,
        row.id,
        row.held_until,
    )
    if not (settled and outcome.blocked):
        return len(settled)
    rest = await Outgoing.filter(lane=row.lane, state=State.QUEUED).values_list("id", "purpose")
    await Outgoing.filter(id__in=[identity for identity, _ in rest]).update(
        state=State.FAILED, reason=outcome.reason, settled_at=wall
    )
    codes = [identity for identity, purpose in rest if purpose == Purpose.CODE]
    await Outgoing.filter(id__in=codes).update(payload=None, target=None)
    return 1 + len(rest)


async def _move(identity: UUID, to: Address) -> bool:
    """Let a chat go on at another address, unless somebody has written to us from there already."""
    chat = await Chat.hold_by_id(identity)
    if chat is None or await Chat.find(to):
        return False
    await chat.move(to)
    return True
