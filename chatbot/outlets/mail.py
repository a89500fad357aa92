"""E-mail over SMTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from uuid import uuid4

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
)
from yarl import URL

from chatbot.channels import DeliveryError, Later, Pace, Refused, Unsure
from chatbot.channels.layout import parts
from chatbot.messages import Address, Reply

SECONDS = 15
"""How long each step of the conversation with the mail server may take."""
MOST_CHARACTERS = 50_000
LONGEST_SUBJECT = 100
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
"""RFC 5321, section 4.1.2, without quoted local parts: nothing in it can end a command or a header."""


class Mailer:
    """The outlet "email".

    ``url`` is ``smtp://USER:PASSWORD@HOST:PORT``, made secure by STARTTLS where the server offers it, or
    ``smtps://`` for TLS from the start; without a port 587 or 465. ``name`` and ``address`` are the
    sender's. ``wall`` is real time, for the Date header.

    The first line of a message is the subject where a blank line follows it; otherwise the subject is
    the sender's name.
    """

    name = "email"
    pace = Pace()

    def __init__(self, url: str, name: str, address: str, wall: Callable[[], datetime]) -> None:
        server = URL(url)
        self._sender = Mailbox(name, addr_spec=address)
        self._wall = wall
        self._secure = server.scheme == "smtps"
        self._host, self._port = server.host or "", server.explicit_port or (465 if self._secure else 587)
        self._user, self._password = server.user, server.password
        self._trouble: str | None = None

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Send one e-mail. Raises Later, Refused, or Unsure once the message itself is under way."""
        if not _ADDRESS.fullmatch(to.user):
            raise Refused("not an e-mail address")
        message = self._message(to.user, reply)
        # A client of its own for each message. local_hostname: else the name of this machine is told.
        client = SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._secure,
            local_hostname=self._sender.domain,
            timeout=SECONDS,
        )
        try:
            with self._errors(Later):
                await client.connect()
                await client.mail(self._sender.addr_spec)
                await client.rcpt(to.user)
            with self._errors(Unsure):
                await client.data(message.as_bytes())
            self._trouble = None
            with suppress(SMTPException, OSError):  # it was accepted; how we part does not matter
                await client.quit()
        finally:
            client.close()
        return None

    def health(self) -> str | None:
        """None while the server takes messages, whatever it says of one recipient; else one line: what is
        wrong and what to do."""
        return self._trouble

    def _message(self, to: str, reply: Reply) -> EmailMessage:
        subject, body = _subject(parts(reply, MOST_CHARACTERS, buttons=False, link=False)[0])
        message = EmailMessage(policy=POLICY)
        message["From"] = self._sender
        message["To"] = Mailbox(addr_spec=to)
        message["Subject"] = subject or self._sender.display_name or self._sender.domain
        message["Date"] = self._wall()
        message["Message-ID"] = f"<{reply.ref or uuid4()}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply to a robot
        message.set_content(body, cte="quoted-printable")
        return message

    @contextmanager
    def _errors(self, otherwise: type[Later] | type[Unsure]) -> Iterator[None]:
        """Turn what the server says into what the sender knows; its own words may quote the address."""
        error: DeliveryError
        try:
            yield
            return
        except (SMTPAuthenticationError, SMTPConnectResponseError, SMTPHeloError) as answer:
            # It refuses us, not this message.
            self._trouble = f"the mail server refuses us ({answer.code}): check SMTP_URL and MAIL_FROM"
            error = Later(f"SMTP {answer.code}")
        except SMTPResponseException as answer:
            error = Later(f"SMTP {answer.code}") if answer.code < 500 else Refused(f"SMTP {answer.code}")
        except (SMTPException, OSError) as problem:
            kind = type(problem).__name__
            self._trouble = f"the mail server cannot be reached ({kind}): check SMTP_URL and the server"
            error = otherwise(kind)
        raise error


def _subject(text: str) -> tuple[str | None, str]:
    first, blank, rest = text.partition("\n\n")
    if blank and len(first.splitlines()) == 1 and len(first) <= LONGEST_SUBJECT:
        return first, rest
    return None, text
