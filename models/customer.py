"""What the shop holds on a customer: a record, and the contacts by which it is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of
from datetime import date, datetime
from enum import IntEnum
from uuid import UUID

from pydantic import TypeAdapter
from tortoise import fields
from tortoise.models import Model

from chatbot.messages import Kind
from models.database import fetch
from models.keys import SubjectKey, new_id, ring

CHILD_UNTIL = 16
"""Years."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The personal part of a record, sealed as one. ``extra`` holds the columns of an import that
    have no field of their own, under their own headers: they are held, so they are shown. ``added`` are
    contacts that came later, when those of the shop's list could be proven no more or the customer added
    one: no import knows of them. ``corrected`` are the names of the fields that the customer corrected:
    no import overwrites them."""

    full_name: str = field(repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    birthday: date | None = field(default=None, repr=False)
    note: str | None = field(default=None, repr=False)
    external_id: str | None = field(default=None, repr=False)
    extra: dict[str, str] = field(default_factory=dict, repr=False)
    added: tuple[tuple[Kind, str], ...] = field(default=(), repr=False)
    corrected: tuple[str, ...] = ()

    def is_child(self, today: date) -> bool:
        """Whether the record is of a child: under 16 (Law on Children 102/2016/QH13 Art. 1)."""
        if self.birthday is None:
            return False
        had_birthday = (today.month, today.day) >= (self.birthday.month, self.birthday.day)
        return today.year - self.birthday.year - (not had_birthday) < CHILD_UNTIL

    @property
    def contacts(self) -> tuple[tuple[Kind, str], ...]:
        """Every contact that is held."""
        imported = ((Kind.PHONE, self.phone), (Kind.EMAIL, self.email))
        return tuple(dict.fromkeys((*((kind, value) for kind, value in imported if value), *self.added)))

    @property
    def wording(self) -> str:
        """All that a list of customers can say of a record, as one text to compare by."""
        ours = ("added", "corrected")
        return repr([getattr(self, f.name) for f in fields_of(Profile) if f.name not in ours])

    def with_corrected(self, **values: object) -> Profile:
        """With values from the customer in fields of the shop's list."""
        corrected = tuple(sorted({*self.corrected, *values}))
        return replace(self, **values, corrected=corrected)  # type: ignore[arg-type]

    def with_contact(self, old: tuple[Kind, str] | None, new: tuple[Kind, str] | None) -> Profile:
        """With a contact replaced by one of its kind, added (no ``old``) or removed (no ``new``)."""
        if old is None:
            return replace(self, added=(*self.added, *([new] if new else [])))
        added = tuple(one for kept in self.added for one in ([kept] if kept != old else [new]) if one)
        profile = replace(self, added=added)
        if getattr(self, old[0]) == old[1]:
            return profile.with_corrected(**{old[0].value: new[1] if new else None})
        return profile


_profile = TypeAdapter(Profile)


class Stage(IntEnum):
    """How far the end of its retention has come for a record since the last contact. Stored, so never
    renumbered."""

    KEPT = 0
    """Nobody has been told of an end yet."""
    TOLD = 1
    """The first notice is given, or nobody could be reached by one."""
    TOLD_TWICE = 2
    """The second, too: it goes on its day."""
    SHOWN = 3
    """It is among those that a director is asked about."""


BEGUN_ANEW: Mapping[str, object] = {"retention": Stage.KEPT, "erase_on": None}
"""The columns of a record whose year of retention begins anew."""


