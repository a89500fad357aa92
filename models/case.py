"""A complaint about the use of personal data, from its filing to its end.

Everything the customer said is sealed under the case's own key: erasing the customer's record leaves an
open case whole, and the case's key goes when the case's own retention ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.expressions import F, Q
from tortoise.models import Model

from chatbot.messages import Person
from chatbot.workdays import Calendar
from models.case_states import MOVES, CaseState, Move
from models.deadline import Deadline
from models.keys import SubjectKey, new_id, ring
from models.numbering import Numbered, Series
from models.promises import Promise

LATEST_ARRIVAL = timedelta(days=7)
"""A channel's own time counts as the arrival where it is at most this old."""


class Category(StrEnum):
    """What a complaint is about. Stored, so never renamed."""

    OTHER_PURPOSE = "other_purpose"
    BEYOND_SCOPE = "beyond_scope"
    LEAKED = "leaked"
    REQUEST_NOT_DONE = "request_not_done"
    OTHER = "other"


class Remedy(StrEnum):
    """What the customer wants. Stored, so never renamed."""

    STOP = "stop"
    ERASE = "erase"
    APOLOGY = "apology"
    COMPENSATION = "compensation"


@dataclass(frozen=True, slots=True)
class Statement:
    """The complaint in the customer's words. ``amount`` is in đồng. ``language`` is in which the customer is
    written to where there is no chat that says so."""

    what: str = field(repr=False)
    when: str = field(default="", repr=False)
    remedy: Remedy = Remedy.STOP
    amount: int | None = None
    second_contact: str | None = field(default=None, repr=False)
    language: str | None = None


class Verdict(StrEnum):
    """How a case was decided. Stored, so never renamed."""

    UPHELD = "upheld"
    PARTLY = "partly"
    NOT_UPHELD = "not_upheld"


class Compensation(StrEnum):
    """Who pays (policy, section 8)."""

    NONE = "none"
    AMOUNT = "amount"
    JOINT = "joint"


@dataclass(frozen=True, slots=True)
class Decision:
    """The shop's answer. ``amount`` is in đồng."""

    verdict: Verdict
    reason: str = field(repr=False)
    measures: str = field(default="", repr=False)
    compensation: Compensation = Compensation.NONE
    amount: int | None = None


_statement = TypeAdapter(Statement)
_decision = TypeAdapter(Decision)


