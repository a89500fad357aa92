"""Records whose year comes to its end, and a desk that watches over it, as the tests of it need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chatbot.clock import local_date
from chatbot.messages import Address
from chatbot.scheduler import Scheduler
from handlers.retention_sweeps import retention_sweeps
from models.chat import Chat
from models.customer import Customer, Profile
from models.database import run_tx
from models.event import Event, Tag
from models.keys import SubjectKey
from models.outgoing import STAFF, Outgoing
from models.retention_ask import RetentionDay
from tests.cases import Watch
from tests.cases import at as local

DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """A local time in Viet Nam, as the desk's clock tells it."""
    return local(text).astimezone(UTC)


@dataclass
class Keeper(Watch):
    """Runs the sweeps over what is kept; the eraser itself does not run."""

    def scheduler(self, only: Sequence[str] = ()) -> Scheduler:
        sweeps = [
            sweep
            for sweep in retention_sweeps(self.shop, self.tell, self.reach)
            if not only or any(part in sweep.name for part in only)
        ]
        return Scheduler(sweeps, lambda: self.time, lambda: self.time, lambda: None)

    async def at(self, *days: datetime) -> list[list[str]]:
        """Sweep on these days, as a desk that swept on all between them, too; what was told on each."""
        told = []
        for now in days:
            await RetentionDay.filter(swept_at__lt=now).update(swept_at=now - timedelta(hours=1))
            told.append(await self.sweep(now))
        return told

    async def daily(self, start: datetime, end: datetime) -> dict[str, list[str]]:
        """Sweep daily; what was told by its local day."""
        told = {}
        now = start
        while now < end:
            if texts := await self.sweep(now):
                told[f"{local_date(now):%d/%m/%Y}"] = texts
            now += DAY
        return told


async def a_record(
    last: datetime,
    *,
    now: datetime | None = None,
    phone: str | None = "+84900000001",
    email: str | None = None,
    name: str = "Trần Bích Ngọc",
) -> Customer:
    """A record with a last contact."""
    draft = Customer.make(
        Profile(name, phone=phone, email=email),
        source="import",
        consent=None,
        last_contact_at=last,
        now=now or last,
    )
    await run_tx(lambda: Customer.add([draft]))
    return draft.record


async def many(count: int, last: datetime, *, phone: str | None = "+84900000002") -> list[Customer]:
    """So many records with a last contact."""
    drafts = [
        Customer.make(
            Profile("A", phone=phone), source="import", consent=None, last_contact_at=last, now=last
        )
        for _ in range(count)
    ]
    await run_tx(lambda: Customer.add(drafts))
    return [draft.record for draft in drafts]


async def a_chat_of(
    record: Customer, at: datetime, channel: str = "messenger", user: str = "1", language: str = "vi"
) -> Chat:
    """A chat in which a record was opened."""

    async def work() -> Chat:
        chat = await Chat.hold(Address(channel, user), language, at)
        await Chat.belongs(chat.id, record.id)
        await Event.record(Tag.RECORD_OPENED, at, chat=chat.id, customer=record.id)
        return chat

    return await run_tx(work)


async def leaving() -> set[UUID]:
    """The records whose erasure has begun."""
    return {one.id for one in await Customer.filter(frozen_at__isnull=False)}


async def sent_to() -> list[tuple[str, str]]:
    """Where everything went that customers were told: outlet, and contact or nothing."""
    found = []
    for row in await Outgoing.exclude(outlet=STAFF).order_by("id"):
        to = row.opened_target(await SubjectKey.of(row.subject))
        found.append((row.outlet, to.user if to else ""))
    return found
