"""receive(): one message, one transaction.

Nothing is confirmed to the outside before it is stored; a delivery that comes twice changes nothing;
a bug in a step keeps the message and says so; a database that cannot store says so to the channel.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from unicodedata import normalize

import structlog
from prometheus_client import Counter, Histogram

from chatbot.crypto import SealBroken
from chatbot.dialogue import Dialogue
from chatbot.logs import describe
from chatbot.messages import Ability, Busy, Inbound, Reply
from chatbot.notices import Notices
from chatbot.session import pack
from chatbot.world import World
from models.chat import Chat
from models.customer import Customer
from models.database import is_conflict, is_outage, run_tx
from models.delivery import Delivery, Fate
from models.event import Event, Tag
from models.outgoing import Outgoing, Own

log = structlog.get_logger()

S = TypeVar("S", str, str | None)

LONGEST_TEXT = 8_000
"""Characters of a message, whatever its channel lets through: composing marks takes the square of them."""

MESSAGES = Counter("chatbot_messages_total", "Messages received", ["channel", "fate"])
SECONDS = Histogram("chatbot_message_seconds", "From receiving a message to its commit", ["channel"])


TRIES = 3
"""How often a message is taken that met another's lock: two chats may tell each other something."""


class Engine:
    """Receives messages. ``committed`` is called after every commit, so that sending starts at once."""

    def __init__(
        self,
        world: World,
        notices: Notices,
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
        committed: Callable[[], None],
    ) -> None:
        self.world = world
        self._notices = notices
        self._now = now
        self._wall = wall
        self._committed = committed

    async def receive(self, message: Inbound) -> None:
        """Store one message, do what it asks, and queue the answer. Raises Busy."""
        message = _clean(message)
        began = time.perf_counter()
        try:
            fate = await self._receive(message)
        except asyncio.CancelledError:
            self._committed()  # its transaction has ended, and may well have been committed
            raise
        except Exception as error:
            if not is_outage(error):
                raise
            channel = message.address.channel
            log.error("database cannot store a message", channel=channel, error=describe(error))
            MESSAGES.labels(message.address.channel, "unavailable").inc()
            raise Busy from None
        MESSAGES.labels(message.address.channel, fate).inc()
        SECONDS.labels(message.address.channel).observe(time.perf_counter() - began)
        self._committed()

    async def _receive(self, message: Inbound) -> str:
        dialogues: list[Dialogue] = []
        for attempt in range(TRIES):
            dialogues.clear()
            try:
                return await run_tx(lambda: self._handle(message, dialogues))
            except Exception as error:
                if is_conflict(error) and attempt + 1 < TRIES:
                    continue
                if is_outage(error):
                    raise
                log.error("a step failed", channel=message.address.channel, error=describe(error))
                break
        return await self._fail(message, dialogues)

    async def _handle(self, message: Inbound, dialogues: list[Dialogue]) -> str:
        now, wall = self._now(), self._wall()
        if not await Delivery.register(message, now):
            return "duplicate"
        chat = await Chat.hold(message.address, self._language(message), now)
        if chat.record:  # a message is contact, whatever comes of it
            await Customer.touched(chat.record, now)
        if chat.paused_until and now < chat.paused_until and not self._is_for_the_desk(message):
            await Delivery.keep(message, Fate.PAUSED, chat)
            await chat.heard(now)
            return "paused"
        dialogue = Dialogue(self.world, chat, message, now, wall)
        dialogues.append(dialogue)
        await dialogue.take()
        session = dialogue.session
        frame = session.frame
        await chat.keep(
            frame.conversation if frame else None,
            frame.step if frame else None,
            pack(session) if frame or session.below or session.offered else None,
            dialogue.asked_at if frame or session.offered else None,
            dialogue.expires_at,
            now,
        )
        own = self._own(message, dialogue)
        replies = dialogue.speech.replies
        await Outgoing.to_chat(chat, replies, now, own=own, private=dialogue.private)
        for notice in dialogue.notices:
            await self._notices.write(notice, key=chat.key, language=chat.language, now=now, wall=wall)
        return "handled"

    def _is_for_the_desk(self, message: Inbound) -> bool:
        """Whether a message can be meant for nobody but the desk, also while a person speaks in the chat: a
        button of ours, or a command, with its slash or as plain words."""
        text = message.text or ""
        named = text.startswith("/") or self.world.registry.by_words(text) is not None
        return message.press is not None or named

    def _language(self, message: Inbound) -> str:
        hint = (message.language or "")[:2].lower()
        return hint if hint in self.world.texts.locales else self.world.texts.locales[0]

    def _own(self, message: Inbound, dialogue: Dialogue | None) -> Own | None:
        """The customer's message as their history shows it, where we keep that for them."""
        if Ability.KEEPS_HISTORY in self.world.abilities[message.address.channel]:
            return None
        files = tuple(file.name for file in message.files)
        if dialogue is None:
            return Own("", files, message.delivery)
        return Own(dialogue.heard, files, message.delivery)

    async def _fail(self, message: Inbound, dialogues: list[Dialogue]) -> str:
        """Keep a message that a bug stopped, so that it can be played again, and apologise once. The
        conversation stands where it stood; what was counted stays counted."""

        async def keep() -> str:
            now = self._now()
            if not await Delivery.register(message, now):
                return "duplicate"
            try:
                chat = await Chat.hold(message.address, self._language(message), now)
                await Delivery.keep(message, Fate.FAILED, chat)
                if chat.record:
                    await Customer.touched(chat.record, now)
                email = self.world.shop.email
                words = self.world.texts.get(chat.language, "engine.failed", email=email)
                own = self._own(message, dialogues[-1] if dialogues else None)
                await Outgoing.to_chat(chat, [Reply(words)], now, own=own)
            except SealBroken:
                await Delivery.keep(message, Fate.FAILED, None)
                chat = None
            for dialogue in dialogues:
                for effect in dialogue.lasting:
                    await effect()
            await Event.record(Tag.MESSAGE_FAILED, now, chat=chat.id if chat else None)
            return "failed"

        return await run_tx(keep)


def _clean(message: Inbound) -> Inbound:
    """A message as it can be stored and compared: its text composed, and halves of characters, which
    UTF-8 cannot carry, nowhere in it."""
    text = _whole(message.text and message.text[:LONGEST_TEXT])
    return replace(
        message,
        text=normalize("NFC", text) if text else text,
        press=_whole(message.press),
        contact=message.contact and replace(message.contact, phone=_whole(message.contact.phone)),
        files=tuple(
            replace(file, handle=_whole(file.handle), name=_whole(file.name), mime=_whole(file.mime))
            for file in message.files
        ),
        group=_whole(message.group),
        language=_whole(message.language),
        network=_whole(message.network),
    )


def _whole(text: S) -> S:
    return text.encode("utf-8", "replace").decode() if text else text
