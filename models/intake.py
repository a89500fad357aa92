"""What an import writes: new records and changed ones, planned first and then written at once.

Reading, comparing and sealing happen in the plan, before a transaction takes the write lock. If the
database has changed in between, writing raises Overtaken, and a new plan is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum

from tortoise.exceptions import IntegrityError

from models.consent import Consent
from models.customer import (
    BEGUN_ANEW,
    ContactPoint,
    Customer,
    Draft,
    Profile,
    external_index,
    seal_profile,
    wording_index,
)
from models.erased import ErasedMark
from models.erasure import Why
from models.event import Event, Tag
from models.keys import ring

SOURCE = "import"

_CONTACTS = ("phone", "email")


class Overtaken(Exception):
    """The records were changed by somebody else since the plan was made."""


class Outcome(StrEnum):
    """What became of an incoming record. Stands in reports, so it is never renamed."""

    TAKEN = "taken"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    """It is of somebody who was erased, or waits for it."""


@dataclass(frozen=True, slots=True)
class Became:
    """The outcome for one incoming record, and the fields that stay as the customer wants them whatever
    the source says (``kept_by_customer``)."""

    outcome: Outcome
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record as a source says it is.

    ``number`` is its id as it is looked up: by its own text, or, where a file carries one id several
    times, with which time it is. ``last_contact_at`` is None where the source does not say.
    """

    profile: Profile
    number: str | None = field(default=None, repr=False)
    consent: str | None = None
    last_contact_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """What a source speaks of at all: fields of a record, and extra columns by their header. Of the
    rest a stored record keeps what it has, and always what the customer has corrected."""

    known: frozenset[str]
    extra: frozenset[str]

    def merged(self, stored: Profile, profile: Profile) -> Profile:
        """The stored profile as the source would have it."""
        taken = self.known - set(stored.corrected)
        own = {f.name: getattr(profile, f.name) for f in fields(Profile) if f.name in taken}
        kept = {header: value for header, value in stored.extra.items() if header not in self.extra}
        return replace(stored, **own, extra={**kept, **profile.extra})

    def kept(self, stored: Profile, profile: Profile) -> tuple[str, ...]:
        """The fields of which the source says something else than the customer, who corrected them."""
        spoken = [name for name in stored.corrected if name in self.known]
        return tuple(name for name in spoken if getattr(stored, name) != getattr(profile, name))


