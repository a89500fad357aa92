"""The outlets for codes and notices, against a real SMTP server and a stand-in for an SMS gateway."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientTimeout, web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from chatbot.channels import Blocked, Later, Moved, Pace, Refused, Unsure
from chatbot.messages import Address, Button, Link, Reply
from chatbot.outlets.mail import Mailer
from chatbot.outlets.sms import SmsGateway
from chatbot.outlets.staff import StaffOutlet

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PHONE = Address("sms", "+84900000001")
MAILBOX = Address("email", "thu@example.com")
REF = UUID("01900000-0000-7000-8000-000000000001")
CODE = Reply("Mã xác nhận\n\nMã của quý khách là 123456.", ref=REF)


@pytest.fixture
def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wall() -> datetime:
    """A fixed time."""
    return NOW


# -- SMS ---------------------------------------------------------------------------------------------


@dataclass
class Gateway:
    """A gateway that answers as told and remembers what it was asked."""

    url: str = ""
    answer: Callable[[], web.Response] = web.Response
    asked: list[tuple[web.Request, dict[str, str]]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Note the request and answer it."""
        self.asked.append((request, await request.json()))
        return self.answer()


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway on a port of this machine."""
    it = Gateway()
    app = web.Application()
    app.router.add_post("/send", it.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    it.url = f"http://shop:m%C3%A0@127.0.0.1:{runner.addresses[0][1]}/send?v=1"
    yield it
    await runner.cleanup()


@pytest.fixture
async def sms(gateway: Gateway) -> AsyncIterator[SmsGateway]:
    """The outlet at work."""
    outlet = SmsGateway(gateway.url)
    yield outlet
    await outlet.close()


async def test_a_text_message_is_one_request(gateway: Gateway, sms: SmsGateway) -> None:
    """Number, words and id travel as JSON; the password only in its header."""
    assert await sms.send(PHONE, CODE) is None
    request, message = gateway.asked[0]
    assert message == {"to": PHONE.user, "text": CODE.text, "id": str(REF)}
    assert request.path_qs == "/send?v=1"
    assert request.headers["Authorization"] == f"Basic {base64.b64encode('shop:mà'.encode()).decode()}"
    assert sms.health() is None


@pytest.mark.parametrize(
    ("status", "headers", "error", "after", "told"),
    [
        (429, {"Retry-After": "7"}, Later, 7.0, False),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, Later, None, True),
        (503, {}, Later, None, True),
        (400, {}, Refused, None, False),
        (401, {}, Refused, None, True),
        (403, {}, Refused, None, True),
        (404, {}, Refused, None, False),
        (422, {}, Refused, None, False),
        (302, {"Location": "http://127.0.0.1:9/"}, Refused, None, False),
        (500, {}, Unsure, None, True),
        (504, {}, Unsure, None, True),
    ],
)
async def test_what_the_gateway_answers_decides(
    gateway: Gateway,
    sms: SmsGateway,
    status: int,
    headers: dict[str, str],
    error: type[Exception],
    after: float | None,
    told: bool,
) -> None:
    """Later where it asks for patience, Refused where it says no, Unsure where it broke; the operator is told
    of what is wrong with the gateway, nobody of what it says of one number."""
    gateway.answer = lambda: web.Response(status=status, headers=headers)
    with pytest.raises(error) as raised:
        await sms.send(PHONE, CODE)
    assert getattr(raised.value, "after", None) == after
    assert (str(status) in (sms.health() or "")) == told
    gateway.answer = web.Response
    await sms.send(PHONE, CODE)
    assert sms.health() is None


async def test_a_gateway_that_hangs_up_or_keeps_silent_leaves_it_unsure(
    gateway: Gateway, sms: SmsGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the request is out, only an answer tells whether the message was sent."""

    def hang_up() -> web.Response:
        transport = gateway.asked[-1][0].transport
        assert transport is not None
        transport.abort()
        return web.Response()

    gateway.answer = hang_up
    with pytest.raises(Unsure):
        await sms.send(PHONE, CODE)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    monkeypatch.setattr("chatbot.outlets.sms.TIMEOUT", ClientTimeout(total=0.2))
    slow = SmsGateway(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    with pytest.raises(Unsure):
        await slow.send(PHONE, CODE)
    await slow.close()
    server.close()


async def test_a_gateway_that_is_not_there_is_tried_again(closed_port: int) -> None:
    """A refused connection has sent nothing, and what is logged of it names no password."""
    outlet = SmsGateway(f"http://shop:secret@127.0.0.1:{closed_port}/send")
    with pytest.raises(Later) as raised:
        await outlet.send(PHONE, CODE)
    await outlet.close()
    assert "secret" not in f"{raised.value!r}{outlet.health()}"


async def test_only_a_phone_number_gets_a_text_message(gateway: Gateway, sms: SmsGateway) -> None:
    """Whatever else stands in the address is refused before anything is sent."""
    for wrong in ("", "0900000001", "+84900000001\n", "thu@example.com"):
        with pytest.raises(Refused):
            await sms.send(Address("sms", wrong), CODE)
    assert gateway.asked == []


# -- e-mail ------------------------------------------------------------------------------------------


class Mailbox:
    """A mail server's handler that keeps what it takes; ``say`` answers a command in its place."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.hello = ""
        self.say: dict[str, str] = {}

    async def handle_MAIL(
        self, _: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM."""
        self.hello = str(session.host_name)
        envelope.mail_from = address
        return self.say.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RCPT TO."""
        self._maybe_hang_up(server, "RCPT")
        envelope.rcpt_tos.append(address)
        return self.say.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:
        """The end of the message."""
        self.taken.append(envelope)
        self._maybe_hang_up(server, "DATA")
        return self.say.get("DATA", "250 OK")

    def _maybe_hang_up(self, server: SMTP, command: str) -> None:
        if self.say.get(command) == "hang up":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()


@asynccontextmanager
async def mail_server(handler: Mailbox, **options: Any) -> AsyncIterator[int]:
    """An SMTP server on a port of this machine."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, loop=loop, hostname="mx.example.com", **options), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def mailer(port: int, login: str = "") -> Mailer:
    """The outlet, sending as the shop."""
    return Mailer(f"smtp://{login}127.0.0.1:{port}", "Partyshop.vn", "partyshop@example.vn", wall)


async def mail(handler: Mailbox, reply: Reply = CODE) -> EmailMessage:
    """Send one e-mail and return it as the server took it."""
    async with mail_server(handler) as port:
        assert await mailer(port).send(MAILBOX, reply) is None
    content = handler.taken[0].content
    assert isinstance(content, bytes)
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


async def test_an_email_is_correct_and_tells_nothing_of_this_machine() -> None:
    """Headers as the standards want them, in ASCII; id and greeting bear the shop's domain."""
    server = Mailbox()
    message = await mail(server)
    assert server.hello == "example.vn"
    assert (server.taken[0].mail_from, server.taken[0].rcpt_tos) == ("partyshop@example.vn", [MAILBOX.user])
    assert {name: str(message[name]) for name in ("From", "To", "Date", "Message-ID", "Auto-Submitted")} == {
        "From": '"Partyshop.vn" <partyshop@example.vn>',
        "To": MAILBOX.user,
        "Date": "Tue, 24 Nov 2026 02:00:00 +0000",
        "Message-ID": f"<{REF}@example.vn>",
        "Auto-Submitted": "auto-generated",
    }
    assert message["Subject"] == "Mã xác nhận"
    assert message.get_content().split("\r\n") == ["Mã của quý khách là 123456.", ""]
    content = server.taken[0].content
    assert isinstance(content, bytes)
    assert content.isascii()


@pytest.mark.parametrize(
    "text",
    ["Một dòng.", "Một dòng\nvà một dòng.\n\nHết.", "x" * 200 + "\n\nHết.", "a\rBcc: b@example.com\n\nc"],
)
async def test_without_a_title_line_the_shops_name_is_the_subject(text: str) -> None:
    """What is no title stays in the body, and no text can add a header."""
    message = await mail(Mailbox(), Reply(text))
    assert message["Subject"] == "Partyshop.vn"
    assert message["Bcc"] is None
    assert message.get_content().split() == text.split()


async def test_choices_and_links_become_lines_of_the_email() -> None:
    """An e-mail has no buttons."""
    reply = Reply("Xem", (Button("t", "Có"),), Link("Trang", "https://example.vn/"))
    body = (await mail(Mailbox(), reply)).get_content()
    assert "1. Có" in body
    assert "Trang: https://example.vn/" in body


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("MAIL", "451 later", Later),
        ("MAIL", "550 thu@example.com no", Refused),
        ("RCPT", "450 greylisted", Later),
        ("RCPT", "550 no such user thu@example.com", Refused),
        ("RCPT", "hang up", Later),
        ("DATA", "452 full", Later),
        ("DATA", "554 spam", Refused),
        ("DATA", "hang up", Unsure),
    ],
)
async def test_what_the_mail_server_answers_decides(
    command: str, answer: str, error: type[Exception]
) -> None:
    """4xx is Later, 5xx Refused; broken off before the message is Later, after it Unsure."""
    server = Mailbox()
    server.say[command] = answer
    async with mail_server(server) as port:
        outlet = mailer(port)
        with pytest.raises(error) as raised:
            await outlet.send(MAILBOX, CODE)
    assert MAILBOX.user not in repr(raised.value)
    assert (outlet.health() is not None) == (answer == "hang up")


