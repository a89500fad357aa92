"""Complaints and wishes, as the tests of the staff room make them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chatbot.messages import Address, FileRef, Person
from chatbot.shop import load_shop
from models.case import Case, Category, Remedy, Statement
from models.case_entry import CaseEntry, Entry
from models.chat import Chat
from models.database import run_tx
from models.event import Event, Tag
from models.keys import SYSTEM, SubjectKey
from models.outgoing import Outgoing, State
from models.wish import Wish
from tests.staff import NOW

WORDS = "Số điện thoại của tôi bị <b>dùng</b> để quảng cáo & gọi lúc nửa đêm."
CALENDAR = load_shop().calendar


async def a_chat(user: str = "khach", language: str = "vi", *, channel: str = "messenger") -> Chat:
    """A customer's chat."""
    return await run_tx(lambda: Chat.hold(Address(channel, user), language, NOW))


async def a_case(
    chat: Chat | None = None,
    *,
    proven: bool = True,
    at: datetime = NOW,
    second: str | None = None,
    priority: bool = False,
    words: str = WORDS,
) -> Case:
    """A complaint that was filed in a chat, by default with proof."""

    async def work() -> Case:
        case = await Case.file(
            Statement(words, "tháng trước", Remedy.COMPENSATION, 1_500_000, second),
            category=Category.LEAKED,
            chat=chat.id if chat else None,
            person=Person(),
            priority=priority,
            negotiate=False,
            arrived=at,
            calendar=CALENDAR,
        )
        await CaseEntry.add(case, Entry.FILED, at)
        await Event.record(Tag.CASE_FILED, at, case=case.id)
        if proven:
            await case.prove(at, CALENDAR)
        return case

    return await run_tx(work)


async def a_wish(chat: Chat, *texts: str, files: tuple[FileRef, ...] = ()) -> Wish:
    """Somebody wants a person."""

    async def work() -> Wish:
        wish = await Wish.add(chat.id, NOW)
        for text in texts:
            await Wish.append(wish.id, chat, text, (), NOW)
        await Wish.append(wish.id, chat, None, files, NOW)
        await Event.record(Tag.PERSON_WANTED, NOW, chat=chat.id)
        return wish

    return await run_tx(work)


async def fresh(case: Case) -> Case:
    """The case as it is now."""
    found = await Case.load(case.id)
    assert found
    return found


async def told(chat: Chat) -> list[str]:
    """What is queued for a customer, in words."""
    rows = await Outgoing.history(chat, 0, 100)
    return [reply.text for row in rows if (reply := row.opened(chat.key))]


async def told_elsewhere(case: Case) -> list[tuple[str, str, str]]:
    """What is queued to the contact of a case: outlet, to whom, words."""
    rows = await Outgoing.filter(subject=case.key.id).order_by("id")
    found = []
    for row in rows:
        to, reply = row.opened_target(case.key), row.opened(case.key)
        assert to
        assert reply
        found.append((row.outlet, to.user, reply.text))
    return found


async def told_to_staff() -> list[str]:
    """What is queued for staff."""
    key = await SubjectKey.of(SYSTEM)
    rows = await Outgoing.filter(outlet="staff").order_by("id")
    return [reply.text for row in rows if (reply := row.opened(key))]


async def links_to_staff() -> list[str | None]:
    """Where what is queued for staff leads."""
    key = await SubjectKey.of(SYSTEM)
    rows = await Outgoing.filter(outlet="staff").order_by("id")
    return [reply.link.url if reply.link else None for row in rows if (reply := row.opened(key))]


async def arrives(about: UUID, at: datetime) -> None:
    """A channel takes the letter of a case."""
    await Outgoing.filter(about=about, state=State.QUEUED).update(state=State.SENT, settled_at=at)
