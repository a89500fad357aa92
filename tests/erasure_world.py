"""People with all that a desk can hold of them, and an eraser, for the tests of erasing."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from chatbot.conversation import Notice
from chatbot.eraser import Eraser
from chatbot.messages import About, Address, FileRef, Inbound, Kind, Matter, Person, Proven, Reply
from chatbot.notices import Notices
from chatbot.shop import Shop, load_shop
from chatbot.texts import Texts
from chatbot.vault import Vault
from models.case import Case, Category, Statement
from models.case_entry import CaseEntry, Entry
from models.change import Change, ChangeKind
from models.chat import Chat
from models.code import Code
from models.consent import Consent
from models.consent import Purpose as Care
from models.contact_change import ContactChange
from models.contact_claim import ContactClaim, Told
from models.customer import Customer, Profile
from models.data_request import DataRequest, RequestKind
from models.database import fetch, run_tx
from models.delivery import Delivery, Fate
from models.erasure import LAST_WORDS, Erasure, Why
from models.event import Event, Tag
from models.evidence import Evidence, Found
from models.inventory import INVENTORY
from models.keys import SYSTEM, SubjectKey, new_id
from models.legal_hold import Ground, LegalHold
from models.link import PageLink
from models.outgoing import Outgoing, Own
from models.package import ASKS, Package
from models.proof import Method, Proof
from models.record_opening import OpeningAsk, Reason
from models.request_file import RequestFile
from models.roles import Role
from models.tally import Tally
from models.upload import Upload
from models.wish import Wish

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
SHOP = load_shop()
ALONE = replace(SHOP, other_systems=())
"""A shop without other systems."""
TEXTS = Texts.load()
UNKEPT = ("web",)
OUTLETS = {Kind.PHONE: "sms", Kind.EMAIL: "email"}
LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Somebody:
    """Whose ids these are; ``mark`` stands in every word of theirs."""

    mark: str
    phone: str
    customer: UUID
    chat: UUID
    case: UUID | None
    files: tuple[str, ...]

    @property
    def email(self) -> str:
        return f"{self.mark.lower()}@example.com"

    @property
    def address(self) -> Address:
        """Where they write from, while they do so alone."""
        return Address("messenger", self.mark)

    @property
    def words(self) -> list[bytes]:
        """What must not stand anywhere in the clear, at any time."""
        return [word.encode() for word in (self.mark, self.email, self.phone, self.phone[3:])]


async def add_record(mark: str, phone: str) -> Customer:
    """A record in the shop's list."""
    profile = Profile(mark, phone, f"{mark.lower()}@example.com", note=mark, external_id=f"PS-{mark}")
    draft = Customer.make(profile, source="import", consent="yes", last_contact_at=NOW, now=NOW)
    await run_tx(lambda: Customer.add([draft]))
    return draft.record


async def opens(chat: Chat, record: UUID, phone: str, at: datetime) -> Person:
    """Somebody proves a number in a chat, and a record opens."""
    proof, _ = await Proof.add(chat, Kind.PHONE, phone, Method.CODE, at, at)
    await Event.record(Tag.CONTACT_PROVEN, at, chat=chat.id)
    await Proof.open_record(proof.id, record, at)
    await Event.record(Tag.RECORD_OPENED, at, chat=chat.id, customer=record)
    return Person((Proven(proof.id, Kind.PHONE, phone, (record,), record, at),))


