"""The customer who types: a chat with the engine, told by the ids of the texts that are said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chatbot.clock import Clock
from chatbot.conversation import Conversation
from chatbot.engine import Engine
from chatbot.intents import THRESHOLD, Intents
from chatbot.messages import Ability, Address, Contact, FileRef, Inbound, Kind, Reply
from chatbot.notices import Notices
from chatbot.registry import Registry
from chatbot.shop import load_shop
from chatbot.texts import Texts
from chatbot.world import World
from handlers import CONVERSATIONS
from models.chat import Chat
from models.database import run_tx
from models.keys import SubjectKey
from models.outgoing import Outgoing, State

TEXTS = Texts.load()
SHOP = load_shop()
INTENTS = Intents.load()

OWN_SERVER = frozenset({Ability.OWN_SERVER, Ability.BUTTONS})
MESSENGER = frozenset({Ability.PROVES_PHONE, Ability.BUTTONS, Ability.KEEPS_HISTORY})
SILENT = frozenset({Ability.BUTTONS, Ability.KEEPS_HISTORY, Ability.FALLS_SILENT})
"""A messenger such as Zalo, which vouches for no number and delivers for a few days only."""


class Time(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.instant += by


class Ids(Texts):
    """Texts that say their own id, and a code where they carry one."""

    def get(self, locale: str, key: str, **params: object) -> str:
        words = super().get(locale, key, **params)  # they must exist, and all their placeholders
        if key.startswith("format."):
            return words
        return f"[{key}]" + (f" {params['code']}" if "code" in params else "")


@dataclass
class Desk:
    """An engine over the open database, with a clock of its own."""

    time: Time = field(default_factory=Time)
    page: str | None = "https://desk.example.vn"
    codes: frozenset[Kind] = frozenset(Kind)
    more: tuple[Conversation[object], ...] = ()
    texts: type[Texts] = Ids

    def engine(self) -> Engine:
        """A new engine: what a restart leaves."""
        world = World(
            registry=Registry(
                [*CONVERSATIONS, *self.more], menu="menu", identity="identity", person="human", keep="keep"
            ),
            texts=self.texts(TEXTS.catalogues),
            shop=SHOP,
            understand=INTENTS.guess,
            sure=THRESHOLD,
            abilities={"web": OWN_SERVER, "messenger": MESSENGER, "silent": SILENT},
            codes=self.codes,
            letters=self.codes,
            page=self.page,
        )
        notices = Notices(world.texts, {Kind.PHONE: "sms", Kind.EMAIL: "email"})
        return Engine(world, notices, self.time.now, self.time.now, lambda: None)

    def chat(self, user: str = "1", channel: str = "web", language: str = "vi") -> CustomerChat:
        """A customer's chat."""
        return CustomerChat(self, Address(channel, user), language)


@dataclass
class CustomerChat:
    """One customer at one channel. What is said in answer is given as the ids of the texts."""

    desk: Desk
    address: Address
    language: str = "vi"
    last: list[Reply] = field(default_factory=list)
    _count: int = 0
    _seen: int = 0

    async def says(self, text: str | None, **more: object) -> list[str]:
        """Type something; the ids of the texts said in answer."""
        return await self.delivers(self.message(text=text, **more))

    async def presses(self, label: str) -> list[str]:
        """Press the button of that label (or label id) under the last message that has buttons."""
        for reply in reversed(self.last):
            for button in reply.buttons:
                if label in (button.label, button.token) or button.label == f"[{label}]":
                    return await self.delivers(self.message(press=button.token))
        raise AssertionError(f"no button {label!r} among {[b.label for r in self.last for b in r.buttons]}")

    async def shares(self, phone: str, *, own: bool = True) -> list[str]:
        """Share a contact card."""
        return await self.delivers(self.message(contact=Contact(phone, own)))

    async def sends(self, *files: FileRef, text: str | None = None) -> list[str]:
        """Send files."""
        return await self.delivers(self.message(files=files, text=text))

    def message(self, **what: object) -> Inbound:
        """A message as the channel would hand it over, not yet delivered."""
        self._count += 1
        what = {"at": self.desk.time.now(), "language": self.language, **what}
        return Inbound(self.address, f"{self.address.user}-{self._count}", **what)  # type: ignore[arg-type]

    async def delivers(self, message: Inbound) -> list[str]:
        """Deliver a message to an engine that has just started, and read what it said."""
        await self.desk.engine().receive(message)
        return await self.reads()

    async def reads(self) -> list[str]:
        """The ids of the texts that came since the last look."""
        return [one for reply in await self.replies() for one in re.findall(r"\[([\w.]+)\]", reply.text)]

    async def replies(self) -> list[Reply]:
        """The messages that came since the last look."""
        chat = await Chat.find(self.address)
        if chat is None:
            return []
        rows = await Outgoing.history(chat, self._seen, 1000)
        self._seen = rows[-1].id if rows else self._seen
        fresh = [row.opened(chat.key) for row in rows if row.state is not State.OWN]
        replies = [reply for reply in fresh if reply is not None]
        self.last = replies or self.last
        return replies

    async def proves(self, phone: str) -> list[str]:
        """Prove a phone number by a code, from the menu on."""
        await self.says("/xacminh")
        await self.presses("identity.way.choice.phone")
        await self.says(phone)
        return await self.says(await code_for(phone))


async def codes_sent() -> list[tuple[str, str, bool]]:
    """Whom a code was queued for, its text, and whether it is a decoy; oldest first."""
    found = []
    for row in await Outgoing.filter(outlet__in=["sms", "email"]).order_by("id"):
        key = await SubjectKey.of(row.subject)
        target, reply = row.opened_target(key), row.opened(key)
        if target and reply:
            found.append((target.user, reply.text, row.decoy))
    return found


async def code_for(contact: str) -> str:
    """The newest code to a contact, read as its owner would; needs real texts."""
    from chatbot import contacts

    value = contacts.phone(contact) or contacts.email(contact)
    texts = [text for to, text, _ in await codes_sent() if to == value]
    found = re.search(r"\b(\d{6})\b", texts[-1])
    assert found, "the message holds no code"
    return found[1]


async def in_tx(work: object) -> object:
    """Run a verb of the models in a transaction."""
    return await run_tx(work)  # type: ignore[arg-type]
