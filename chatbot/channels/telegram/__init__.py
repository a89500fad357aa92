"""Telegram: updates come in by webhook or long polling, replies go out through the Bot API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from telegram import Bot, BotCommandScope, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.constants import CallbackQueryLimit
from telegram.error import BadRequest, TelegramError

from chatbot.channels import Gone, Later, Pace, Receive, ReceiveStaff, TooBig
from chatbot.channels.telegram.health import Health
from chatbot.channels.telegram.inbound import KINDS, NAME, Membership, Migration, NotAnUpdate, Tap, read
from chatbot.channels.telegram.outbound import deliver
from chatbot.channels.telegram.polling import pause, poll
from chatbot.channels.telegram.transport import AiohttpRequest, DeadFile
from chatbot.channels.telegram.webhook import read_update
from chatbot.messages import Ability, Address, FileRef, Inbound, Reply, StaffInbound

log = structlog.get_logger(__name__)

Commands = Mapping[str, Sequence[tuple[str, str]]]
"""For each locale the commands with their descriptions; the first locale serves all other languages."""

OnMembership = Callable[[Address, bool], Awaitable[None]]
"""Told when a person shuts (True) or opens again (False) their chat; may raise Busy."""

TELEGRAM = "https://api.telegram.org"
WEBHOOK_PATH = "/telegram"
WEBHOOK_CONNECTIONS = 20
"""Updates of one chat come one at a time; more at once would only queue up before the database."""
RETRY_AFTER_SECONDS = 5
GLANCE = 60
"""Characters that can be read in passing: Telegram shows an answer for a moment, or until it is closed."""
LARGEST_FILE = 20 * 1024 * 1024
"""The Bot API hands over files of up to 20 MB (getFile)."""


@dataclass(frozen=True)
class StaffGroup:
    """The staff's group by its id, who takes what is typed and pressed there, and its commands."""

    id: str
    receive: ReceiveStaff
    commands: Commands


