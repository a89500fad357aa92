"""The register of data subject requests (Law 91/2025/QH15 Art. 4, Decree 356/2025 Art. 5).

    open -> done | refused | withdrawn

A row stays when its customer is erased: what still tells whose it was is a keyed hash; the words, sealed
under the customer's key, go with that key. How conversations use it stands in docs/requests.md.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q

from chatbot.clock import ZONE, local_date
from chatbot.messages import Person, Proven
from chatbot.workdays import Calendar
from models.deadline import Deadline
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey, new_id, ring
from models.letters import end_by_hand
from models.numbering import Numbered, Series
from models.promises import Promise


class RequestKind(StrEnum):
    """What is asked for. Stored, so never renamed."""

    SEE = "see"
    CORRECT = "correct"
    EXPORT = "export"
    ERASE = "erase"
    OBJECT = "object"
    RESTRICT = "restrict"
    WITHDRAW = "withdraw"
    """Withdraw a consent."""


class RequestState(StrEnum):
    """Where a request stands. Stored, so never renamed."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """The customer took it back."""


LIMIT = {
    RequestKind.SEE: Promise.PROVIDE,
    RequestKind.CORRECT: Promise.PROVIDE,
    RequestKind.EXPORT: Promise.PROVIDE,
    RequestKind.ERASE: Promise.ERASE,
    RequestKind.OBJECT: Promise.STOP,
    RequestKind.RESTRICT: Promise.STOP,
    RequestKind.WITHDRAW: Promise.STOP,
}
"""The clock by which each kind must be carried out."""


class WordsGone(LookupError):
    """The customer was erased meanwhile, and no word of their request can be kept any more."""


class DataRequest(Numbered):
    """One request of a customer about their own data.

    ``who_index`` is the blind index of the contact that was proven; of a request that staff entered, of the
    contact that it named, and then ``contact`` is that contact, sealed, and ``language`` the one in which to
    write there. ``asked``, ``reason`` (of an extension) and ``answer`` are words, sealed: under the key of
    the customer, or where no one record is known to be theirs, the system's. ``closed_by`` is a member of
    staff, None where the program itself or the customer closed it.
    """

    series = Series.REQUEST

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharEnumField(RequestKind, description="", max_length=10)
    state = fields.CharEnumField(RequestState, description="", max_length=10)
    chat = fields.UUIDField(null=True)
    customer = fields.UUIDField(null=True, db_index=True)
    who_index = fields.CharField(64, null=True, db_index=True)
    contact = fields.BinaryField(null=True)
    language = fields.CharField(8, null=True)
    asked = fields.BinaryField(null=True)
    reason = fields.BinaryField(null=True)
    answer = fields.BinaryField(null=True)
    filed_at = fields.DatetimeField()
    extended_at = fields.DatetimeField(null=True)
    apologised_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    closed_by = fields.UUIDField(null=True)

    class Meta:
        table = "data_request"
        unique_together = (("year", "number"),)

    @classmethod
    async def open(
        cls,
        kind: RequestKind,
        *,
        chat: UUID,
        person: Person,
        arrived: datetime,
        calendar: Calendar,
        asked: str | None = None,
    ) -> DataRequest:
        """Enter a request of somebody whose record stands open: it has its number, the answer of the
        conversation counts as the reply within 2 working days, and the clock of its kind runs from its
        arrival. Inside a transaction. Raises OutsideCalendar."""
        opener = _opener(person)
        request = await cls.file(
            kind,
            chat=chat,
            customer=opener.opened,
            who_index=ring().blind_index(opener.kind, opener.value),
            arrived=arrived,
            calendar=calendar,
            asked=asked,
        )
        await Deadline.meet(request.id, Promise.ANSWER, arrived)
        await request._recorded(Tag.REQUEST_OPENED, arrived, None)
        return request

    @classmethod
    async def file(
        cls,
        kind: RequestKind,
        *,
        customer: UUID | None,
        who_index: str | None,
        arrived: datetime,
        calendar: Calendar,
        asked: str | None,
        chat: UUID | None = None,
        contact: str | None = None,
        language: str | None = None,
    ) -> DataRequest:
        """A new row with its number, its words sealed, and both clocks running from its arrival. Of a
        customer who was erased a moment ago it is of nobody's record. Inside a transaction. Raises
        OutsideCalendar."""
        key = await SubjectKey.get_or_none(id=customer) if customer else None
        if key is None:
            customer, key = None, await SubjectKey.of(SYSTEM)
        identity = new_id()
        year, number = await cls.next(arrived)
        request = cls(
            id=identity,
            year=year,
            number=number,
            kind=kind,
            state=RequestState.OPEN,
            chat=chat,
            customer=customer,
            who_index=who_index,
            language=language,
            filed_at=arrived,
        )
        request.asked = request.sealed(key, "asked", asked) if asked else None
        request.contact = request.sealed(key, "contact", contact) if contact else None
        await request.save(force_create=True)
        await Deadline.start(identity, Promise.ANSWER, 1, arrived, calendar)
        await Deadline.start(identity, LIMIT[kind], 1, arrived, calendar)
        return request

    @classmethod
    async def unconfirmed(cls, chat: UUID, person: Person, now: datetime) -> DataRequest | None:
        """A request to erase a record, entered by staff or sent by a platform, which the customer, whose
        record stands open, confirms now; the oldest. Its clocks go on."""
        opener = _opener(person)
        mine = Q(customer=opener.opened) | Q(customer=None, contact=None, asked=None, chat=chat)
        found = await cls.filter(mine, kind=RequestKind.ERASE, state=RequestState.OPEN).order_by("id").first()
        if found and found.customer is None:
            found.customer, found.who_index = opener.opened, ring().blind_index(opener.kind, opener.value)
            await found.save(update_fields=["customer", "who_index"])
        if found:
            await Deadline.meet(found.id, Promise.ANSWER, now)
        return found

    @classmethod
    async def hold(cls, identity: UUID) -> DataRequest | None:
        """A request, locked until the transaction ends."""
        return await cls.filter(id=identity).select_for_update().first()

    @classmethod
    async def of_person(cls, person: Person) -> list[DataRequest]:
        """The requests that somebody may see, the newest first: of the record that stands open, and those
        that came with a contact proven here and are of no record, or of one that is erased."""
        indexes = [ring().blind_index(one.kind, one.value) for one in person.contacts]
        mine = Q(who_index__in=indexes)
        if person.record:
            mine |= Q(customer=person.record)
        found = await cls.filter(mine).order_by("-filed_at", "-number")
        return [one for one in found if one.customer in (None, person.record) or await one.key() is None]

    @classmethod
    async def of_nobody(cls, before: datetime, limit: int) -> list[UUID]:
        """Up to ``limit`` requests of nobody's record that were closed before an instant and have words
        left."""
        words = Q(contact__isnull=False) | Q(asked__isnull=False) | Q(reason__isnull=False)
        due = cls.filter(words | Q(answer__isnull=False), customer=None, closed_at__lt=before)
        return list(await due.limit(limit).values_list("id", flat=True))  # type: ignore[arg-type]

    async def limit(self) -> Deadline | None:
        """The clock by which it must be carried out, while it runs."""
        return await Deadline.running(self.id, LIMIT[self.kind])

    async def close(
        self, how: RequestState, now: datetime, *, member: UUID | None = None, words: str | None = None
    ) -> bool:
        """Close it, by the program itself or by a member of staff: every clock stops. False where it is
        closed already. Raises WordsGone, and ValueError for a refusal without words: the reason is owed
        (Decree 330/2026 Art. 44(1))."""
        if how is RequestState.REFUSED and not words:
            raise ValueError("a refusal needs a reason")
        answer = await self._sealed("answer", words) if words else None
        changes = {"state": how, "closed_at": now, "closed_by": member, "answer": answer}
        if not await DataRequest.filter(id=self.id, state=RequestState.OPEN).update(**changes):
            return False
        await Deadline.stop(self.id, now)
        await self.refresh_from_db(fields=list(changes))
        await self._recorded(Tag.REQUEST_CLOSED, now, member, how)
        return True

    async def extend(self, reason: str, member: UUID, now: datetime, calendar: Calendar) -> bool:
        """Take the same number of days once more, once, before the first have run out (Decree 356/2025
        Art. 5); the caller tells the customer the reason. False where that is not possible (any more). Raises
        WordsGone."""
        clock = await self.limit()
        if clock is None or local_date(now) > clock.promised_on:
            return False
        sealed = await self._sealed("reason", reason)
        first = DataRequest.filter(id=self.id, state=RequestState.OPEN, extended_at=None)
        if not await first.update(extended_at=now, reason=sealed):
            return False
        await Deadline.meet(self.id, clock.promise, now)
        begins = datetime.combine(clock.promised_on, time(), ZONE).astimezone(UTC)
        await Deadline.start(self.id, clock.promise, 2, begins, calendar)
        await self.refresh_from_db(fields=["extended_at", "reason"])
        await self._recorded(Tag.REQUEST_EXTENDED, now, member)
        return True

    async def apologise(self, now: datetime) -> bool:
        """Write down that the customer is told that its day was missed; False where that was done, or it is
        closed."""
        first = DataRequest.filter(id=self.id, state=RequestState.OPEN, apologised_at=None)
        if not await first.update(apologised_at=now):
            return False
        await self._recorded(Tag.REQUEST_APOLOGISED, now, None)
        return True

    async def told_by_hand(self, member: UUID, now: datetime) -> None:
        """Staff have told the customer, outside this desk, what had not arrived: that it was received and
        until when, or what became of it."""
        await end_by_hand(self.id)
        await Deadline.meet(self.id, Promise.ANSWER, now)
        await self._recorded(Tag.REQUEST_ANSWERED, now, member)

    def sealed(self, key: SubjectKey, column: str, words: str) -> bytes:
        """Words of the customer or for them, as they are stored in a column."""
        return key.seal(words.encode(), f"data_request.{column}:{self.id}")

    async def _sealed(self, column: str, words: str) -> bytes:
        """The same under the key that they are under now. Should that be destroyed before the row is written,
        nobody can read what was. Raises WordsGone."""
        key = await self.key()
        if key is None:
            raise WordsGone
        return self.sealed(key, column, words)

    async def opened(self, column: str) -> str | None:
        """The words of a column; None where there are none, or none any more: erased with the customer.
        Raises SealBroken."""
        words, key = getattr(self, column), await self.key()
        if words is None or key is None:
            return None
        return key.unseal(words, f"data_request.{column}:{self.id}").decode()

    async def key(self) -> SubjectKey | None:
        """Under which its words are sealed; None where it went with the customer, and no word can be kept."""
        if self.customer is None:
            return await SubjectKey.of(SYSTEM)
        return await SubjectKey.get_or_none(id=self.customer)

    async def _recorded(
        self, tag: Tag, now: datetime, member: UUID | None, detail: str | None = None
    ) -> None:
        await Event.record(
            tag, now, chat=self.chat, customer=self.customer, request=self.id, member=member, detail=detail
        )


def _opener(person: Person) -> Proven:
    """The contact that opened the record of somebody."""
    return next(proven for proven in person.contacts if proven.opened and proven.opened == person.record)
