"""An event of Zalo's webhook -> what it means here. Pure: no network, no clock.

Every field that is used is checked for its type: samples in Zalo's own documentation lack some, and the
console's test events lack most.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chatbot.channels.zalo.files import file_refs
from chatbot.messages import Address, Contact, Inbound

NAME = "zalo"
TAP = "#c:"
"""How the payload of our buttons begins. Zalo sends it as an ordinary text when one is tapped, so anybody
can type it too: behind it stands a token, which the engine looks up."""

TEST_MESSAGE = "This is message id"
"""The message id of the console's test events: nobody wrote them."""

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""Zalo's ids are digits; should they ever be more, that is no reason to turn a customer away."""
_START = "/start"
_SUBMITTED = ("Bạn đã gởi thông tin cho", "Bạn đã gửi thông tin cho")
"""How the text begins that may come in the person's name beside what they entered in a form."""

Json = Mapping[str, Any]


class NotAnEvent(ValueError):
    """The body is no event of Zalo's. Never carries any of it."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A person has left the OA (``blocked``) or follows it again."""

    address: Address
    blocked: bool


@dataclass(frozen=True, slots=True)
class Takeover:
    """Somebody of the shop has written to a person in OA Chat."""

    address: Address
    at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A person has withdrawn, towards Zalo, their consent to our having their data."""

    address: Address
    delivery: str


Event = Inbound | Membership | Takeover | Withdrawal


def read(event: Json, now: datetime) -> Event | None:
    """What an event means, or None where it means nothing to us: receipts, echoes of our own messages,
    groups, anonymous visitors, calls, and kinds that are not known. Raises NotAnEvent.
    """
    name = event.get("event_name")
    if not isinstance(name, str):
        raise NotAnEvent("no name")
    message = event.get("message")
    message = message if isinstance(message, dict) else {}
    if TEST_MESSAGE in (message.get("msg_id"), *_texts(message.get("msg_ids"))):
        return None
    at = _moment(event.get("timestamp"), now)
    if name.startswith("oa_send_"):
        return _takeover(event, at)
    match name:
        case "follow" | "unfollow":
            user = _user(_object(event, "follower").get("id"))
            testing = event.get("source") == "testing_webhook"
            return None if testing else Membership(user, blocked=name == "unfollow")
        case "user_click_chatnow":
            # Once per person, who has never written: the first words are ours.
            user = _user(event.get("user_id"))
            return Inbound(user, _digest(name, user, event), at, text=_START)
        case "user_withdraw":
            user = _user(event.get("user_id"))
            return Withdrawal(user, _digest(name, user, event))
        case "user_submit_info":
            return _submitted(event, at)
        case _ if name.startswith("user_send_") and not name.startswith("user_send_group_"):
            return _message(event, message, at)
    return None


def _message(event: Json, message: Json, at: datetime) -> Inbound | None:
    user = _user(_object(event, "sender").get("id"))
    delivery = message.get("msg_id")
    if not isinstance(delivery, str) or not 0 < len(delivery) <= 64 or not delivery.isprintable():
        raise NotAnEvent("no message id")
    text = _text(message.get("text"))
    attachments = message.get("attachments")
    files = file_refs(attachments) if isinstance(attachments, list) else ()
    if text is not None and text.startswith(_SUBMITTED):
        return None
    if text is not None and text.startswith(TAP):
        return Inbound(user, delivery, at, press=text.removeprefix(TAP))
    return Inbound(user, delivery, at, text=text, files=files)


def _takeover(event: Json, at: datetime) -> Takeover | None:
    """An echo of what the OA has sent: by hand where it names who; to a person, not to a group."""
    user = _object(event, "recipient").get("id")
    if not _object(event, "sender").get("admin_id") or not isinstance(user, str) or not _ID.fullmatch(user):
        return None
    return Takeover(Address(NAME, user), at)


def _submitted(event: Json, at: datetime) -> Inbound | None:
    """The form for contact data. What is entered there is a claim: Zalo vouches for nothing."""
    user = _user(_object(event, "sender").get("id"))
    phone = _object(event, "info").get("phone")
    if not isinstance(phone, str | int) or not str(phone).strip():
        return None
    phone = str(phone).replace("\0", "")
    international = f"+{phone}" if re.fullmatch(r"84[0-9]{9,10}", phone) else phone
    return Inbound(user, _digest("user_submit_info", user, event), at, contact=Contact(international, False))


def _digest(name: str, user: Address, event: Json) -> str:
    """What stands for a delivery that has no id: the same when the same event comes again."""
    parts = "\n".join((name, user.user, str(event.get("timestamp"))))
    return hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()


def _object(event: Json, name: str) -> Json:
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _user(value: object) -> Address:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise NotAnEvent("no user")
    return Address(NAME, value)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise NotAnEvent("a text was expected")
    return value.replace("\0", "")  # PostgreSQL cannot store it


def _moment(value: object, now: datetime) -> datetime:
    """Milliseconds since 1970, as a text. Samples of the documentation have too few digits; what is no
    time, or is yet to come, counts as now."""
    digits = str(value)
    if not re.fullmatch(r"[0-9]{13}", digits):
        return now
    return min(datetime.fromtimestamp(int(digits) / 1000, UTC), now)
