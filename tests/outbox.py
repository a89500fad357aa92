"""What the tests of the sender share: an outlet that does as it is told, and a filled outbox."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from chatbot.channels import Outlet, Pace
from chatbot.messages import Address, Reply
from chatbot.sender import Sender
from chatbot.texts import Texts
from models import Chat, Outgoing, SubjectKey
from models.database import run_tx
from models.keys import SYSTEM
from models.outgoing import Purpose, State
from models.sending import claim

TEXTS = Texts.load()
HOUR = timedelta(hours=1)


def wall() -> datetime:
    """Real time."""
    return datetime.now(UTC)


class Line:
    """An outlet: ``plan`` says for each address what happens in turn, None being success."""

    def __init__(self, name: str = "chat", pace: Pace | None = None, delay: float = 0) -> None:
        self.name, self.pace, self.delay = name, pace or Pace(), delay
        self.plan: dict[str, list[Exception | None]] = defaultdict(list)
        self.tried: list[tuple[str, str]] = []
        self.sent: list[tuple[str, str, float]] = []
        self.refs: list[object] = []
        self.busy: set[str] = set()
        self.most_busy = 0

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Do what the plan says."""
        assert to.user not in self.busy, "two messages of one lane at once"
        self.tried.append((to.user, reply.text))
        self.refs.append(reply.ref)
        self.busy.add(to.user)
        self.most_busy = max(self.most_busy, len(self.busy))
        try:
            await asyncio.sleep(self.delay)
            if self.plan[to.user] and (error := self.plan[to.user].pop(0)):
                raise error
        finally:
            self.busy.remove(to.user)
        self.sent.append((to.user, reply.text, time.monotonic()))
        return f"id{len(self.sent)}"

    def texts(self, user: str) -> list[str]:
        """What arrived at an address."""
        return [text for to, text, _ in self.sent if to == user]


@asynccontextmanager
async def sending(
    *outlets: Outlet, wall: Callable[[], datetime] = wall, wake: bool = True
) -> AsyncIterator[Sender]:
    """A sender at work."""
    sender = Sender({outlet.name: outlet for outlet in outlets}, TEXTS, wall)
    await sender.start()
    if wake:
        sender.wake()
    try:
        yield sender
    finally:
        await sender.stop()


async def eventually(true: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110  # the database tells nobody
            await asyncio.sleep(0.01)


async def settled() -> bool:
    """Whether nothing is left to be sent."""
    return not await Outgoing.filter(state__in=[State.QUEUED, State.SENDING]).exists()


async def queue(
    user: str, *texts: str, channel: str = "chat", purpose: Purpose = Purpose.ANSWER, language: str = "vi"
) -> Chat:
    """Queue replies to a chat, as the engine does."""

    async def work() -> Chat:
        chat = await Chat.hold(Address(channel, user), language, wall())
        await Outgoing.to_chat(chat, [Reply(text) for text in texts], wall(), purpose=purpose)
        return chat

    return await run_tx(work)


async def queue_contact(
    user: str,
    text: str,
    *,
    purpose: Purpose = Purpose.CODE,
    decoy: bool = False,
    not_before: datetime | None = None,
) -> None:
    """Queue a message to a phone number."""

    async def work() -> None:
        key = await SubjectKey.of(SYSTEM)
        await Outgoing.to_contact(
            key,
            Address("sms", user),
            Reply(text),
            wall(),
            purpose=purpose,
            decoy=decoy,
            not_before=not_before,
        )

    await run_tx(work)


async def only() -> Outgoing:
    """The one row that there is."""
    return await Outgoing.get()


async def kill_while_sending(*, age: timedelta = timedelta(seconds=1)) -> None:
    """Leave all rows as a process leaves them that was killed after handing them over."""
    until = wall() - age
    assert await claim(["chat", "sms", "staff"], 100, wall(), until)


async def has_sent(line: Line, count: int) -> bool:
    """Whether so many messages arrived."""
    return len(line.sent) >= count


async def has_tried(line: Line, count: int) -> bool:
    """Whether so many attempts were made."""
    return len(line.tried) >= count


async def is_busy(line: Line) -> bool:
    """Whether a message is under way."""
    return bool(line.busy)


async def there_are(state: State, count: int) -> bool:
    """Whether so many rows are in a state."""
    return await Outgoing.filter(state=state).count() == count


async def is_unwell(sender: Sender) -> bool:
    """Whether the sender says that something is wrong."""
    return sender.health() is not None


def shorten_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that a test can afford; how long they are is tested where it matters."""
    monkeypatch.setattr("chatbot.outcome.FIRST_WAIT", 0.02)
    monkeypatch.setattr("chatbot.sender.FIRST_PAUSE", 0.05)
    monkeypatch.setattr("chatbot.sender.POLL_SECONDS", 0.5)
