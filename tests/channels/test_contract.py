"""What each channel owes the others, and what each may lack: one suite over all of them.

Every channel stands between the whole desk and a stand-in for its platform. ``Customer`` is what a person can
do on any of them; a channel that cannot do something says so by its abilities, never by its name. What is
said in each conversation is compared in ``test_transcripts.py``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse

from chatbot.channels import Channel, Pace
from chatbot.channels.telegram import TelegramChannel
from chatbot.channels.web import WebChannel
from chatbot.channels.zalo import ZaloChannel
from chatbot.messages import Ability
from chatbot.pacing import Pacing
from models.delivery import Delivery
from tests.bot_api import TOKEN, BotApi
from tests.conftest import Database
from tests.offered import place_of, spelt
from tests.zalo_desk import zalo_desk
from tests.zalo_server import ZaloServer

USER = 1001

ABILITIES = {
    WebChannel: {Ability.OWN_SERVER, Ability.BUTTONS},
    TelegramChannel: {Ability.PROVES_PHONE, Ability.BUTTONS, Ability.KEEPS_HISTORY},
    ZaloChannel: {Ability.BUTTONS, Ability.KEEPS_HISTORY, Ability.FALLS_SILENT, Ability.PHONE_FORM},
}
"""What each can do. Nothing else in the program asks which channel it is on."""


class Customer(Protocol):
    """A person on one channel. ``says`` returns when the message is confirmed."""

    async def says(self, text: str) -> None: ...
    async def repeats(self, text: str, times: int) -> None: ...
    async def taps(self, label: str) -> None: ...
    async def hears(self, words: str, times: int = 1) -> None: ...
    def heard(self) -> list[str]: ...


class OnTelegram:
    """A person with the stand-in for the Bot API."""

    def __init__(self, api: BotApi) -> None:
        self._api = api

    async def says(self, text: str) -> None:
        await self._api.push_text(USER, text)

    async def repeats(self, text: str, times: int) -> None:
        update = await self._api.push_text(USER, text)
        for _ in range(times - 1):
            await self._api.push_raw(update)

    async def taps(self, label: str) -> None:
        await self._api.press_label(USER, label)

    async def hears(self, words: str, times: int = 1) -> None:
        await self._api.wait_until(lambda: "\n".join(self.heard()).count(words) >= times)

    def heard(self) -> list[str]:
        return [call.params["text"] for call in self._api.messages(USER)]


class OnZalo:
    """A person with the stand-in for Zalo."""

    def __init__(self, zalo: ZaloServer) -> None:
        self._zalo = zalo

    async def says(self, text: str) -> None:
        assert await self._zalo.says(str(USER), text) == 200

    async def repeats(self, text: str, times: int) -> None:
        for _ in range(times):
            await self._zalo.writes(str(USER), "user_send_text", {"text": text, "msg_id": "same"})

    async def taps(self, label: str) -> None:
        await self._zalo.taps(str(USER), label)

    async def hears(self, words: str, times: int = 1) -> None:
        await self._zalo.hears(str(USER), words, times)

    def heard(self) -> list[str]:
        return [sent.text for sent in self._zalo.to(str(USER))]


class OnWeb:
    """A person on the shop's own page."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._entries: list[dict[str, Any]] = []
        self._acknowledged: set[str] = set()
        self._changed = asyncio.Condition()

    async def listen(self) -> None:
        """Read what the page is sent, until the line is cut."""
        async for message in self._socket:
            frame = json.loads(message.data)
            async with self._changed:
                if frame["type"] == "entry" and not frame["mine"]:
                    self._entries.append(frame)
                elif frame["type"] == "ack":
                    self._acknowledged.add(frame["id"])
                self._changed.notify_all()

    async def says(self, text: str) -> None:
        await self._send(str(uuid4()), text=text)

    async def repeats(self, text: str, times: int) -> None:
        identity = str(uuid4())
        for _ in range(times):
            await self._send(identity, text=text)

    async def taps(self, label: str) -> None:
        buttons = [button for entry in self._entries for button in entry["buttons"]]
        token = next(button["token"] for button in reversed(buttons) if button["label"] == label)
        await self._send(str(uuid4()), press=token)

    async def hears(self, words: str, times: int = 1) -> None:
        await self._until(lambda: "\n".join(self.heard()).count(words) >= times)

    def heard(self) -> list[str]:
        return [entry["text"] for entry in self._entries]

    async def _send(self, identity: str, **what: str) -> None:
        self._acknowledged.discard(identity)
        await self._socket.send_json({"type": "message", "id": identity, **what})
        await self._until(lambda: identity in self._acknowledged)

    async def _until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(true)