async def add_somebody(
    data: Path, mark: str, number: int, *, at: datetime = NOW, channel: str = "messenger", case: bool = True
) -> Somebody:
    """Somebody with a row in every table in which a person can have one, and with files."""
    phone = f"+8490000{number:04}"
    record = await add_record(mark, phone)

    async def write() -> Somebody:
        chat = await Chat.hold(Address(channel, mark), "vi", at)
        await say(chat, mark, at)
        person = await opens(chat, record.id, phone, at)
        await chat.keep("menu", "menu", mark.encode(), at, at + timedelta(hours=1), at)
        await say(chat, mark, at)
        await Code.issue(chat.id, Kind.PHONE, phone, real=True, now=at)
        for kind, value in ((Kind.PHONE, phone), (Kind.EMAIL, f"{mark.lower()}@example.com")):
            to = Address(OUTLETS[kind], value)
            await Outgoing.to_contact(
                await SubjectKey.of(SYSTEM),
                to,
                Reply(mark),
                at,
                purpose="notice",  # type: ignore[arg-type]
            )
        late = Inbound(chat.address, f"late-{number}", at, text=mark)
        await Delivery.register(late, at)
        await Delivery.keep(late, Fate.LATE, chat)
        wish = await Wish.add(chat.id, at)
        await Wish.append(wish.id, chat, mark, [], at)
        claim = Told(Kind.PHONE, "+84900009999", Kind.PHONE, phone, name=mark)
        await ContactClaim.ask(chat, claim, at)
        await PageLink.make(chat.id, record.id, (Kind.PHONE, phone), at)
        held = await Customer.hold(record.id)
        assert held
        await ContactChange.make(held, held.opened(), None, chat.id, at)
        await OpeningAsk.create(
            id=new_id(), customer=record.id, case=new_id(), reason=Reason.REACH, asked_at=at
        )
        staff = {"member": new_id(), "now": at}
        hold = await LegalHold.put(
            record,
            Ground.DISPUTE,
            mark,
            review_on=at.date(),
            role=Role.DIRECTOR,
            **staff,  # type: ignore[arg-type]
        )
        assert hold
        await hold.lift(mark, **staff)  # type: ignore[arg-type]
        who = person.contacts[0]
        await Consent.record(who, Care.OFFERS, False, language="vi", how="web", chat=chat.id, now=at)
        more = {"chat": chat.id, "person": person, "arrived": at, "calendar": SHOP.calendar}
        export = await DataRequest.open(RequestKind.EXPORT, **more)  # type: ignore[arg-type]
        correct = await DataRequest.open(RequestKind.CORRECT, asked=mark, **more)  # type: ignore[arg-type]
        await Change.enter(correct, ChangeKind.CORRECTED, ("email",), at)
        await Package.ask(chat.id, record.id, (Kind.PHONE, phone), export.id, at, at)
        await Tally.charge(ASKS, str(record.id), at)
        files = [await _upload(data, chat, mark, at)]
        letter = new_id()
        found = Found("application/pdf", 10, "0" * 64)
        await RequestFile.received(correct, await SubjectKey.of(record.id), letter, mark, found, at)
        files.append(await _file(data, "request_files", await SubjectKey.of(record.id), letter, mark))
        package = await Package.get(customer=record.id)
        files.append(await _file(data, "packages", await SubjectKey.of(record.id), package.id, mark))
        filed = await add_case(data, chat, person, mark, at) if case else None
        return Somebody(mark, phone, record.id, chat.id, filed.id if filed else None, tuple(files))

    return await run_tx(write)


async def say(chat: Chat, mark: str, at: datetime) -> None:
    """A message from somebody in a chat, and the answer to it."""
    await Outgoing.to_chat(chat, [Reply(mark)], at, own=Own(mark, (), f"d-{mark}"))


async def add_case(data: Path, chat: Chat, person: Person, mark: str, at: datetime) -> Case:
    """A complaint that is open, with a file, and a letter that is about it."""
    case = await Case.file(
        Statement(mark),
        category=Category.REQUEST_NOT_DONE,
        chat=chat.id,
        person=person,
        priority=False,
        negotiate=False,
        arrived=at,
        calendar=SHOP.calendar,
    )
    await Event.record(Tag.CASE_FILED, at, chat=chat.id, case=case.id)
    await CaseEntry.add(case, Entry.CUSTOMER_WROTE, at, words=mark)
    file = FileRef(str(new_id()), mark, "image/jpeg", 10)
    await Evidence.received(case, UUID(file.handle), file, Found("image/jpeg", 10, "0" * 64), at, at)
    await _file(data, "evidence", case.key, UUID(file.handle), mark)
    letter = [Reply(f"letter to {mark}")]
    await Outgoing.to_chat(chat, letter, at, about=About(case.id, Matter.DECISION))
    return case


async def _upload(data: Path, chat: Chat, mark: str, at: datetime) -> str:
    identity = new_id()
    await Upload.create(
        id=identity,
        chat_id=chat.id,
        name=chat.key.seal(mark.encode(), f"upload.name:{identity}"),
        mime="image/jpeg",
        size=10,
        sha256="0" * 64,
        spooled_at=at,
    )
    return await _file(data, "spool", chat.key, identity, mark)


async def _file(data: Path, folder: str, key: SubjectKey, identity: UUID, mark: str) -> str:
    vault = Vault(data / folder, folder)

    async def plain() -> AsyncIterator[bytes]:
        yield mark.encode()

    await vault.publish(await vault.write(key.opened(), identity, plain(), LARGEST))
    return f"{folder}/{identity}.sealed"