class TelegramChannel:
    """The channel of one bot. ``mode`` says how updates come in; replies can be sent at any time.

    ``api_url`` is another Bot API server than Telegram's. ``webhook_secret`` is what Telegram shows at
    our door (1-256 of A-Z a-z 0-9 _ -); without one the door stays shut.
    """

    name = NAME
    abilities = frozenset({Ability.PROVES_PHONE, Ability.BUTTONS, Ability.KEEPS_HISTORY})
    pace = Pace(per_second=30, chat_per_second=1, group_per_minute=20)

    def __init__(
        self,
        *,
        token: str,
        receive: Receive,
        now: Callable[[], datetime],
        mode: Literal["webhook", "polling"],
        api_url: str | None = None,
        public_url: str | None = None,
        webhook_secret: str | None = None,
        staff: StaffGroup | None = None,
        commands: Commands | None = None,
        on_membership: OnMembership | None = None,
    ) -> None:
        api = (api_url or TELEGRAM).rstrip("/")
        self._request = AiohttpRequest()
        self._bot = Bot(
            token,
            base_url=f"{api}/bot",
            base_file_url=f"{api}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._receive, self._on_membership, self._now = receive, on_membership, now
        self._mode, self._public_url, self._secret = mode, (public_url or "").rstrip("/"), webhook_secret
        self._staff, self._commands = staff, commands or {}
        self._username: str | None = None
        self._health = Health(urlsplit(api).netloc)
        self._tasks: set[asyncio.Task[None]] = set()

    # -- life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to receive. Returns at once; where Telegram cannot be reached it is tried again."""
        self._background(self._run())

    async def stop(self) -> None:
        """End receiving and close all connections. What was not confirmed comes again next time."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._request.shutdown()

    def health(self) -> str | None:
        """None when all is well, else one line: what is wrong and what to do."""
        return self._health.line()

    async def _run(self) -> None:
        attempt = 0
        while True:
            try:
                await self._introduce()
                break
            except Exception as error:  # nothing that Telegram answers may end the program
                self._health.bad("start", error)
                await asyncio.sleep(pause(attempt, error))
                attempt += 1
        self._health.good("start")
        if self._mode == "polling":
            await poll(self._bot, self._take, self._health)

    async def _introduce(self) -> None:
        self._username = (await self._bot.get_me()).username
        await self._register_commands(self._commands, BotCommandScopeAllPrivateChats())
        if self._staff:
            await self._register_commands(self._staff.commands, BotCommandScopeChat(self._staff.id))
        if self._mode == "polling":
            await self._bot.delete_webhook()
        else:
            # Always, not only when getWebhookInfo differs: it does not show the secret, and a changed one
            # would shut every update out.
            await self._bot.set_webhook(
                self._public_url + WEBHOOK_PATH,
                secret_token=self._secret,
                allowed_updates=KINDS,
                max_connections=WEBHOOK_CONNECTIONS,
            )

    async def _register_commands(self, commands: Commands, scope: BotCommandScope) -> None:
        locales: list[str | None] = [None, *commands]
        for locale in locales if commands else ():
            of_locale = commands[locale or next(iter(commands))]
            try:
                await self._bot.set_my_commands(of_locale, scope=scope, language_code=locale)
            except TelegramError as error:  # a menu is missing, no more
                log.warning("telegram_commands_not_registered", locale=locale, error=type(error).__name__)

    # -- in --------------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        """The webhook: 200 once stored, 403, 415, 413 or 400 for what is no update, 503 when busy."""
        return [web.post(WEBHOOK_PATH, self._webhook)]

    async def _webhook(self, request: web.Request) -> web.Response:
        try:
            await self._take(await read_update(request, self._secret))
        except web.HTTPException as refusal:
            log.warning("telegram_request_refused", status=refusal.status)
            raise
        except NotAnUpdate as error:
            log.warning("telegram_request_refused", status=400, reason=str(error))
            raise web.HTTPBadRequest from None
        except Exception as error:  # nothing was stored: Telegram must bring it again
            self._health.bad("webhook", error)
            raise web.HTTPServiceUnavailable(headers={"Retry-After": str(RETRY_AFTER_SECONDS)}) from None
        self._health.good("webhook")
        return web.Response()

    async def _take(self, update: object) -> None:
        """Returns when the update is stored, or means nothing. Raises NotAnUpdate or Busy."""
        staff = self._staff
        event = read(update, username=self._username, now=self._now(), staff_chat=staff.id if staff else None)
        match event:
            case Inbound() as inbound:
                await self._receive(inbound)
            case StaffInbound() as said if staff:
                await staff.receive(said)
            case Tap(query_id=query, inbound=StaffInbound() as pressed) if staff:
                self._background(self._answer(query, await staff.receive(pressed)))
            case Tap(inbound=inbound) as tap:
                if isinstance(inbound, Inbound):
                    await self._receive(inbound)
                self._background(self._acknowledge(tap))
            case Membership(address=address, blocked=blocked) if self._on_membership:
                await self._on_membership(address, blocked)
            case Migration(old=old, new=new) if staff and old == staff.id:
                log.error("telegram_staff_group_moved", to_do=f"set TELEGRAM_STAFF_CHAT={new} and restart")

    async def _acknowledge(self, tap: Tap) -> None:
        """Stop the button's spinner and take the keyboard away, both for looks only."""
        with suppress(Exception):
            await self._bot.answer_callback_query(tap.query_id)
        if tap.inbound and tap.message_id:
            with suppress(Exception):
                await self._bot.edit_message_reply_markup(tap.inbound.address.user, tap.message_id)

    async def _answer(self, query_id: str, words: str | None) -> None:
        """Stop the button's spinner, and show the words to the one who tapped it, where they fit."""
        shown = words or ""
        if len(shown) > CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH:
            shown = ""
        with suppress(Exception):
            await self._bot.answer_callback_query(query_id, shown, show_alert=len(shown) > GLANCE)

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- out -------------------------------------------------------------------------------------

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Deliver a reply and return Telegram's id of its last message; see ``outbound.deliver``."""
        return await deliver(self._bot, to, reply, self._health)

    async def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces. Raises Gone, TooBig or Later."""
        size = 0
        try:
            found = await self._bot.get_file(file.handle)
            if not found.file_path:
                raise Gone("no longer kept")
            async with aclosing(self._request.download(found.file_path)) as pieces:
                async for piece in pieces:
                    size += len(piece)
                    if size > LARGEST_FILE:
                        raise TooBig("over 20 MB")
                    yield piece
        except Gone:
            raise
        except BadRequest as error:
            raise (TooBig if "too big" in error.message.casefold() else Gone)("refused by getFile") from None
        except DeadFile:
            raise Gone("no longer kept") from None
        except Exception as error:
            raise Later(type(error).__name__) from None