@asynccontextmanager
async def on_the_web(url: str) -> AsyncIterator[OnWeb]:
    """A person whose browser has opened the page."""
    headers = {"Origin": url, "Cookie": f"desk={'a' * 43}"}
    async with ClientSession() as session, session.ws_connect(f"{url}/chat/ws", headers=headers) as socket:
        await socket.send_json({"type": "hello", "after": 0, "language": "vi"})
        person = OnWeb(socket)
        listening = asyncio.create_task(person.listen())
        yield person
        listening.cancel()


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[dict[str, Customer]]:
    """One desk with all its channels, and a person on each."""
    async with AsyncExitStack() as stack:
        zalo = await stack.enter_async_context(ZaloServer())
        api = await stack.enter_async_context(BotApi())
        settings = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_MODE": "polling"}
        desk = await stack.enter_async_context(zalo_desk(database, tmp_path, zalo, **settings))
        for way in desk.app.sender._ways.values():
            way.pacing = Pacing(Pace())  # as fast as it goes
        web = await stack.enter_async_context(on_the_web(desk.url))
        yield {"web": web, "telegram": OnTelegram(api), "zalo": OnZalo(zalo)}


@pytest.fixture(params=["web", "telegram", "zalo"])
def customer(request: pytest.FixtureRequest, world: dict[str, Customer]) -> Customer:
    """A person on each channel."""
    return world[request.param]


@pytest.mark.parametrize("channel", ABILITIES, ids=lambda channel: channel.__name__)
def test_a_channel_says_what_it_can_do(channel: type[Channel]) -> None:
    """No more than it can: the engine decides by these alone what is masked and what proves a number."""
    assert set(channel.abilities) == ABILITIES[channel]


async def test_what_is_said_once_is_stored_and_answered_once(customer: Customer) -> None:
    """However often the platform brings it."""
    await customer.repeats("/nhanvien", 3)
    await customer.says("/menu")
    await customer.hears("giúp gì?")
    assert "\n".join(customer.heard()).count("đã ghi nhận") == 1
    assert await Delivery.all().count() == 2


@pytest.mark.parametrize("way", ["tap", "1", "một", "label", "without accents"])
async def test_every_way_to_choose_means_the_same(customer: Customer, way: str) -> None:
    """A tap, a number, a number in words, the label, and the label without accents."""
    await customer.says("/khieunai")
    await customer.hears("Quý khách khiếu nại về việc gì?")
    label = "Dùng dữ liệu sai mục đích"
    words = {"label": label, "without accents": "dung du lieu sai muc dich"}.get(way, way)
    await (customer.taps(label) if way == "tap" else customer.says(words))
    await customer.hears("kể lại việc đã xảy ra")


@pytest.mark.parametrize("way", ["tap", place_of("policy"), spelt("policy"), "Chính sách bảo mật"])
async def test_ways_on_are_taken_like_answers(customer: Customer, way: str) -> None:
    """Also where what is offered is no question, and further on than a channel shows at once."""
    await customer.says("/menu")
    await customer.hears("giúp gì?")
    label = "Chính sách bảo mật"
    await (customer.taps(label) if way == "tap" else customer.says(way))
    await customer.hears("mục nào?")


async def test_an_old_button_is_recognised(customer: Customer) -> None:
    """It says so and asks the present question again; nothing is taken as its answer."""
    await customer.says("/khieunai")
    await customer.hears("khiếu nại về việc gì?")
    await customer.taps("Việc khác")
    await customer.hears("kể lại việc")
    await customer.taps("Việc khác")
    await customer.hears("kể lại việc", 2)
