"""What a handler knows of something that was typed or pressed where staff are told.

Like a ``Turn`` of a conversation, but nothing is asked: each stands for itself. A handler sends nothing,
names no channel, reads no clock and opens no transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from chatbot.conversation import Offer, Say, ToStaff
from chatbot.messages import StaffInbound
from chatbot.shop import Shop


@dataclass(frozen=True)
class StaffTurn:
    """``now`` follows the desk's clock; ``wall`` is real time. ``notices`` are what staff will be told."""

    said: StaffInbound
    shop: Shop
    now: datetime
    wall: datetime
    notices: list[ToStaff] = field(default_factory=list)

    def tell(self, say: Say, *, page: str | None = None, offers: tuple[Offer, ...] = ()) -> None:
        """Have all staff told, once this is stored; as ``ToStaff`` says, never anything personal."""
        self.notices.append(ToStaff(say, page=page, offers=offers))


Hear = Callable[[StaffTurn], Awaitable[Say | None]]
"""Does what somebody asks, in the running transaction; what to tell them alone, if anything."""
