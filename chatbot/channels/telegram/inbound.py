"""An update of the Bot API -> what it means here. Pure: no network, no clock.

Every field that is used is checked for its type, because ``Update.de_json`` takes anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from chatbot.channels.telegram.files import file_refs, printable
from chatbot.messages import Address, Contact, Inbound, StaffInbound

NAME = "telegram"
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that are asked for and read; every other kind is ignored."""

_COMMAND = re.compile(r"(/\w+)@(\w+)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")

# What happens in a private chat without the person having said anything.
_SERVICE = (
    "pinned_message",
    "message_auto_delete_timer_changed",
    "write_access_allowed",
    "chat_background_set",
    "proximity_alert_triggered",
    "connected_website",
    "boost_added",
)


class NotAnUpdate(ValueError):
    """The body is no update of the Bot API. Never carries any of it."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A button was tapped. ``inbound`` is None where there is no chat to answer in; ``message_id``
    names the message that carries the keyboard, where it can still be changed and serves no more."""

    query_id: str
    inbound: Inbound | StaffInbound | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Membership:
    """A person has shut (``blocked``) or opened again their chat with the bot."""

    address: Address
    blocked: bool


@dataclass(frozen=True, slots=True)
class Migration:
    """A group has become a supergroup and goes on under another id."""

    old: str
    new: str


Event = Inbound | StaffInbound | Tap | Membership | Migration


def read(
    update: object, *, username: str | None, now: datetime, staff_chat: str | None = None
) -> Event | None:
    """What an update means, or None where it means nothing to us (other kinds, other groups, bots).

    ``username`` is the bot's own, where it is known, ``staff_chat`` the id of the group in which staff are
    told and heard. Raises NotAnUpdate.
    """
    try:
        return _read(update, username, now, staff_chat)
    except NotAnUpdate:
        raise
    except Exception as error:  # the SDK's parser promises no particular error for a hostile body
        raise NotAnUpdate(type(error).__name__) from None


def _read(update: object, username: str | None, now: datetime, staff_chat: str | None) -> Event | None:
    if not isinstance(update, dict):
        raise NotAnUpdate("no object")
    delivery = str(_integer(update.get("update_id"), low=0))
    kinds = [kind for kind in KINDS if kind in update]
    if not kinds:
        return None
    if len(kinds) > 1:
        raise NotAnUpdate("several kinds in one update")
    parsed = Update.de_json({"update_id": int(delivery), kinds[0]: update[kinds[0]]})
    if parsed.callback_query:
        return _tap(parsed.callback_query, delivery, now, staff_chat)
    if parsed.my_chat_member:
        return _membership(parsed.my_chat_member)
    if parsed.message:
        if parsed.message.chat.type != ChatType.PRIVATE:
            return _of_group(parsed.message, delivery, username, now, staff_chat)
        return _message(parsed.message, delivery, username, now, edited=False)
    if parsed.edited_message:
        if parsed.edited_message.chat.type != ChatType.PRIVATE:
            return None
        return _message(parsed.edited_message, delivery, username, now, edited=True)
    raise NotAnUpdate("empty")


def _message(
    message: Message, delivery: str, username: str | None, now: datetime, *, edited: bool
) -> Inbound | None:
    chat = str(_integer(message.chat.id))
    at = _moment(message.edit_date or message.date, now)
    text = _text(message.text) or _text(message.caption)
    sender = message.from_user
    if sender is None or sender.is_bot is not False:
        return None
    if _integer(sender.id, low=1) != message.chat.id:
        raise NotAnUpdate("a private chat of somebody else")
    inbound = Inbound(
        Address(NAME, chat),
        delivery,
        at,
        text=_without_own_name(text, username) if text else None,
        contact=_contact(message, sender.id) if message.contact else None,
        files=file_refs(message),
        group=printable(message.media_group_id),
        edited=edited,
        language=_language(sender.language_code),
    )
    silent = not (inbound.text or inbound.contact or inbound.files)
    # A live location is edited every few seconds: an edit without words or files says nothing.
    if silent and (edited or any(getattr(message, name) for name in _SERVICE)):
        return None
    return inbound