async def freeze(
    somebody: Somebody, *, why: Why = Why.ASKED, at: datetime = NOW, due_at: datetime | None = None
) -> Erasure:
    """Their erasure is asked for, or due by the clock; as a rule for so long that nothing is waited for."""
    due_at = due_at or at - LAST_WORDS

    async def work() -> Erasure:
        customer = await Customer.hold(somebody.customer)
        assert customer
        if why is Why.RETENTION:
            return await Erasure.begin(customer, why, due_at=due_at, now=at)
        request = await DataRequest.file(
            RequestKind.ERASE,
            customer=customer.id,
            who_index=None,
            arrived=at,
            calendar=SHOP.calendar,
            asked=None,
            chat=somebody.chat,
        )
        return await Erasure.begin(
            customer, why, due_at=due_at, now=at, request=request.id, chat=somebody.chat
        )

    return await run_tx(work)


@dataclass
class Erasing:
    """An eraser over a folder. ``now`` is the desk's time and the real one."""

    data: Path
    shop: Shop = field(default=ALONE)
    now: datetime = NOW

    def eraser(self) -> Eraser:
        """A new eraser: what a restart leaves."""
        return Eraser(self.data, self.shop, self._tell, OUTLETS, UNKEPT, "https://desk.example.vn")

    async def run(self) -> int:
        """Run its sweeps until nothing is due; how much there was to do."""
        eraser, done = self.eraser(), 0
        while once := sum(
            [await sweep(self.now, self.now) for sweep in (eraser.begin, eraser.remove, eraser.finish)]
        ):
            done += once
        return done

    async def _tell(self, notice: Notice, now: datetime, wall: datetime) -> None:
        key = await SubjectKey.of(SYSTEM)
        await Notices(TEXTS, OUTLETS).write(notice, key=key, language="vi", now=now, wall=wall)


async def sent(subject: UUID) -> None:
    """What waits for a subject goes out."""
    waiting = Outgoing.filter(subject=subject, state="queued")
    await waiting.update(state="sent", settled_at=NOW)


async def said_in(chat: Chat) -> list[str]:
    """What stands in a chat."""
    history = await Outgoing.history(chat, 0, 1000)
    shown = [one.opened_own(chat.key) if one.state == "own" else one.opened(chat.key) for one in history]
    return [one.text for one in shown if one]


OUTLIVING = {
    ("event", "customer"),
    ("event", "chat"),
    ("erased", "id"),
    ("removal", "erasure"),
    ("change", "subject"),
    ("consent", "customer"),
    ("consent", "chat"),
    ("data_request", "customer"),
    ("data_request", "chat"),
}
"""Where the id of somebody who was erased still stands: it names nothing any more."""


async def rows() -> dict[str, list[dict[str, object]]]:
    """Everything in the database."""
    return {table: await fetch(f'SELECT * FROM "{table}"') for table in INVENTORY}


async def tables_naming(somebody: Somebody) -> set[tuple[str, str]]:
    """The tables and columns in which an id of theirs stands, and not only outlives them."""
    ids = {str(somebody.customer), str(somebody.chat)}
    found = {
        (table, column)
        for table, held in (await rows()).items()
        for row in held
        for column, value in row.items()
        if str(value) in ids
    }
    return found - OUTLIVING


async def sealed_of(somebody: Somebody) -> list[bytes]:
    """The wrapped keys, and all that is sealed under them: none of these bytes may be left."""
    found = [bytes(key.wrapped) for key in await SubjectKey.filter(id__in=[somebody.customer, somebody.chat])]
    for table, holding in INVENTORY.items():
        for column in (*holding.subjects, *([holding.outlived] if holding.outlived else [])):
            for owner in (somebody.customer, somebody.chat):
                wanted = ", ".join(f'"{name}"' for name in holding.sealed)
                if wanted:
                    held = await fetch(f'SELECT {wanted} FROM "{table}" WHERE "{column}" = ?', str(owner))
                    found += [bytes(value) for row in held for value in row.values() if value]
    return found


def raw(url: str, data: Path) -> bytes:
    """Every byte of the database file, and of the files of DATA_DIR with their names."""
    path = Path(url.removeprefix("sqlite://"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    files = [one for one in sorted(data.rglob("*")) if one.is_file()]
    kept = [path.read_bytes(), *(one.read_bytes() + one.name.encode() for one in files)]
    return b"".join(kept)


async def marks_left(somebody: Somebody) -> list[str]:
    """What can still be read of somebody in chats."""
    chats = await Chat.all().select_related("key")
    return [text for chat in chats for text in await said_in(chat) if somebody.mark in text]
