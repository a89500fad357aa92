"""Sealed files that came from people, such as those of cases: looked into while they come in, and kept only
if they may be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chatbot.crypto import SealBroken
from chatbot.inspection import Inspection, NotTaken
from chatbot.messages import FileRef
from chatbot.signatures import Kind
from chatbot.vault import Oversize, SealedFile, Vault
from chatbot.workdays import Calendar
from models.case import Case
from models.case_entry import CaseEntry, Entry
from models.database import run_tx
from models.event import Event, Tag
from models.evidence import LARGEST, Evidence, Found, Refusal
from models.keys import SubjectKey, new_id


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that is here, was looked into and is sealed, but not yet kept."""

    sealed: SealedFile
    kind: Kind

    @property
    def found(self) -> Found:
        """What is known of it."""
        return Found(self.kind, self.sealed.size, self.sealed.sha256)


class Shelf:
    """A vault for files that came from people."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    async def take_in(self, key: SubjectKey, identity: UUID, chunks: AsyncIterator[bytes]) -> Arrived:
        """Seal a file as it comes in, and look into it. Raises NotTaken and whatever ``chunks`` raises; then
        nothing is left behind."""
        secret, inspection = key.opened(), Inspection()
        try:
            sealed = await self.vault.write(secret, identity, inspection.passed(chunks), LARGEST)
        except Oversize:
            raise NotTaken(Refusal.TOO_LARGE) from None
        try:
            return Arrived(sealed, await asyncio.to_thread(self._look, secret, sealed, inspection))
        except BaseException:
            sealed.discard()
            raise

    async def publish(self, arrived: Arrived) -> None:
        """Keep a file that was taken in. To be done in the transaction that writes it down, so that there is
        no moment in which it is written down and not there."""
        await self.vault.publish(arrived.sealed)

    def _look(self, key: bytes, sealed: SealedFile, inspection: Inspection) -> Kind:
        with self.vault.look_into(key, sealed) as file:
            return inspection.finish(file)


class EvidenceShelf(Shelf):
    """Evidence in a vault, each file under the key of its case."""

    def __init__(self, vault: Vault, calendar: Calendar) -> None:
        super().__init__(vault)
        self._calendar = calendar

    async def begin(self, case: Case, since: datetime) -> bool:
        """Proof is there since an instant: whether that has started the clock of the case."""
        if not await case.prove(since, self._calendar):
            return False
        await CaseEntry.add(case, Entry.PROVEN, since)
        return True

    async def put(
        self,
        case: Case,
        name: str,
        chunks: AsyncIterator[bytes],
        arrived: datetime,
        now: datetime,
        proven: Callable[[], Awaitable[None]],
    ) -> Refusal | None:
        """Keep a file that staff put in, as proof that is there since an instant; why it was not taken.
        ``proven`` is called in the transaction where this starts the clock of the case.

        Raises OverflowError where the case has as many files as it may, and whatever ``chunks`` raises.
        """
        identity = new_id()
        try:
            taken = await self.take_in(case.key, identity, chunks)
        except NotTaken as error:
            return error.why

        async def write_down() -> None:
            file = FileRef(str(identity), name, taken.kind, taken.sealed.size)
            if not await Evidence.received(case, identity, file, taken.found, arrived, now):
                raise OverflowError("the case has as many files as it may")
            await self.publish(taken)
            await Event.record(Tag.EVIDENCE_KEPT, now, case=case.id, detail=str(identity))
            if await self.begin(case, arrived):
                await proven()

        try:
            await run_tx(write_down)
        finally:
            taken.sealed.discard()
        return None

    async def read(self, evidence: Evidence, case: Case) -> AsyncIterator[bytes]:
        """The plain bytes of a file that was kept, in pieces. Raises LookupError where they are gone."""
        try:
            async for piece in self.vault.read(case.key.opened(), evidence.id):
                yield piece
        except (FileNotFoundError, SealBroken):
            raise LookupError("evidence") from None

    async def sweep(self, now: datetime, wall: datetime) -> int:
        """Remove files that belong to no row: a process died before its commit, or the row has gone; how
        many."""
        return await self.vault.remove_orphans(wall, Evidence.kept)