def _of_group(
    message: Message, delivery: str, username: str | None, now: datetime, staff_chat: str | None
) -> StaffInbound | Migration | None:
    """The staff's group is heard; of any other only that it has moved. A person's id is that of their
    private chat with the bot."""
    chat, at, text = str(_integer(message.chat.id)), _moment(message.date, now), _text(message.text)
    if message.migrate_to_chat_id is not None:
        return Migration(chat, str(_integer(message.migrate_to_chat_id)))
    sender = message.from_user
    if chat != staff_chat or not text or sender is None:
        return None
    # An administrator who writes as the group comes as a bot of Telegram's, whom nobody has linked.
    as_group = message.sender_chat is not None and message.sender_chat.id == message.chat.id
    if sender.is_bot is not False and not as_group:
        return None
    who = Address(NAME, str(_integer(sender.id, low=1)))
    return StaffInbound(who, delivery, at, text=_without_own_name(text, username))


def _tap(query: CallbackQuery, delivery: str, now: datetime, staff_chat: str | None) -> Tap | None:
    query_id = _text(query.id)
    if not query_id:
        raise NotAnUpdate("no id")
    message, data = query.message, _text(query.data)
    sender = _integer(query.from_user.id, low=1)
    if message is not None and message.chat.type != ChatType.PRIVATE:
        if str(_integer(message.chat.id)) != staff_chat or not data or query.from_user.is_bot is not False:
            return None
        return Tap(query_id, StaffInbound(Address(NAME, str(sender)), delivery, now, press=data), None)
    if message is None or data is None or query.from_user.is_bot is not False:
        return Tap(query_id, None, None)
    if _integer(message.chat.id) != sender:
        raise NotAnUpdate("a private chat of somebody else")
    inbound = Inbound(
        Address(NAME, str(sender)),
        delivery,
        now,  # Telegram does not say when a button was tapped
        press=data,
        language=_language(query.from_user.language_code),
    )
    return Tap(query_id, inbound, _integer(message.message_id) if message.is_accessible else None)


def _membership(change: ChatMemberUpdated) -> Membership | None:
    chat = str(_integer(change.chat.id))
    if change.chat.type != ChatType.PRIVATE:
        return None
    status = change.new_chat_member.status
    if status not in (ChatMemberStatus.BANNED, ChatMemberStatus.MEMBER):
        return None
    return Membership(Address(NAME, chat), blocked=status == ChatMemberStatus.BANNED)


def _contact(message: Message, sender: int) -> Contact:
    """The card, and whether it is the sender's own: Telegram fills in ``user_id`` from the number.

    A card that was forwarded or came through another bot proves nothing. The card's own ``vcard``
    is written by the sender's device and never read.
    """
    card = message.contact
    phone = _text(card.phone_number) if card else None
    if card is None or not phone:
        raise NotAnUpdate("a contact without a number")
    own = card.user_id is not None and _integer(card.user_id) == sender
    own = own and message.forward_origin is None and message.via_bot is None
    # Telegram writes account numbers internationally, often without the plus sign.
    return Contact(f"+{phone}" if own and phone[0] in "123456789" else phone, own)


def _without_own_name(text: str, username: str | None) -> str:
    found = _COMMAND.match(text)
    if found and username and found[2].casefold() == username.casefold():
        return found[1] + text[found.end() :]
    return text


def _moment(at: datetime, now: datetime) -> datetime:
    if at.timestamp() < 0:
        raise NotAnUpdate("a time before Telegram's")
    return min(at, now)


def _language(value: object) -> str | None:
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else None


def _integer(value: Any, low: int = -(2**52)) -> int:
    """Telegram's identifiers have at most 52 significant bits (Bot API, type Chat)."""
    if type(value) is not int or not low <= value <= 2**52:
        raise NotAnUpdate("a number was expected")
    return value


def _text(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise NotAnUpdate("a text was expected")
    return value.replace("\0", "")  # PostgreSQL cannot store it
