"""Walks the tables and gathers what they hold on one customer, and nothing of anybody else.

What becomes of each table stands in ``inventory.py``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chatbot.inspection import display_name
from chatbot.messages import Kind
from chatbot.packing import contents as c
from chatbot.packing.asked import Asked
from chatbot.shop import Shop
from chatbot.signatures import Kind as FileKind
from models.belonging import Share, cases_of, shares_of
from models.case import Case
from models.case_entry import CaseEntry
from models.chat import Chat
from models.contact_claim import ContactClaim
from models.customer import Customer, Profile
from models.deadline import Deadline
from models.delivery import Delivery
from models.event import Event, Tag
from models.evidence import Evidence, EvidenceState
from models.holding import kept_until
from models.keys import SubjectKey
from models.outgoing import Outgoing, Purpose, State
from models.proof import Proof
from models.upload import Upload
from models.wish import Wish

_STAFF_ONLY = frozenset(
    {
        Tag.WARNING_SEEN,
        Tag.CASE_TAKEN,
        Tag.CASE_HANDED_OVER,
        Tag.CASE_NOTED,
        Tag.CASE_PROPOSED,
        Tag.CASE_DECLINED,
        Tag.CASE_APPROVED,
        Tag.CASE_APPROVED_ALONE,
        Tag.CASE_BREACH,
        Tag.CASE_TOLD_BY_HAND,
    }
)
"""What staff do among themselves, as in ``models.case_entry.INTERNAL``."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """A file whose bytes go into the package at a path: evidence of a case, or an upload to a chat."""

    path: str
    source: Evidence | Upload
    case: Case | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The contents, and the files beside them."""

    contents: c.Contents
    files: list[Bytes]


async def gather(customer: Customer, shop: Shop, now: datetime) -> Gathered:
    """Everything that is held on a customer. Raises SealBroken."""
    walk = _Walk(customer, customer.opened(), await shares_of(customer.id))
    await walk.load()
    files, there = await walk.files()
    asked = walk.asked
    contents = c.Contents(
        made_at=now,
        shop=c.Shop(name=shop.name, address=shop.address, email=shop.email),
        record=walk.record(shop.retention_years),
        corrections=await walk.corrections(),
        contacts=[one async for one in walk.contacts()],
        chats=walk.opened_in(),
        messages=sorted([one async for one in walk.messages()], key=lambda one: one.at),
        wishes=[one async for one in walk.wishes()],
        cases=[walk.complaint(case) for case in walk.cases],
        timeline=[one async for one in walk.timeline()],
        promises=[one async for one in walk.promises()],
        requests=[await asked.request(one) for one in asked.requests],
        changes=[one async for one in asked.changes()],
        consents=await asked.consents(),
        leaves=await asked.leaves(walk.codes),
        claims=[one async for one in walk.claims()],
        files=files,
        looks=[one async for one in walk.looks()],
        events=[one async for one in walk.events()],
    )
    return Gathered(contents, there)