class Case(Numbered):
    """One complaint.

    ``filed_at`` is its arrival. ``round`` is 2 after an appeal. ``chat`` is where its customer is
    reached, ``handler`` the member of staff who has it. ``breach_at`` is when a possible breach of data
    protection was discovered. ``proposal`` is a decision that waits for a second
    person.
    """

    series = Series.CASE
    with_rows = ("key",)

    id = fields.UUIDField(primary_key=True)
    key: fields.OneToOneRelation[SubjectKey] = fields.OneToOneField(
        "models.SubjectKey", related_name="case", db_index=True
    )
    state = fields.CharEnumField(CaseState, description="", max_length=10, db_index=True)
    category = fields.CharEnumField(Category, description="", max_length=20)
    priority = fields.BooleanField(default=False)
    negotiate = fields.BooleanField(default=False)
    breach_at = fields.DatetimeField(null=True)
    round = fields.IntField(default=1)
    chat = fields.UUIDField(null=True, db_index=True)
    handler = fields.UUIDField(null=True, db_index=True)
    first_handler = fields.UUIDField(null=True)
    statement = fields.BinaryField()
    decision = fields.BinaryField(null=True)
    proposal = fields.BinaryField(null=True)
    proposed_by = fields.UUIDField(null=True)
    filed_at = fields.DatetimeField()
    proven_at = fields.DatetimeField(null=True)
    decided_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "case"
        unique_together = (("year", "number"),)

    @classmethod
    async def file(
        cls,
        statement: Statement,
        *,
        category: Category,
        chat: UUID | None,
        person: Person,
        priority: bool,
        negotiate: bool,
        arrived: datetime,
        calendar: Calendar,
    ) -> Case:
        """File a complaint: it has its number, its receipt counts as given, and its clocks run from its
        arrival. For a request that was not carried out our own register is the proof."""
        identity = new_id()
        key = SubjectKey.make(identity)
        await key.save(force_create=True)
        year, number = await cls.next(arrived)
        case = await cls.create(
            id=identity,
            key=key,
            year=year,
            number=number,
            state=CaseState.WAITING,
            category=category,
            priority=priority,
            negotiate=negotiate,
            chat=chat,
            statement=key.seal(_statement.dump_json(statement), f"case.statement:{identity}"),
            filed_at=arrived,
        )
        await case.claim(person)
        await Deadline.start(identity, Promise.ACKNOWLEDGE, 1, arrived, calendar, met_at=arrived)
        if negotiate:
            await Deadline.start(identity, Promise.NEGOTIATE, 1, arrived, calendar)
        if category is Category.REQUEST_NOT_DONE:
            await case.prove(arrived, calendar)
        else:
            await Deadline.start(identity, Promise.EVIDENCE, 1, arrived, calendar)
        return case

    @classmethod
    async def load(cls, identity: UUID) -> Case | None:
        """A case with its key."""
        return await cls.filter(id=identity).select_related("key").first()

    @classmethod
    async def of_person(cls, chat: UUID, person: Person) -> list[Case]:
        """The cases of a chat and of the contacts proven in it, the newest first."""
        indexes = [ring().blind_index(proven.kind, proven.value) for proven in person.contacts]
        claimed = (
            await CaseContact.filter(value_index__in=indexes).values_list("case_id", flat=True)
            if indexes
            else []
        )
        found = await cls.filter(chat=chat).values_list("id", flat=True)
        ids = {*claimed, *found}
        return (
            await cls.filter(id__in=ids).select_related("key").order_by("-filed_at", "-number") if ids else []
        )

    @classmethod
    async def claim_filed(cls, chat: UUID, person: Person) -> list[UUID]:
        """The cases filed in a chat belong to whoever proves who they are there; those new to them."""
        return [case.id for case in await cls.filter(chat=chat) if await case.claim(person)]

    async def claim(self, person: Person) -> bool:
        """The case belongs to whoever can prove one of these contacts; whether that is new of any."""
        indexes = {ring().blind_index(proven.kind, proven.value) for proven in person.contacts}
        known = await CaseContact.filter(case_id=self.id).values_list("value_index", flat=True)
        fresh = [CaseContact(id=new_id(), case_id=self.id, value_index=index) for index in indexes - {*known}]
        await CaseContact.bulk_create(fresh, ignore_conflicts=True)
        return bool(fresh)

    async def move(self, move: Move, *only: Q, **changes: object) -> bool:
        """Make a move, with changes to other columns; False where it is not possible now: somebody else
        was faster. ``only`` are further conditions. One statement."""
        rule = MOVES[move]
        case = Case.filter(*only, id=self.id, state__in=list(rule.source))
        done = await case.update(state=rule.target, **changes)
        if done:
            await self.refresh_from_db(fields=["state", *changes])
        return bool(done)

    async def prove(self, arrived: datetime, calendar: Calendar) -> bool:
        """Proof is there since an instant: the promise of 10 working days runs from then, but never from
        before the complaint, once and for all; later proof changes nothing."""
        both = max(arrived, self.filed_at)
        if not await self.move(Move.PROVE, proven_at=both):
            return False
        await Deadline.meet(self.id, Promise.EVIDENCE, both)
        await Deadline.start(self.id, Promise.RESOLVE, self.round, both, calendar)
        return True

    async def decide(self, decision: Decision, now: datetime) -> bool:
        """Decide; the clock goes on until a channel has taken the answer. Raises ValueError for a
        decision without a reason."""
        if not decision.reason.strip():
            raise ValueError("a decision needs a reason")
        sealed = self.key.seal(_decision.dump_json(decision), f"case.decision:{self.id}")
        return await self.move(Move.DECIDE, decision=sealed, decided_at=now)

    async def deliver(self, now: datetime) -> bool:
        """The decision was taken by a channel: the promise is kept (or was missed) as of now."""
        if not await self.move(Move.DELIVER):
            return False
        for promise in (Promise.RESOLVE, Promise.NEGOTIATE):
            await Deadline.meet(self.id, promise, now)
        return True

    async def accept(self, now: datetime) -> bool:
        """The customer accepts the decision."""
        return await self.move(Move.ACCEPT, ended_at=now)

    async def appeal(self, arrived: datetime, calendar: Calendar) -> bool:
        """The customer appeals, once: a new promise runs, and another member of staff takes it."""
        took = {"handler": None, "first_handler": F("handler")}
        if not await self.move(Move.APPEAL, Q(round=1), round=2, **took):
            return False
        await Deadline.start(self.id, Promise.RESOLVE, 2, arrived, calendar)
        return True

    async def withdraw(self, now: datetime) -> bool:
        """The customer takes the complaint back: nothing is owed any more."""
        if not await self.move(Move.WITHDRAW, ended_at=now):
            return False
        await Deadline.stop(self.id, now)
        return True

    async def reach_by(self, contact: str) -> None:
        """A second way to reach the customer, in place of the one before. Raises SealBroken."""
        told = _statement.dump_json(replace(self.opened(), second_contact=contact))
        self.statement = self.key.seal(told, f"case.statement:{self.id}")
        await self.save(update_fields=["statement"])

    def opened(self) -> Statement:
        """The complaint. Raises SealBroken."""
        return _statement.validate_json(self.key.unseal(self.statement, f"case.statement:{self.id}"))

    def opened_decision(self) -> Decision | None:
        """The decision, if there is one. Raises SealBroken."""
        if self.decision is None:
            return None
        return _decision.validate_json(self.key.unseal(self.decision, f"case.decision:{self.id}"))


class CaseContact(Model):
    """A contact by which a case belongs to somebody."""

    id = fields.UUIDField(primary_key=True)
    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="contacts", db_index=True
    )
    value_index = fields.CharField(64, db_index=True)

    class Meta:
        table = "case_contact"
        unique_together = (("case", "value_index"),)


def arrival(at: datetime, now: datetime) -> datetime:
    """When a message counts as arrived: the channel's own time where plausible (not in the future, at
    most 7 days old), else ours."""
    return at if now - LATEST_ARRIVAL <= at <= now else now
