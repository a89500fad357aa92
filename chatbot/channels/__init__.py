"""What a channel is: it turns what comes in into ``Inbound``, and sends a ``Reply``.

A channel knows no conversation and no table. It hands each message to ``receive`` and confirms it to
the outside only after that has returned.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from chatbot.messages import Ability, Address, FileRef, Inbound, Reply, StaffInbound
from chatbot.messages import Busy as Busy

Receive = Callable[[Inbound], Awaitable[None]]
"""Store and answer one message. Returns when it is stored; raises Busy when it cannot be."""


ReceiveStaff = Callable[[StaffInbound], Awaitable[str | None]]
"""Store and do what somebody of the staff typed or pressed; what to tell them alone, if anything. Raises
Busy as ``Receive`` does."""


class DeliveryError(Exception):
    """A message was not delivered, or may not have been. Never carries the message or an address."""


class Later(DeliveryError):
    """Not delivered; may be tried again, after so many seconds where the channel says so."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Blocked(DeliveryError):
    """The person has shut this chat; nothing can be delivered until they write again."""


class Refused(DeliveryError):
    """The channel will never take this message; trying again changes nothing."""


class Unsure(DeliveryError):
    """The message may or may not have been delivered."""


class Moved(DeliveryError):
    """The chat goes on under another address; nothing was delivered."""

    def __init__(self, to: Address) -> None:
        super().__init__("moved")
        self.to = to


class Gone(Exception):
    """A file's handle has died: the customer must send the file again."""


class TooBig(Gone):
    """The file is larger than the channel hands over: a smaller one is needed."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a channel may be used: messages per second over all and per chat, and per minute in
    a group (``is_group`` tells which chats are groups). Zero means without a limit."""

    per_second: float = 0
    chat_per_second: float = 0
    group_per_minute: float = 0

    def is_group(self, user: str) -> bool:
        """Telegram's group ids are negative; no other channel has ids that begin with a dash."""
        return user.startswith("-")


class Outlet(Protocol):
    """Where messages go out: a channel, an SMS gateway, a mail server."""

    name: str
    pace: Pace

    async def send(self, to: Address, reply: Reply) -> str | None:
        """Deliver one message and return the outside's id of it, if it has one.

        Raises Later, Blocked, Refused, Unsure or Moved.
        """


class Channel(Outlet, Protocol):
    """An outlet that customers also write in by."""

    abilities: frozenset[Ability]

    def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces. Raises Gone when the handle has died (TooBig when
        the file is too large for the channel), Later on a fault."""
