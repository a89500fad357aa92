"""The desk behind Telegram, whole but for its pages: customers' chats and the staff's group, with the real
client in front of the stand-in for the Bot API."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from aiohttp import web

from chatbot.channels import Pace
from chatbot.channels.telegram import StaffGroup, TelegramChannel
from chatbot.engine import Engine
from chatbot.intents import THRESHOLD, Intents
from chatbot.messages import Address, Kind
from chatbot.notices import Notices
from chatbot.outlets.staff import StaffOutlet
from chatbot.registry import Registry
from chatbot.sender import Sender
from chatbot.staff_engine import StaffEngine
from chatbot.world import World
from handlers import CONVERSATIONS
from handlers.staff import hear
from models.event import Event, Tag
from models.outgoing import STAFF, Outgoing, State
from models.roles import Role
from models.staff import StaffMember
from models.staff_link import issue
from tests.bot_api import TOKEN, BotApi
from tests.cases import SHOP, TEXTS, Watch, at
from tests.channels.telegram_desk import SECRET
from tests.outbox import eventually, wall
from tests.staff import hire

GROUP = "-100200"
START = at("2026-10-05T10:00")
PAGE = "https://desk.example.vn"
COMMANDS = {locale: [("viec", "…"), ("ca", "…"), ("baocao", "…")] for locale in TEXTS.locales}


@dataclass
class GroupDesk:
    """``time`` is the desk's. ``unfit`` has every message of staff fail by a bug."""

    api: BotApi
    time: datetime = START
    unfit: bool = False
    watch: Watch = field(default_factory=Watch)
    _seen: int = 0

    async def __aenter__(self) -> Self:
        notices = Notices(TEXTS, {Kind.PHONE: "sms", Kind.EMAIL: "email"}, PAGE)
        self.watch.notices = notices
        world = World(
            registry=Registry(CONVERSATIONS, menu="menu", identity="identity", person="human", keep="keep"),
            texts=TEXTS,
            shop=SHOP,
            understand=Intents.load().guess,
            sure=THRESHOLD,
            abilities={"telegram": TelegramChannel.abilities},
            codes=frozenset(),
            letters=frozenset(),
            page=PAGE,
        )

        async def heard(turn: Any) -> Any:
            if self.unfit:
                raise ZeroDivisionError
            return await hear(turn)

        self.staff_engine = StaffEngine(heard, SHOP, TEXTS, notices, self.now, wall, self._committed)
        engine = Engine(world, notices, self.now, wall, self._committed)
        self.channel = TelegramChannel(
            token=TOKEN,
            receive=engine.receive,
            now=wall,
            mode="webhook",
            api_url=self.api.url,
            webhook_secret=SECRET,
            staff=StaffGroup(GROUP, self.staff_engine.receive, COMMANDS),
        )
        self.channel.pace = Pace()
        group = StaffOutlet(self.channel, Address("telegram", GROUP), hears=True)
        self.sender = Sender({"telegram": self.channel, STAFF: group}, TEXTS, wall)
        app = web.Application()
        app.add_routes(self.channel.routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        async with AsyncExitStack() as stack:
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self.channel._public_url = f"http://{host}:{port}"  # the port is known only now
            stack.push_async_callback(self.channel.stop)
            await self.sender.start()
            stack.push_async_callback(self.sender.stop)
            await self.channel.start()
            await self.api.wait_for("setWebhook")
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def now(self) -> datetime:
        """The desk's time."""
        return self.time

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.time += timedelta(**span)

    def _committed(self) -> None:
        self.sender.wake()

    async def says(self, user: int, text: str, **more: Any) -> list[str]:
        """Somebody writes in the group; what the group is told since the last look."""
        await self.api.push_in_group(GROUP, user, text, **more)
        return await self.told()

    async def presses(self, user: int, data: str, **more: Any) -> str:
        """Somebody taps a button with this data in the group; what they alone are shown."""
        count = len(self.api.calls("answerCallbackQuery"))
        await self.api.press_in_group(GROUP, user, data, **more)
        call = await self.api.wait_for("answerCallbackQuery", count + 1)
        return str(call.params.get("text", ""))

    async def taps(self, user: int, label: str) -> str:
        """Somebody taps the newest button of this label in the group."""
        return await self.presses(user, self.buttons()[label])

    def buttons(self) -> dict[str, str]:
        """The buttons in the group by their labels, the newest of each: data, or the address of a link."""
        rows = [
            row
            for call in self.api.messages(GROUP)
            for row in (call.params.get("reply_markup") or {}).get("inline_keyboard", ())
        ]
        return {one["text"]: one.get("callback_data") or one["url"] for row in rows for one in row}

    async def told(self) -> list[str]:
        """What the group was told since the last look, once all of it is out."""

        async def out() -> bool:
            return not await Outgoing.filter(outlet=STAFF, state__in=[State.QUEUED, State.SENDING]).exists()

        self.sender.wake()
        await eventually(out)
        texts = [call.params["text"] for call in self.api.messages(GROUP)]
        fresh, self._seen = texts[self._seen :], len(texts)
        return fresh

    async def warned(self) -> list[str]:
        """What the sweep over deadlines tells the group now."""
        await self.watch.sweep(self.time, "warn")
        return await self.told()

    async def private(self, user: int, text: str) -> list[str]:
        """Somebody writes to the bot in their private chat; what they are answered."""
        before = len(self.api.messages(user))
        await self.api.push_text(user, text)
        self.sender.wake()
        await self.api.wait_until(lambda: len(self.api.messages(user)) > before)
        await asyncio.sleep(0)
        return [call.params["text"] for call in self.api.messages(user)[before:]]

    async def member(self, user: int, name: str, role: Role = Role.AGENT) -> tuple[UUID, str]:
        """Somebody joins the roster and links their chat; their id and login."""
        login = (await hire(name, role)).login
        found = await StaffMember.get(login_index=StaffMember.index(login))
        code = await issue(found.id, self.time)
        await self.private(user, f"/lienket {code}")
        assert (await StaffMember.get(id=found.id)).chat is not None
        return found.id, login


async def strangers() -> list[Event]:
    """What was recorded of those who may do nothing."""
    return await Event.filter(tag=Tag.STAFF_STRANGER).order_by("id")