@dataclass
class _Walk:
    """One walk over the tables. ``chats`` and ``cases`` are those that are the customer's."""

    customer: Customer
    profile: Profile
    shares: Mapping[UUID, Share]
    chats: list[Chat] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)

    async def load(self) -> None:
        self.asked = await Asked.by(self.customer.id)
        ids = sorted(self.shares)
        self.chats = await Chat.filter(id__in=ids).select_related("key").order_by("id") if ids else []
        self.cases = await cases_of(self.customer.id, self.shares)
        self._chat_names: dict[UUID, str] = {
            chat.id: f"chat-{number}" for number, chat in enumerate(self.chats, 1)
        }
        self.codes = {case.id: case.code for case in self.cases}
        self._mine = {value for _, value in self.profile.contacts}
        self._by_id = {chat.id: chat for chat in self.chats}

    def record(self, years: int) -> c.Record:
        customer, profile = self.customer, self.profile
        return c.Record(
            full_name=profile.full_name,
            phone=profile.phone,
            email=profile.email,
            address=profile.address,
            birthday=profile.birthday,
            note=profile.note,
            external_id=profile.external_id,
            added_contacts=[value for _, value in profile.added],
            extra=dict(profile.extra),
            source=customer.source,
            consent_as_imported=customer.consent,
            restricted_at=customer.restricted_at,
            stricter_since=customer.stricter_since,
            imported_at=customer.imported_at,
            updated_at=customer.updated_at,
            last_contact_at=customer.last_contact_at,
            kept_until=kept_until(customer.last_contact_at, years),
        )

    async def corrections(self) -> list[c.Correction]:
        """What the customer corrected, as far as it stands, and when, as the audit trail tells."""
        at: dict[str, datetime] = {}
        tags = [Tag.RECORD_CORRECTED, Tag.CONTACT_UNDONE]
        for event in await Event.filter(customer=self.customer.id, tag__in=tags).order_by("id"):
            if event.tag is Tag.RECORD_CORRECTED and event.detail:
                at[event.detail] = event.at
            else:  # an earlier correction stands again, and nothing says which
                at.pop(Kind.PHONE, None)
                at.pop(Kind.EMAIL, None)
        return [c.Correction(field=name, at=at.get(name)) for name in self.profile.corrected]

    async def contacts(self) -> AsyncIterator[c.Contact]:
        for proof in await Proof.filter(opened=self.customer.id).order_by("id"):
            chat = self._by_id.get(proof.chat_id)  # type: ignore[attr-defined]
            if chat is None:
                continue
            value = chat.key.unseal(proof.value, f"proof.value:{proof.id}").decode()
            if value in self._mine:
                yield c.Contact(
                    chat=self._chat_names[chat.id],
                    kind=proof.kind,
                    value=value,
                    method=proof.method,
                    proven_at=proof.proven_at,
                    ended_at=proof.ended_at,
                )

    def opened_in(self) -> list[c.Chat]:
        return [
            c.Chat(
                chat=self._chat_names[chat.id],
                channel=chat.channel,
                user=chat.address.user if mine else None,
                language=chat.language,
                created_at=chat.created_at,
                last_message_at=chat.last_inbound_at,
                open_question=f"{chat.conversation}.{chat.step}" if chat.step and mine else None,
                draft=(chat.opened_state() or b"").decode() or None if mine else None,
            )
            for chat in self.chats
            # In a shared one somebody else may have begun what is open.
            for mine in [self.shares[chat.id].whole]
        ]

    async def messages(self) -> AsyncIterator[c.Message]:
        subjects = [*self._chat_names, *self.codes]
        kept = Outgoing.filter(subject__in=subjects, payload__isnull=False).exclude(purpose=Purpose.CODE)
        keys = {chat.id: chat.key for chat in self.chats} | {case.id: case.key for case in self.cases}
        for row in await kept.order_by("id") if subjects else []:
            if self._is_mine(row, keys[row.subject]):
                yield self._message(row, keys[row.subject])
        late = Delivery.filter(subject__in=list(self._chat_names), message__isnull=False)
        for delivery in await late.order_by("id") if self.chats else []:
            chat = self._by_id[delivery.subject] if delivery.subject else None
            if chat and self.shares[chat.id].has(delivery.received_at):
                inbound = await delivery.opened()
                yield c.Message(
                    chat=self._chat_names[chat.id],
                    case=None,
                    at=delivery.received_at,
                    direction="in",
                    channel=chat.channel,
                    text=inbound.text or "",
                    files=[display_name(file.name) for file in inbound.files],
                )

    def _is_mine(self, row: Outgoing, key: SubjectKey) -> bool:
        share = self.shares.get(row.subject)
        if share is None:  # a letter in a case
            return True
        target = row.opened_target(key)
        own = target is None or target.user in self._mine
        return own and share.has(row.created_at)

    def _message(self, row: Outgoing, key: SubjectKey) -> c.Message:
        own = row.opened_own(key) if row.state is State.OWN else None
        reply = None if own else row.opened(key)
        return c.Message(
            chat=self._chat_names.get(row.subject),
            case=self.codes.get(row.subject) or (self.codes.get(row.about) if row.about else None),
            at=row.created_at,
            direction="in" if own else "out",
            channel=row.outlet,
            text=own.text if own else reply.text if reply else "",
            files=list(own.files) if own else [],
        )

    async def wishes(self) -> AsyncIterator[c.Wish]:
        for wish in await Wish.filter(chat_id__in=list(self._by_id)).order_by("id") if self.chats else []:
            chat = self._by_id[wish.chat_id]  # type: ignore[attr-defined]
            if self.shares[chat.id].has(wish.wished_at):
                words = wish.opened(chat)
                yield c.Wish(
                    chat=self._chat_names[chat.id],
                    for_whom=wish.for_whom,
                    want=words.want,
                    wished_at=wish.wished_at,
                    answered_at=wish.answered_at,
                    texts=list(words.texts),
                    files=[display_name(file.name) for file in words.files],
                )

    def complaint(self, case: Case) -> c.Complaint:
        statement, decision = case.opened(), case.opened_decision()
        return c.Complaint(
            case=case.code,
            state=case.state,
            category=case.category,
            filed_at=case.filed_at,
            proven_at=case.proven_at,
            decided_at=case.decided_at,
            ended_at=case.ended_at,
            round=case.round,
            priority=case.priority,
            negotiate=case.negotiate,
            what=statement.what,
            when=statement.when,
            remedy=statement.remedy,
            amount=statement.amount,
            second_contact=statement.second_contact,
            verdict=decision.verdict if decision else None,
            reason=decision.reason if decision else None,
            measures=decision.measures or None if decision else None,
            compensation=decision.compensation if decision else None,
            compensation_amount=decision.amount if decision else None,
        )

    async def timeline(self) -> AsyncIterator[c.Step]:
        for case in self.cases:
            for entry in await CaseEntry.timeline(case):
                yield c.Step(case=case.code, at=entry.at, kind=entry.kind, words=entry.opened(case))

    async def promises(self) -> AsyncIterator[c.Promise]:
        for about in (*self.codes, *self.asked.codes):
            for clock in await Deadline.filter(about=about).order_by("started_at", "promise"):
                yield c.Promise(
                    case=self.codes.get(about),
                    request=self.asked.codes.get(about),
                    promise=clock.promise,
                    round=clock.round,
                    started_at=clock.started_at,
                    promised_on=clock.promised_on,
                    kept_at=clock.met_at,
                )

    async def claims(self) -> AsyncIterator[c.Claim]:
        """Those made in chats that are wholly the customer's: elsewhere they may tell of somebody else."""
        whole = [chat.id for chat in self.chats if self.shares[chat.id].whole]
        made = ContactClaim.filter(chat_id__in=whole).select_related("chat__key").order_by("id")
        for claim in await made if whole else []:
            told = claim.opened()
            yield c.Claim(
                chat=self._chat_names[claim.chat.id],
                state=claim.state,
                old_contact=told.old,
                new_contact=told.new,
                full_name=told.name,
                birthday=told.birthday,
                address=told.address,
                external_id=told.number,
                asked_at=claim.asked_at,
                ended_at=claim.ended_at,
                reason=claim.opened_reason() or None,
            )

    async def files(self) -> tuple[list[c.File], list[Bytes]]:
        """The files of cases, then what was uploaded to chats; its bytes where they are in no case."""
        listed: list[c.File] = []
        there: list[Bytes] = []
        for case in self.cases:
            for number, one in enumerate(await Evidence.of_case(case.id), 1):
                kept = FileKind(one.mime) if one.mime and one.state is EvidenceState.KEPT else None
                name = display_name(one.opened(case.key).name, kept)
                file = c.File(
                    case=case.code,
                    chat=None,
                    name=name,
                    state=one.state,
                    mime=one.mime,
                    size=one.size,
                    sha256=one.sha256,
                    arrived_at=one.arrived_at,
                    path=f"files/{case.code}/{number:02}-{name}" if kept else None,
                )
                listed.append(file)
                if file.path:
                    there.append(Bytes(file.path, one, case))
        known = {one.sha256 for one in listed if one.path}
        for number, upload in enumerate(await self._uploads(), 1):
            chat = self._by_id[upload.chat_id]  # type: ignore[attr-defined]
            name = display_name(chat.key.unseal(upload.name, f"upload.name:{upload.id}").decode())
            path = f"files/{self._chat_names[chat.id]}/{number:02}-{name}"
            file = c.File(
                case=None,
                chat=self._chat_names[chat.id],
                name=name,
                state=EvidenceState.KEPT,
                mime=upload.mime,
                size=upload.size,
                sha256=upload.sha256,
                arrived_at=upload.spooled_at,
                path=None if upload.sha256 in known else path,
            )
            listed.append(file)
            if file.path:
                there.append(Bytes(file.path, upload))
        return listed, there

    async def _uploads(self) -> list[Upload]:
        found = await Upload.filter(chat_id__in=list(self._by_id)).order_by("id") if self.chats else []
        return [
            one
            for one in found
            if self.shares[one.chat_id].has(one.spooled_at)  # type: ignore[attr-defined]
        ]

    async def looks(self) -> AsyncIterator[c.Look]:
        shown = Event.filter(tag=Tag.RECORD_SHOWN, customer=self.customer.id)
        for event in await shown.order_by("id"):
            role, _, reason = (event.detail or "").partition(":")
            yield c.Look(
                at=event.at,
                by=role if event.member else "customer",
                reason=reason or None,
                case=self.codes.get(event.case) if event.case else None,
            )

    async def events(self) -> AsyncIterator[c.Happening]:
        found = {event.id: event for event in await Event.filter(customer=self.customer.id)}
        if self.cases:
            found |= {event.id: event for event in await Event.filter(case__in=list(self.codes))}
        if self.chats:
            found |= {event.id: event for event in await Event.filter(chat__in=list(self._by_id))}
        for _, event in sorted(found.items()):
            if self._is_about_me(event):
                yield c.Happening(
                    at=event.at,
                    tag=event.tag,
                    by="staff" if event.member else "self",
                    chat=self._chat_names.get(event.chat) if event.chat else None,
                    case=self.codes.get(event.case) if event.case else None,
                    request=self.asked.codes.get(event.request) if event.request else None,
                )

    def _is_about_me(self, event: Event) -> bool:
        """An event names a record, a case or a chat: whichever is the narrowest decides."""
        if event.tag in _STAFF_ONLY:
            return False
        if event.customer:
            return event.customer == self.customer.id
        if event.case:
            return event.case in self.codes
        return event.chat is not None and self.shares[event.chat].has(event.at)
