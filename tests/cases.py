"""Cases, and a desk that watches over their clocks, as the tests of the sweeps need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chatbot.clock import ZONE
from chatbot.conversation import Notice
from chatbot.messages import Address, Kind, Person, Proven
from chatbot.notices import Notices
from chatbot.scheduler import Scheduler
from chatbot.shop import Shop, load_shop
from chatbot.texts import Texts
from handlers.arrivals import Reach
from handlers.sweeps import case_sweeps
from models.case import Case, Category, Remedy, Statement
from models.chat import Chat
from models.database import run_tx
from models.keys import SYSTEM, SubjectKey, new_id
from models.outgoing import STAFF, Outgoing

SHOP = load_shop()
TEXTS = Texts.load()
HOUR = timedelta(hours=1)

WORDS = "Shop đã đưa số của Trần Bích Ngọc cho cửa hàng bên cạnh."
PHONE = "+84900000001"
SECOND = "ngoc@example.com"


def at(text: str) -> datetime:
    """A local time in Viet Nam."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


REACH = Reach(
    frozenset(Kind),
    frozenset({"web"}),
    frozenset({"web", "messenger", "silent", "sms", "email", STAFF}),
    "https://desk.example.vn",
    {"silent": timedelta(hours=48)},
)
"""A desk that can write to both kinds of contact and keeps the history of the web chat; one of its channels
falls silent."""

EPOCH = at("2026-01-01T00:00")


async def file_case(
    arrived: datetime,
    *,
    category: Category = Category.REQUEST_NOT_DONE,
    negotiate: bool = False,
    user: str | None = "1",
    language: str = "vi",
    channel: str = "web",
    second: str | None = SECOND,
) -> Case:
    """File a complaint. Of this category the 10 working days run at once."""

    async def work() -> Case:
        chat = await Chat.hold(Address(channel, user), language, arrived) if user else None
        person = Person((Proven(new_id(), Kind.PHONE, PHONE, (), None),))
        return await Case.file(
            Statement(WORDS, "hôm qua", Remedy.APOLOGY, None, second),
            category=category,
            chat=chat.id if chat else None,
            person=person,
            priority=False,
            negotiate=negotiate,
            arrived=arrived,
            calendar=SHOP.calendar,
        )

    return await run_tx(work)


@dataclass
class Watch:
    """Sweeps that tell through the real texts; what was told since the last look."""

    shop: Shop = SHOP
    reach: Reach = REACH
    time: datetime = EPOCH
    notices: Notices = field(default_factory=lambda: Notices(TEXTS, {Kind.PHONE: "sms", Kind.EMAIL: "email"}))
    _seen: int = 0

    async def tell(self, notice: Notice, now: datetime, wall: datetime) -> None:
        key = await SubjectKey.of(SYSTEM)
        await self.notices.write(notice, key=key, language="vi", now=now, wall=wall)

    def scheduler(self, only: Sequence[str] = ()) -> Scheduler:
        """A scheduler at this watch's time; ``only`` are parts of the names of the sweeps that run."""
        sweeps = [
            sweep
            for sweep in case_sweeps(self.shop, self.tell, self.reach)
            if not only or any(part in sweep.name for part in only)
        ]
        return Scheduler(sweeps, lambda: self.time, lambda: self.time, lambda: None)

    async def sweep(self, now: datetime, *only: str) -> list[str]:
        """Sweep at a time until nothing is due; what was told, to whomever."""
        self.time = now
        scheduler = self.scheduler(only)
        await scheduler.run_all()
        assert scheduler._failing == {}
        rows = await Outgoing.filter(id__gt=self._seen).order_by("id")
        self._seen = rows[-1].id if rows else self._seen
        texts = []
        keys = {key.id: key for key in await SubjectKey.filter(id__in=[row.subject for row in rows])}
        for row in rows:
            if row.subject not in keys:
                continue  # its chat went in this very sweep
            reply = row.opened(keys[row.subject])
            assert reply is not None
            texts.append(reply.text)
        return texts

    async def hourly(self, start: datetime, end: datetime, *only: str) -> dict[str, list[str]]:
        """Sweep every half hour; what was told by its local time."""
        told = {}
        now = start
        while now < end:
            if texts := await self.sweep(now, *only):
                told[f"{now.astimezone(ZONE):%a %d/%m %H:%M}"] = texts
            now += HOUR / 2
        return told


async def staff_messages() -> list[str]:
    """Everything that staff were ever told."""
    key = await SubjectKey.of(SYSTEM)
    replies = [row.opened(key) for row in await Outgoing.filter(outlet=STAFF).order_by("id")]
    return [reply.text for reply in replies if reply]


async def hand(case: UUID, member: UUID | None) -> None:
    """Give a case to a member of staff."""
    await Case.filter(id=case).update(handler=member)
