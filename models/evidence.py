"""Proof: files of a case, from the channel's handle to sealed bytes that were checked.

A file is called received only when its bytes are here; until then it waits, and if its handle has died
the customer is asked to send it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.models import Model

from chatbot.messages import FileRef
from models.case import LATEST_ARRIVAL, Case
from models.keys import SubjectKey, made_at, new_id

MOST_FILES = 10
LARGEST = 20 * 1024 * 1024
"""Bytes."""

BY_STAFF = "staff"
"""In place of a channel: what came by e-mail or post, and was put in by staff."""

HELD = timedelta(minutes=5)
"""How long a file that is being fetched is left alone by others; longer than fetching may take."""
_BACKOFF = timedelta(minutes=1)
_PATIENCE = timedelta(hours=20)
"""How long a file is tried to be fetched: a handle of Telegram's is good for about a day."""


class EvidenceState(StrEnum):
    """What has become of a file. Stored, so never renamed."""

    WAITING = "waiting"
    KEPT = "kept"
    REFUSED = "refused"
    GONE = "gone"
    """Its handle died before it was fetched."""


class Refusal(StrEnum):
    """Why a file is not taken. Stored, so never renamed."""

    TOO_LARGE = "too_large"
    EMPTY = "empty"
    KIND = "kind"
    """Its content is of no kind that is taken."""
    BOMB = "bomb"
    """An image of more pixels than any camera makes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What fetching a file found. ``sha256`` is of the plain bytes."""

    mime: str
    size: int
    sha256: str


_ref = TypeAdapter(FileRef)


class Evidence(Model):
    """One file of a case.

    ``arrived_at`` is when the customer sent it; the one that is sent for a file that died through our
    delay has the arrival of the first. ``channel`` is where it is fetched from, ``next_at`` (real time)
    when that is tried again.
    """

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="evidence", db_index=True
    )
    channel = fields.CharField(20)
    ref = fields.BinaryField()
    state = fields.CharEnumField(EvidenceState, description="", max_length=10)
    refusal = fields.CharEnumField(Refusal, description="", max_length=10, null=True)
    mime = fields.CharField(100, null=True)
    size = fields.BigIntField(null=True)
    sha256 = fields.CharField(64, null=True)
    arrived_at = fields.DatetimeField()
    next_at = fields.DatetimeField(null=True, db_index=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "evidence"

    @classmethod
    async def add(
        cls, case: Case, channel: str, files: Sequence[FileRef], arrived: datetime, wall: datetime
    ) -> int:
        """Take files in, up to MOST_FILES of a case; how many were taken. Where one has died through our
        delay, they count as arrived when that did, if it is at most LATEST_ARRIVAL ago."""
        counted = [EvidenceState.WAITING, EvidenceState.KEPT]
        there = await cls.filter(case_id=case.id, state__in=counted).count()
        taken = files[: max(0, MOST_FILES - there)]
        recent = arrived - LATEST_ARRIVAL
        died = cls.filter(case_id=case.id, state=EvidenceState.GONE, arrived_at__gte=recent)
        first = await died.order_by("arrived_at").first()
        if first:
            arrived = min(arrived, first.arrived_at)
        for file in taken:
            identity = new_id()
            await cls.create(
                id=identity,
                case_id=case.id,
                channel=channel,
                ref=case.key.seal(_ref.dump_json(file), f"evidence.ref:{identity}"),
                state=EvidenceState.WAITING,
                arrived_at=arrived,
                next_at=wall,
            )
        return len(taken)

    @classmethod
    async def received(
        cls, case: Case, identity: UUID, file: FileRef, found: Found, arrived: datetime, now: datetime
    ) -> bool:
        """A file that staff have put in, whose bytes are here, checked and sealed; False where the case
        has MOST_FILES already."""
        counted = [EvidenceState.WAITING, EvidenceState.KEPT]
        if await cls.filter(case_id=case.id, state__in=counted).count() >= MOST_FILES:
            return False
        await cls.create(
            id=identity,
            case_id=case.id,
            channel=BY_STAFF,
            ref=case.key.seal(_ref.dump_json(file), f"evidence.ref:{identity}"),
            state=EvidenceState.KEPT,
            mime=found.mime,
            size=found.size,
            sha256=found.sha256,
            arrived_at=arrived,
            settled_at=now,
        )
        return True

    @classmethod
    async def due(cls, wall: datetime, limit: int) -> list[Evidence]:
        """Files to be fetched now, the oldest first, with their cases and keys. They are not due again
        for HELD, so that one that cannot be dealt with holds up no other."""
        found = await (
            cls.filter(state=EvidenceState.WAITING, next_at__lte=wall)
            .select_related("case__key")
            .order_by("next_at", "id")
            .limit(limit)
        )
        if found:
            await cls.filter(id__in=[one.id for one in found]).update(next_at=wall + HELD)
        return found

    @classmethod
    async def kept(cls, ids: Sequence[UUID]) -> set[UUID]:
        """Those of the ids whose bytes are to be kept."""
        return {one.id for one in await cls.filter(id__in=ids, state=EvidenceState.KEPT).only("id")}

    @classmethod
    async def waiting(cls, case: UUID) -> int:
        """How many files of a case have not been fetched yet."""
        return await cls.filter(case_id=case, state=EvidenceState.WAITING).count()

    @classmethod
    async def of_case(cls, case: UUID) -> list[Evidence]:
        """The files of a case in the order in which they came."""
        return await cls.filter(case_id=case).order_by("arrived_at", "id")

    def opened(self, key: SubjectKey) -> FileRef:
        """The file as the channel named it. Raises SealBroken."""
        return _ref.validate_json(key.unseal(self.ref, f"evidence.ref:{self.id}"))

    async def keep(self, found: Found, now: datetime) -> bool:
        """The bytes are here, checked and sealed; False where that was known already."""
        return await self._settle(
            EvidenceState.KEPT, now, mime=found.mime, size=found.size, sha256=found.sha256
        )

    async def refuse(self, why: Refusal, now: datetime) -> bool:
        """The file is not taken; False where that was known already."""
        return await self._settle(EvidenceState.REFUSED, now, refusal=why)

    async def lose(self, now: datetime) -> bool:
        """The handle has died; False where that was known already."""
        return await self._settle(EvidenceState.GONE, now)

    async def later(self, wall: datetime) -> bool:
        """Try again later; False where it has been tried for too long, and counts as lost."""
        if wall - made_at(self.id) > _PATIENCE:
            return False
        waiting = Evidence.filter(id=self.id, state=EvidenceState.WAITING)
        await waiting.update(next_at=wall + _BACKOFF)
        return True

    async def _settle(self, state: EvidenceState, now: datetime, **more: object) -> bool:
        waiting = Evidence.filter(id=self.id, state=EvidenceState.WAITING)
        return bool(await waiting.update(state=state, next_at=None, settled_at=now, **more))