class Customer(Model):
    """A customer record.

    ``last_contact_at`` begins the year of retention (policy, section 3); without
    one it counts from the import. ``consent`` is what an import said of customer-care messages:
    kept as imported, without proof, and not acted on; what the customer said is in ``Consent``.
    ``restricted_at`` is when they restricted the use of their data: it is kept, and used for their own
    requests alone. ``stricter_since`` is when they asked for stricter handling (policy, section 7).
    ``retention`` is how far the end of that year has come, ``erase_on`` the day on which it is erased unless
    the customer is in contact (``models/retention.py``).
    ``frozen_at`` is since when it waits to be erased (``models/erasure.py``).
    ``wording_index`` is set where a record without a
    number of the shop's was corrected: by it the next import of the same row still finds the record.
    """

    id = fields.UUIDField(primary_key=True)
    key: fields.OneToOneRelation[SubjectKey] = fields.OneToOneField(
        "models.SubjectKey", related_name="customer", db_index=True
    )
    external_index = fields.CharField(64, null=True, unique=True)
    wording_index = fields.CharField(64, null=True, db_index=True)
    profile = fields.BinaryField()
    source = fields.CharField(40)
    consent = fields.CharField(20, null=True)
    last_contact_at = fields.DatetimeField()
    imported_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    restricted_at = fields.DatetimeField(null=True)
    stricter_since = fields.DatetimeField(null=True)
    frozen_at = fields.DatetimeField(null=True)
    retention = fields.IntEnumField(Stage, description="", default=Stage.KEPT)
    erase_on = fields.DateField(null=True)

    class Meta:
        table = "customer"

    contacts: fields.ReverseRelation[ContactPoint]

    @classmethod
    def make(
        cls,
        profile: Profile,
        *,
        source: str,
        consent: str | None,
        last_contact_at: datetime,
        now: datetime,
    ) -> Draft:
        """A new record, sealed and ready to be written; nothing is written yet, so that the costly
        part is done before a transaction takes the write lock."""
        identity = new_id()
        key = SubjectKey.make(identity)
        record = cls(
            id=identity,
            key_id=identity,
            external_index=external_index(profile.external_id),
            profile=seal_profile(key, profile),
            source=source,
            consent=consent,
            last_contact_at=last_contact_at,
            imported_at=now,
            updated_at=now,
        )
        return Draft(key, record, ContactPoint.make(key, profile))

    @classmethod
    async def add(cls, drafts: Sequence[Draft]) -> None:
        """Write new records with their keys and contacts; inside a transaction."""
        await SubjectKey.bulk_create([draft.key for draft in drafts])
        await cls.bulk_create([draft.record for draft in drafts])
        await ContactPoint.bulk_create([point for draft in drafts for point in draft.contacts])

    @classmethod
    async def load(cls, identity: UUID) -> Customer | None:
        """A record with its key; None also where it waits to be erased."""
        return await cls.filter(id=identity, frozen_at=None).select_related("key").first()

    @classmethod
    async def hold(cls, identity: UUID) -> Customer | None:
        """A record with its key, locked until the transaction ends; None also where it waits to be erased."""
        record = await cls.filter(id=identity, frozen_at=None).select_for_update().first()
        if record:
            record.key = await SubjectKey.of(identity)
        return record

    @classmethod
    async def behind(cls, kind: Kind, value: str) -> tuple[UUID, ...]:
        """The ids of all records behind a contact, oldest first."""
        index = ring().blind_index(kind, value)
        return (await ContactPoint.records([index]))[index]

    @classmethod
    async def touched(cls, identity: UUID, now: datetime) -> None:
        """The customer has been in contact: the year of retention begins anew (policy, section 3). Contact
        is what they do - a message in a chat where their record was opened, a proof, an order that an import
        brings - and never what the shop sends."""
        contact = {"last_contact_at": now, **BEGUN_ANEW}
        await cls.filter(id=identity, last_contact_at__lt=now).update(**contact)

    async def add_contact(self, kind: Kind, value: str, now: datetime) -> None:
        """Put one more contact on file, of a record that is held; one that is there stays as it is."""
        profile = self.opened()
        if (kind, value) in profile.contacts:
            return
        profile = replace(profile, added=(*profile.added, (kind, value)))
        self.profile, self.updated_at = seal_profile(self.key, profile), now
        await self.save(update_fields=["profile", "updated_at"])
        await ContactPoint.bulk_create([ContactPoint.of(self.id, kind, value)])

    async def correct(self, profile: Profile, now: datetime) -> None:
        """Store what the customer has corrected, of a record that is held."""
        before = self.opened()
        if self.external_index is None and self.wording_index is None:
            self.wording_index = wording_index(before)
        self.profile, self.updated_at = seal_profile(self.key, profile), now
        await self.save(update_fields=["profile", "updated_at", "wording_index"])
        if profile.contacts != before.contacts:
            await ContactPoint.filter(customer_id=self.id).delete()
            await ContactPoint.bulk_create(ContactPoint.make(self.key, profile))

    def opened(self) -> Profile:
        """The personal part. Raises SealBroken."""
        return _profile.validate_json(self.key.unseal(self.profile, f"customer.profile:{self.id}"))


class ContactPoint(Model):
    """A phone number or e-mail address of a record, found by its blind index.

    The value itself stands in the sealed profile.
    """

    id = fields.UUIDField(primary_key=True)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "models.Customer", related_name="contacts", db_index=True
    )
    kind = fields.CharEnumField(Kind, description="", max_length=10)
    value_index = fields.CharField(64, db_index=True)

    class Meta:
        table = "contact_point"

    @classmethod
    def make(cls, key: SubjectKey, profile: Profile) -> list[ContactPoint]:
        """The contact points of a profile, not yet written."""
        return [cls.of(key.id, kind, value) for kind, value in profile.contacts]

    @classmethod
    def of(cls, customer: UUID, kind: Kind, value: str) -> ContactPoint:
        """The contact point of one contact, not yet written."""
        index = ring().blind_index(kind, value)
        return cls(id=new_id(), customer_id=customer, kind=kind, value_index=index)

    @classmethod
    async def records(cls, indexes: Sequence[str]) -> dict[str, tuple[UUID, ...]]:
        """The ids of all records behind contacts by blind index, each index is there: oldest first, but those
        that wait to be erased last."""
        return {index: (*open_, *frozen) for index, (open_, frozen) in (await cls.apart(indexes)).items()}

    @classmethod
    async def apart(cls, indexes: Sequence[str]) -> dict[str, tuple[tuple[UUID, ...], tuple[UUID, ...]]]:
        """The same, apart: those that may be used, and those that wait to be erased."""
        rows = await fetch(
            "SELECT value_index, customer_id, frozen_at IS NOT NULL AS frozen FROM contact_point"
            " JOIN customer ON customer.id = contact_point.customer_id"
            f" WHERE value_index IN ({', '.join('?' * len(indexes))}) ORDER BY customer_id",
            *indexes,
        )
        found: dict[str, tuple[dict[UUID, None], dict[UUID, None]]] = {index: ({}, {}) for index in indexes}
        for row in rows:
            found[row["value_index"]][bool(row["frozen"])][UUID(str(row["customer_id"]))] = None
        return {index: (tuple(open_), tuple(frozen)) for index, (open_, frozen) in found.items()}


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that is ready to be written."""

    key: SubjectKey
    record: Customer
    contacts: list[ContactPoint]


def seal_profile(key: SubjectKey, profile: Profile) -> bytes:
    """The personal part as it is stored."""
    return key.seal(_profile.dump_json(profile), f"customer.profile:{key.id}")


def external_index(external_id: str | None) -> str | None:
    """The blind index of the shop's own number for a customer."""
    return ring().blind_index("external_id", external_id) if external_id else None


def wording_index(profile: Profile) -> str:
    """The blind index of all that a list of customers can say of a record."""
    return ring().blind_index("wording", profile.wording)