async def test_a_mail_server_that_is_not_there_is_tried_again(closed_port: int) -> None:
    """Nothing was sent, and the operator is told until it works again."""
    outlet = mailer(closed_port)
    with pytest.raises(Later):
        await outlet.send(MAILBOX, CODE)
    assert "SMTP_URL" in (outlet.health() or "")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_wrong_login_is_told_and_tried_again() -> None:
    """The password may be put right, so the message is not lost; it shows nowhere."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        right = getattr(data, "login", b"") == b"shop" and getattr(data, "password", b"") == "mã".encode()
        return AuthResult(success=right, handled=False)

    options = {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    server = Mailbox()
    async with mail_server(server, **options) as port:
        outlet = mailer(port, "shop:wrong@")
        with pytest.raises(Later) as raised:
            await outlet.send(MAILBOX, CODE)
        assert "wrong" not in f"{raised.value!r}{outlet.health()}"
        await mailer(port, "shop:m%C3%A3@").send(MAILBOX, CODE)
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "wrong", ["", "thu", "thu@example.com\r\nDATA", "thu@example.com>", "a b@example.com", "hồng@example.com"]
)
async def test_only_a_plain_address_gets_an_email(wrong: str) -> None:
    """Nothing in an address can become a command or a header."""
    server = Mailbox()
    async with mail_server(server) as port:
        with pytest.raises(Refused):
            await mailer(port).send(Address("email", wrong), CODE)
    assert server.taken == []


# -- staff -------------------------------------------------------------------------------------------


class Group:
    """An outlet that notes what it is given, or raises."""

    name = "chat"
    pace = Pace(per_second=30, chat_per_second=1, group_per_minute=20)

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.sent = error, list[tuple[Address, Reply]]()

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Note it."""
        if self.error:
            raise self.error
        self.sent.append((to, reply))
        return "7"


