"""Two people with all that a desk can hold of them, for the tests of backups."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from chatbot.messages import Address, FileRef, Kind, Person, Proven, Reply
from chatbot.shop import load_shop
from chatbot.vault import Vault
from models.audit import chain
from models.case import Case, Category, Statement
from models.chat import Chat
from models.customer import Customer, Profile
from models.database import run_tx
from models.evidence import Evidence, Found
from models.keys import SYSTEM, SubjectKey, new_id, ring
from models.outgoing import Outgoing
from models.proof import Method, Proof
from models.upload import Upload
from models.wish import Wish

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Somebody:
    """Whose ids these are, and a word that stands in all that is held of them."""

    mark: str
    customer: UUID
    chat: UUID
    case: UUID
    evidence: UUID
    upload: UUID


async def add_somebody(data_dir: Path, mark: str) -> Somebody:
    """Somebody with a record, a chat with messages, a wish and an upload, and a case with a file."""
    evidence, upload = new_id(), new_id()
    phone = f"+8490000{len(mark):04}"

    async def write() -> Somebody:
        profile = Profile(mark, phone, f"{mark}@example.com", note=mark)
        draft = Customer.make(profile, source="import", consent=None, last_contact_at=NOW, now=NOW)
        await Customer.add([draft])
        chat = await Chat.hold(Address("web", mark), "vi", NOW)
        await Outgoing.to_chat(chat, [Reply(mark)], NOW)
        await Proof.create(
            id=new_id(),
            chat_id=chat.id,
            kind=Kind.PHONE,
            value_index=ring().blind_index(Kind.PHONE, phone),
            value=chat.key.seal(mark.encode(), "x"),
            method=Method.CODE,
            proven_at=NOW,
            used_at=NOW,
        )
        wish = await Wish.add(chat.id, NOW)
        await Wish.append(wish.id, chat, mark, [], NOW)
        await Upload.create(
            id=upload,
            chat_id=chat.id,
            name=chat.key.seal(mark.encode(), f"upload.name:{upload}"),
            mime="image/jpeg",
            size=10,
            sha256="0" * 64,
            spooled_at=NOW,
        )
        case = await Case.file(
            Statement(mark),
            category=Category.REQUEST_NOT_DONE,
            chat=chat.id,
            person=Person((Proven(new_id(), Kind.PHONE, phone, (), None),)),
            priority=False,
            negotiate=False,
            arrived=NOW,
            calendar=load_shop().calendar,
        )
        found = Found("image/jpeg", 10, "0" * 64)
        await Evidence.received(
            case, evidence, FileRef(str(evidence), mark, "image/jpeg", 10), found, NOW, NOW
        )
        return Somebody(mark, draft.record.id, chat.id, case.id, evidence, upload)

    somebody = await run_tx(write)
    await _seal(data_dir / "evidence", "evidence", somebody.case, evidence, mark)
    await _seal(data_dir / "spool", "upload", somebody.chat, upload, mark)
    await SubjectKey.of(SYSTEM)
    await run_tx(partial(chain, NOW, 200))
    return somebody


async def _seal(folder: Path, kind: str, subject: UUID, identity: UUID, mark: str) -> None:
    vault = Vault(folder, kind)

    async def plain() -> AsyncIterator[bytes]:
        yield mark.encode()

    key = await SubjectKey.of(subject)
    await vault.publish(await vault.write(key.opened(), identity, plain(), LARGEST))


async def told_of(data_dir: Path, somebody: Somebody) -> list[str]:
    """All places where somebody's word can be read: each row and file that is there and opens."""
    found = []
    customer = await Customer.load(somebody.customer)
    if customer:
        found.append(customer.opened().full_name)
    chat = await Chat.hold_by_id(somebody.chat)
    if chat:
        found.append(chat.address.user)
        for message in await Outgoing.history(chat, 0, 10):
            reply = message.opened(chat.key)
            assert reply
            found.append(reply.text)
        for wish in await Wish.filter(chat_id=chat.id):
            found += wish.opened(chat).texts
        vault = Vault(data_dir / "spool", "upload")
        found.append(b"".join([p async for p in vault.read(chat.key.opened(), somebody.upload)]).decode())
    case = await Case.load(somebody.case)
    if case:
        found.append(case.opened().what)
        found += [one.opened(case.key).name for one in await Evidence.of_case(case.id)]
        vault = Vault(data_dir / "evidence", "evidence")
        found.append(b"".join([p async for p in vault.read(case.key.opened(), somebody.evidence)]).decode())
    return found
