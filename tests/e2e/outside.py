"""What stands around the desk: Telegram, a gateway for text messages, and a mail server."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, NamedTuple, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.bot_api import SECRET_HEADER, BotApi
from tests.e2e.program import PUBLIC, SECRET
from tests.telegram_updates import Json

MAIL_PASSWORD, SMS_PASSWORD = "mail-password-7Qx", "sms-password-5Rk"


class Telegram(BotApi):
    """The stand-in for the Bot API, with the way from the public address to the desk: ``desk`` is where
    that listens now, or empty while it is down."""

    desk = ""

    async def post(self, update: Json) -> int:
        """Bring one update; what the desk answers, 0 where it does not."""
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=10)) as session,
                session.post(f"{self.desk}/telegram", json=update, headers={SECRET_HEADER: SECRET}) as answer,
            ):
                return answer.status
        except (ClientError, TimeoutError, ValueError):
            return 0

    async def _post_to_webhook(self, update: Json) -> int:
        assert self._webhook["url"] == f"{PUBLIC}/telegram"
        assert self._webhook["secret_token"] == SECRET
        return await self.post(update)

    def texts(self, user: int) -> list[str]:
        """What a person has been sent, in order."""
        return [call.params["text"] for call in self.messages(user)]

    def words(self, user: int) -> str:
        """The same as one text."""
        return "\n".join(self.texts(user))

    async def hears(self, user: int, words: str, times: int = 1, seconds: float = 10.0) -> None:
        """Wait until a person has been sent some words so often."""
        try:
            await self.wait_until(lambda: self.words(user).count(words) >= times, seconds)
        except TimeoutError:
            raise AssertionError(f"{words!r} is not in {self.words(user)!r}") from None


class Sent(NamedTuple):
    """A message that has gone out; ``id`` is the same at every repetition."""

    to: str
    text: str
    id: str

    @property
    def code(self) -> str | None:
        """The code in it."""
        found = re.search(r"\b\d{6}\b", self.text)
        return found[0] if found else None


class Gateway:
    """An SMS gateway and a mail server."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.delay = 0.0
        """Seconds until a message is acknowledged."""
        self.refusals: list[int] = []
        """What the next text messages are answered with."""
        self.refused: list[Sent] = []
        self._changed = asyncio.Condition()
        self._mail_servers: list[SMTP] = []

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/send", self._text_message)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._mail = await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        self._mail.close()
        for server in self._mail_servers:
            if isinstance(server.transport, asyncio.WriteTransport):
                server.transport.abort()

    @property
    def settings(self) -> dict[str, str]:
        """What makes a desk use it."""
        port = self._mail.sockets[0].getsockname()[1]
        return {
            "SMS_URL": f"http://desk:{SMS_PASSWORD}@127.0.0.1:{self._runner.addresses[0][1]}/send",
            "SMTP_URL": f"smtp://desk:{MAIL_PASSWORD}@127.0.0.1:{port}",
            "MAIL_FROM": "Partyshop.vn <desk@example.vn>",
        }

    def codes(self, to: str) -> list[str]:
        """The codes that a contact was sent, in order."""
        return [sent.code for sent in self.sent if sent.to == to and sent.code]

    async def code_to(self, contact: str, number: int = 1) -> str:
        """Wait for the code that a contact is sent as its first, second ... one."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: len(self.codes(contact)) >= number)
        return self.codes(contact)[number - 1]

    async def _take(self, sent: Sent) -> None:
        async with self._changed:
            self.sent.append(sent)
            self._changed.notify_all()
        await asyncio.sleep(self.delay)

    async def _text_message(self, request: web.Request) -> web.Response:
        given = await request.json()
        sent = Sent(given["to"], given["text"], given["id"])
        if self.refusals:
            self.refused.append(sent)
            return web.Response(status=self.refusals.pop(0), text=sent.text)
        await self._take(sent)
        return web.Response()

    def _protocol(self) -> SMTP:
        def log_in(_: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
            return AuthResult(success=data.password == MAIL_PASSWORD.encode(), handled=False)

        server = SMTP(self, authenticator=log_in, auth_require_tls=False)
        self._mail_servers.append(server)
        return server

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by the mail server for every e-mail."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        await self._take(Sent(envelope.rcpt_tos[0], mail.get_content(), str(mail["Message-ID"])))
        return "250 OK"