async def test_a_notice_to_staff_goes_to_their_address() -> None:
    """Wherever the outbox believes it goes, at the pace of a group where it is one."""
    group = Group()
    outlet = StaffOutlet(group, Address("chat", "-100"), hears=True)
    assert await outlet.send(Address("staff", "staff"), CODE) == "7"
    assert group.sent == [(Address("chat", "-100"), CODE)]
    assert outlet.pace.per_second == pytest.approx(20 / 60)
    assert StaffOutlet(group, Address("chat", "5"), hears=True).pace.per_second == 1


async def test_staff_without_a_group_read_the_words_and_a_link() -> None:
    """By e-mail nothing can be pressed: no buttons, and no numbers in their place."""
    card = Reply(
        "KN-2026-000001-X · Lộ dữ liệu\nHôm nay là hạn cuối.",
        (Button("seen:KN-2026-000001-X:1764150000", "Đã nắm"), Button("take:KN-2026-000001-X", "Nhận việc")),
        Link("Mở trong phòng nhân viên", "https://desk.example.vn/staff/case/KN-2026-000001-X"),
    )
    handler = Mailbox()
    async with mail_server(handler) as port:
        await StaffOutlet(mailer(port), MAILBOX, hears=False).send(Address("staff", "staff"), card)
    content = handler.taken[0].content
    assert isinstance(content, bytes)
    body = message_from_bytes(content, policy=default).get_content()
    assert body.splitlines() == [
        *card.text.splitlines(),
        "",
        "Mở trong phòng nhân viên: https://desk.example.vn/staff/case/KN-2026-000001-X",
    ]


async def test_a_staff_group_that_moved_does_not_lose_notices() -> None:
    """They wait until the settings name the new group; other errors pass as they are."""
    with pytest.raises(Later):
        await group_outlet(Moved(Address("chat", "-2"))).send(PHONE, CODE)
    with pytest.raises(Blocked):
        await group_outlet(Blocked("shut")).send(PHONE, CODE)


@pytest.mark.parametrize(
    "error", [Blocked("left"), Refused("no such group"), Moved(Address("chat", "-2")), Later("no network")]
)
async def test_a_group_that_does_not_take_a_warning_is_no_reason_to_keep_it(error: Exception) -> None:
    """It goes to the mailbox of the staff, without buttons; the health tells so until the group takes one."""
    group, mailbox = Group(error), Group()
    by_mail = StaffOutlet(mailbox, MAILBOX, hears=False)
    outlet = StaffOutlet(group, Address("chat", "-1"), hears=True, instead=by_mail)
    card = Reply("KN-2026-000001-X", (Button("take:KN-2026-000001-X", "Nhận việc"),))
    assert await outlet.send(Address("staff", "staff"), card) == "7"
    assert mailbox.sent == [(MAILBOX, Reply("KN-2026-000001-X"))]
    assert "STAFF_EMAIL" in (outlet.health() or "")
    group.error = None
    await outlet.send(Address("staff", "staff"), card)
    assert outlet.health() is None
    assert len(mailbox.sent) == 1


@pytest.mark.parametrize("error", [Later("flood", 3), Unsure("no answer")])
async def test_a_group_that_asks_for_patience_gets_it(error: Exception) -> None:
    """Too many messages in a minute, or nobody knows whether it arrived: nothing goes twice."""
    by_mail = StaffOutlet(Group(), MAILBOX, hears=False)
    outlet = StaffOutlet(Group(error), Address("chat", "-1"), hears=True, instead=by_mail)
    with pytest.raises(type(error)):
        await outlet.send(PHONE, CODE)


def group_outlet(error: Exception) -> StaffOutlet:
    """Staff's outlet to a group that does not take messages."""
    return StaffOutlet(Group(error), Address("chat", "-1"), hears=True)
