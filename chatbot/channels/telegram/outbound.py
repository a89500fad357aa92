"""A ``Reply`` -> messages of the Bot API, and its errors -> what the sender knows."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.constants import MessageLimit
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken

from chatbot.channels import Blocked, Later, Moved, Refused, Unsure
from chatbot.channels.layout import parts, utf16_units
from chatbot.channels.telegram.health import Health
from chatbot.channels.telegram.inbound import NAME
from chatbot.channels.telegram.transport import NotDone
from chatbot.messages import Address, Reply

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove

ROW_CHARACTERS = 32
"""What fits side by side on a narrow phone, about: labels and the room around them."""
MOST_IN_A_ROW = 4
PART_PAUSE_SECONDS = 1.0
"""Telegram asks for at most one message a second to one chat (Bot FAQ)."""

# The fixed beginning of a refusal: what Telegram quotes of our words comes after a colon or a quotation mark.
_REASON = re.compile(r"[A-Za-z_ ]{0,60}")


async def deliver(bot: Bot, to: Address, reply: Reply, health: Health) -> str:
    """Send a reply as one or more messages and return the id of the last.

    Once one part is out, a failure that would be Later is Unsure: sending all again would repeat it.
    Raises Later, Blocked, Refused, Unsure or Moved.
    """
    link = reply.link is not None and not reply.share and is_public(reply.link.url)
    texts = parts(reply, MessageLimit.MAX_TEXT_LENGTH, buttons=True, link=link, size=utf16_units)
    sent = ""
    for number, text in enumerate(texts, 1):
        if sent:
            await asyncio.sleep(PART_PAUSE_SECONDS)
        try:
            with delivery_errors(health):
                message = await bot.send_message(
                    chat_id=to.user,
                    text=text,
                    reply_markup=keyboard(reply, to, link=link) if number == len(texts) else None,
                    # A robot that previews the address would spend a one-time link.
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
        except Later as error:
            if sent:
                raise Unsure(f"only a first part was sent: {error}") from None
            raise
        sent = str(message.message_id)
    health.good("sending")
    return sent


def keyboard(reply: Reply, to: Address, *, link: bool) -> Markup | None:
    """The keyboard under a message.

    Telegram takes either buttons in the message or one in place of the phone's keyboard, never both,
    and only the latter can share a contact. So a reply with ``share`` shows its choices there too, where
    tapping one types its label. A later message without choices takes that keyboard away again.
    """
    if reply.share:
        rows = [[KeyboardButton(reply.share, request_contact=True)]]
        rows += [[KeyboardButton(label) for label in row] for row in _rows([b.label for b in reply.buttons])]
        return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
    buttons = iter([InlineKeyboardButton(b.label, callback_data=b.token) for b in reply.buttons])
    inline = [[next(buttons) for _ in row] for row in _rows([b.label for b in reply.buttons])]
    if reply.link and link:
        inline.append([InlineKeyboardButton(reply.link.label, url=reply.link.url)])
    if inline:
        return InlineKeyboardMarkup(inline)
    return None if to.user.startswith("-") else ReplyKeyboardRemove()


def _rows(labels: Sequence[str]) -> list[Sequence[str]]:
    """Labels in rows of equal length, as many to a row as the longest of them allows."""
    if not labels:
        return []
    longest = max(len(label) for label in labels) + 2
    across = max(1, min(MOST_IN_A_ROW, ROW_CHARACTERS // longest))
    return [labels[at : at + across] for at in range(0, len(labels), across)]


def is_public(url: str) -> bool:
    """Whether Telegram takes an address as a button: http(s) at a host that the world can name."""
    try:
        address = urlsplit(url)
        host = address.hostname or ""
    except ValueError:
        return False
    if address.scheme not in ("http", "https"):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal", ".test"))


@contextmanager
def delivery_errors(health: Health) -> Iterator[None]:
    """Turn whatever a call raises into one of the errors of a channel, without its address or words.

    The order matters: BadRequest and TimedOut are NetworkErrors too. What is not known to have failed
    (no answer in time, a connection that broke, an answer that makes no sense) is Unsure.
    """
    try:
        yield
    except NotDone as error:
        raise Later(error.message, error.after) from None
    except ChatMigrated as error:
        raise Moved(Address(NAME, str(error.new_chat_id))) from None
    except Forbidden:
        raise Blocked("the chat is shut") from None
    except InvalidToken as error:
        health.bad("sending", error)
        raise Later("Telegram does not accept the bot token") from None
    except Conflict:
        raise Later("conflict") from None
    except BadRequest as error:
        reason = _REASON.match(error.message)
        said = reason[0].strip() if reason else ""
        if said.casefold() == "chat not found":
            raise Blocked("chat not found") from None
        raise Refused(said or "bad request") from None
    except Exception as error:  # the call went out, and what came back cannot be told
        raise Unsure(type(error).__name__) from None