@dataclass(frozen=True, slots=True)
class _Change:
    """New values for a stored record; ``contacts`` where they differ."""

    stored: Customer
    values: dict[str, object]
    contacts: list[ContactPoint] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be written for some incoming records; ``outcomes`` are in their order."""

    outcomes: list[Became]
    _new: list[Draft]
    _changes: list[_Change]
    _gone: _Gone
    _now: datetime

    @classmethod
    async def make(
        cls, incoming: Sequence[Incoming], columns: Columns, now: datetime, *, returned: bool = False
    ) -> Plan:
        """Compare with what is stored, and seal; nothing is written. A record without a last contact
        counts from the import (policy, section 3). ``returned``: somebody has made sure that whoever was
        erased at their own wish, and has been in contact since, is a customer again. Raises SealBroken."""
        by_index = await _numbered(incoming)
        unnumbered = await _unnumbered(incoming)
        said = await Consent.said_by([one.id for one in (*by_index.values(), *unnumbered.values())])
        plan = cls([], [], [], await _Gone.among(incoming, returned), now)
        for record in incoming:
            index = external_index(record.number)
            known = by_index.get(index) if index else unnumbered.get(wording_index(record.profile))
            if known.frozen_at if known else plan._gone.has(record):
                plan.outcomes.append(Became(Outcome.REFUSED))
            elif known is None:
                plan._add(record, index)
            else:
                plan._compare(known, record, columns, spoke=known.id in said)
        return plan

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self._new and not self._changes

    async def write(self) -> None:
        """Write it; inside a transaction, and once. Raises Overtaken."""
        for change in self._changes:
            stored = change.stored
            # Only if it still stands as it did when the plan was made.
            written = await Customer.filter(
                id=stored.id,
                updated_at=stored.updated_at,
                last_contact_at=stored.last_contact_at,
                frozen_at=None,
            ).update(**change.values)
            if not written:
                raise Overtaken
        moved = [change for change in self._changes if change.contacts is not None]
        if moved:
            await ContactPoint.filter(customer_id__in=[change.stored.id for change in moved]).delete()
            await ContactPoint.bulk_create([point for change in moved for point in change.contacts or ()])
        if self._new:
            await self._gone.still()
        try:
            await Customer.add(self._new)
        except IntegrityError:
            raise Overtaken from None
        counts = f"taken={len(self._new)} updated={len(self._changes)}"
        await Event.record(Tag.RECORDS_IMPORTED, self._now, detail=counts)

    def _add(self, record: Incoming, index: str | None) -> None:
        draft = Customer.make(
            record.profile,
            source=SOURCE,
            consent=record.consent,
            last_contact_at=record.last_contact_at or self._now,
            now=self._now,
        )
        draft.record.external_index = index
        self._new.append(draft)
        self.outcomes.append(Became(Outcome.TAKEN))

    def _compare(self, stored: Customer, record: Incoming, columns: Columns, *, spoke: bool) -> None:
        """``spoke``: the customer has said yes or no here, which an import does not overwrite. A record
        whose use is restricted stays as it is, but for its last contact: an order is one all the same."""
        old = new = stored.opened()
        kept = tuple(sorted(columns.known))
        values: dict[str, object] = {}
        if not stored.restricted_at:
            kept = columns.kept(old, record.profile)
            new = columns.merged(old, record.profile)
        if new != old:
            values["profile"] = seal_profile(stored.key, new)
        speaks = "marketing_consent" in columns.known and not stored.restricted_at
        if speaks and record.consent != stored.consent:
            if spoke:
                kept = (*kept, "marketing_consent")
            else:
                values["consent"] = record.consent
        if record.last_contact_at and record.last_contact_at > stored.last_contact_at:
            values |= {"last_contact_at": record.last_contact_at, **BEGUN_ANEW}
        if not values:
            self.outcomes.append(Became(Outcome.UNCHANGED, kept))
            return
        values["updated_at"] = self._now
        moved = any(getattr(new, kind) != getattr(old, kind) for kind in _CONTACTS)
        self._changes.append(_Change(stored, values, ContactPoint.make(stored.key, new) if moved else None))
        self.outcomes.append(Became(Outcome.UPDATED, kept))


@dataclass(frozen=True, slots=True)
class _Gone:
    """Those among incoming records who were erased, or wait for it, by the indexes of ``_indexes``."""

    asked_for: frozenset[str]
    marks: dict[str, ErasedMark]
    frozen: frozenset[str]
    returned: bool
    back: set[str] = field(default_factory=set)
    """The marks of those who are customers again."""

    @classmethod
    async def among(cls, incoming: Sequence[Incoming], returned: bool) -> _Gone:
        indexes = frozenset(index for record in incoming for index in _indexes(record))
        return cls(indexes, await ErasedMark.of(indexes), await _frozen(indexes), returned)

    def has(self, record: Incoming) -> bool:
        """Whether a record is of such a person. Not where they have been in contact since: after the clock
        alone, for that is how customers come (policy, section 3); after a wish of their own only where
        somebody says so."""
        indexes = _indexes(record)
        marks = [self.marks[index] for index in indexes if index in self.marks]
        if self.frozen.intersection(indexes) or not all(self._is_back(record, mark) for mark in marks):
            return True
        self.back.update(mark.value_index for mark in marks)
        return False

    async def still(self) -> None:
        """Forget that those who are back were erased; inside a transaction. Raises Overtaken where somebody
        else has been erased since, or waits for it."""
        if await ErasedMark.of(self.asked_for) != self.marks or await _frozen(self.asked_for) != self.frozen:
            raise Overtaken
        await ErasedMark.filter(value_index__in=list(self.back)).delete()

    def _is_back(self, record: Incoming, mark: ErasedMark) -> bool:
        since = record.last_contact_at is not None and record.last_contact_at > mark.erased_at
        return since and (self.returned or mark.why is Why.RETENTION)


def _indexes(record: Incoming) -> list[str]:
    """By what somebody may be known: the number, or else every word; the contacts."""
    known = external_index(record.number) or wording_index(record.profile)
    return [known, *_contact_indexes(record.profile)]


def _contact_indexes(profile: Profile) -> list[str]:
    return [ring().blind_index(kind, value) for kind in _CONTACTS if (value := getattr(profile, kind))]


async def _frozen(indexes: frozenset[str]) -> frozenset[str]:
    """Those of the indexes that are contacts of records which wait to be erased."""
    waiting = ContactPoint.filter(value_index__in=list(indexes), customer__frozen_at__not_isnull=True)
    return frozenset(await waiting.values_list("value_index", flat=True) if indexes else ())  # type: ignore[arg-type]


async def _numbered(incoming: Sequence[Incoming]) -> dict[str | None, Customer]:
    """The stored records of these ids, by their index."""
    indexes = [index for record in incoming if (index := external_index(record.number))]
    found = await Customer.filter(external_index__in=indexes).select_related("key") if indexes else []
    return {customer.external_index: customer for customer in found}


async def _unnumbered(incoming: Sequence[Incoming]) -> dict[str, Customer]:
    """The stored records without an id that are, or were before the customer corrected them, in every
    word one of those that come without one: such a record is not stored a second time."""
    profiles = [record.profile for record in incoming if not record.number]
    if not profiles:
        return {}
    indexes = [index for profile in profiles for index in _contact_indexes(profile)]
    without = Customer.filter(external_index=None).select_related("key")
    behind = await without.filter(contacts__value_index__in=indexes)
    corrected = await without.filter(wording_index__in=[wording_index(profile) for profile in profiles])
    found = {wording_index(customer.opened()): customer for customer in behind}
    return found | {str(customer.wording_index): customer for customer in corrected}
