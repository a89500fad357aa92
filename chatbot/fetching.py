"""Fetches what customers sent as proof: looked into while it comes in, sealed, and only then received.

Nothing waits for the outside inside a transaction. Each file settles once, however many processes try;
the first that is kept starts the clock of its case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from uuid import UUID

import structlog

from chatbot.case_words import due_words
from chatbot.channels import Channel, Gone, Later, TooBig
from chatbot.conversation import Say, Tell, ToChat
from chatbot.crypto import SealBroken
from chatbot.inspection import NotTaken, display_name
from chatbot.logs import describe
from chatbot.messages import About, Matter
from chatbot.shelf import Arrived, EvidenceShelf
from chatbot.values import FileSize
from chatbot.workdays import Calendar
from models.case import Case
from models.case_states import CaseState
from models.chat import Chat
from models.database import run_tx
from models.deadline import Deadline
from models.event import Event, Tag
from models.evidence import MOST_FILES, Evidence, Refusal
from models.promises import Promise

log = structlog.get_logger()

FETCH_SECONDS = 120.0
"""How long fetching one file may take."""
DIGITS = 12
"""Digits of a file's SHA-256 that are told: enough to tell any two files of a case apart."""

_BATCH = MOST_FILES
"""Files fetched at once: an album, whole."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of fetching one file: None where its handle has died."""

    evidence: Evidence
    name: str
    result: Arrived | Refusal | Later | None


class EvidenceFetcher:
    """Fetches due files from the channels they came by, and has the customers told."""

    def __init__(
        self, channels: Mapping[str, Channel], shelf: EvidenceShelf, calendar: Calendar, tell: Tell
    ) -> None:
        self._channels = channels
        self._shelf = shelf
        self._calendar = calendar
        self._tell = tell

    async def run(self, now: datetime, wall: datetime) -> int:
        """Fetch one batch of what is due, a transaction per case; how many files that was."""
        due = await Evidence.due(wall, _BATCH)
        fetched = await asyncio.gather(*(self._fetch(one) for one in due))
        failures: list[Exception] = []
        try:
            for case, files in _by_case(fetched):
                try:
                    await run_tx(partial(self._settle, case, files, now, wall))
                except Exception as error:  # it is due again later; the other cases go on
                    failures.append(error)
        finally:
            for one in fetched:
                if isinstance(one.result, Arrived):
                    one.result.sealed.discard()
        if failures:
            raise failures[0]
        return len(due)

    async def _fetch(self, evidence: Evidence) -> Fetched:
        try:
            file = evidence.opened(evidence.case.key)
        except SealBroken:
            return Fetched(evidence, display_name(""), None)
        fetched = Fetched(evidence, display_name(file.name), Later("no such channel"))
        channel = self._channels.get(evidence.channel)
        if channel is None:
            return fetched
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                taken = await self._shelf.take_in(evidence.case.key, evidence.id, channel.fetch(file))
        except NotTaken as error:
            return replace(fetched, result=error.why)
        except TooBig:
            return replace(fetched, result=Refusal.TOO_LARGE)
        except Gone:
            return replace(fetched, result=None)
        except Exception as error:
            if not isinstance(error, Later | TimeoutError):
                log.error("a file cannot be fetched", channel=channel.name, error=describe(error))
            return replace(fetched, result=Later(type(error).__name__))
        return replace(fetched, name=display_name(file.name, taken.kind), result=taken)

    async def _settle(self, identity: UUID, files: Sequence[Fetched], now: datetime, wall: datetime) -> None:
        """Write down what became of files of one case."""
        case = await Case.load(identity)
        if case is None:
            return
        if case.chat:  # held before the case changes, in the order in which the customer's messages do it
            await Chat.hold_by_id(case.chat)
        settled = [one for one in files if await self._write_down(case, one, now, wall)]
        arrivals = [one.evidence.arrived_at for one in settled if isinstance(one.result, Arrived)]
        began = bool(arrivals) and await self._shelf.begin(case, min(arrivals))
        if settled and case.chat:
            say = await self._words(case, settled, began)
            about = About(case.id, Matter.DATE) if began else None
            await self._tell(ToChat(case.chat, say, about), now, wall)

    async def _write_down(self, case: Case, one: Fetched, now: datetime, wall: datetime) -> bool:
        """Write down what became of a file; False where it is to be tried again, or another process was
        faster."""
        evidence, detail = one.evidence, str(one.evidence.id)
        match one.result:
            case Arrived() as taken:
                tag = Tag.EVIDENCE_KEPT
                done = await evidence.keep(taken.found, now)
                if done:
                    await self._shelf.publish(taken)
            case Refusal() as why:
                tag, detail = Tag.EVIDENCE_REFUSED, f"{why} {detail}"
                done = await evidence.refuse(why, now)
            case Later() if await evidence.later(wall):
                return False
            case _:
                tag = Tag.EVIDENCE_LOST
                done = await evidence.lose(now)
        if done:
            await Event.record(tag, now, case=case.id, chat=case.chat, detail=detail)
        return done

    async def _words(self, case: Case, settled: Sequence[Fetched], began: bool) -> Say:
        lines = [_line(one) for one in settled]
        if refused := any(isinstance(one.result, Refusal) for one in settled):
            lines.append(Say("evidence.what_is_taken"))
        if waiting := await Evidence.waiting(case.id):
            lines.append(Say("evidence.waiting", count=waiting))
        elif refused and not began and case.state is CaseState.WAITING:
            lines.append(Say("evidence.none_valid"))
        deadline = await Deadline.running(case.id, Promise.RESOLVE) if began else None
        if deadline is None:
            return Say("evidence.told", code=case.code, files=tuple(lines))
        due = tuple(due_words(case, deadline, self._calendar))
        return Say("evidence.told_with_date", code=case.code, files=tuple(lines), due=due)


def _line(one: Fetched) -> Say:
    match one.result:
        case Arrived(sealed, _):
            size, digest = FileSize(sealed.size), sealed.sha256[:DIGITS]
            return Say("evidence.kept", name=one.name, size=size, digest=digest)
        case Refusal() as why:
            return Say(f"evidence.refused.{why}", name=one.name)
    return Say("evidence.gone", name=one.name)


def _by_case(fetched: Sequence[Fetched]) -> Iterator[tuple[UUID, list[Fetched]]]:
    """The files of each case together, in the order in which they came."""
    ordered = sorted((one.evidence.case.id, one.evidence.arrived_at, one.evidence.id, one) for one in fetched)
    for case, files in groupby(ordered, key=lambda row: row[0]):
        yield case, [one for *_, one in files]
