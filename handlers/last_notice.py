"""The notice that a record is to be erased: by which way it reaches its customer, and in which words.

Nothing in it says whose record it is: it may lie open on a locked telephone, or reach a number that is
somebody else's by now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from chatbot.conversation import Notice, Say, ToChat, ToContact
from chatbot.messages import Kind
from chatbot.shop import Shop
from chatbot.values import WithWeekday
from handlers.arrivals import Reach
from models.chat import Chat
from models.customer import Customer, Stage
from models.keeping import period
from models.retention import contacts_of

WHICH = {Stage.KEPT: "first", Stage.TOLD: "second"}
"""The words of the notice that is due in each stage."""


@dataclass(frozen=True, slots=True)
class LastWay:
    """A chat in which the record was opened, or a contact of the record; ``language`` where one is known."""

    chat: Chat | None = None
    contact: tuple[Kind, str] | None = field(default=None, repr=False)
    language: str | None = None

    @property
    def name(self) -> str:
        """Which kind of way it is, for the trail."""
        return "chat" if self.chat else str(self.contact and self.contact[0])


async def last_ways(
    ids: Sequence[UUID], reach: Reach, now: datetime
) -> list[tuple[Customer, LastWay | None]]:
    """Records with the way by which each can be reached, None where nobody can be."""
    customers = await Customer.filter(id__in=list(ids), frozen_at=None).select_related("key")
    chats = await Chat.filter(record__in=list(ids)).order_by("-last_inbound_at")
    order = {identity: place for place, identity in enumerate(ids)}
    customers.sort(key=lambda one: order[one.id])
    return [
        (one, _way(one, [chat for chat in chats if chat.record == one.id], reach, now)) for one in customers
    ]


def _way(customer: Customer, chats: Sequence[Chat], reach: Reach, now: datetime) -> LastWay | None:
    """The chat in which the record was opened last that still takes our messages, and shows them to somebody
    who does not look for them by themself; else a contact, the second notice another than the first where
    there are several."""
    chat = next((one for one in chats if reach.takes(one, now)), None)
    if chat:
        return LastWay(chat=chat)
    contacts = [one for one in contacts_of(customer) if one[0] in reach.kinds]
    if not contacts:
        return None
    contacts.sort(key=lambda contact: contact[0] is not Kind.EMAIL)
    contact = contacts[customer.retention % len(contacts)]
    return LastWay(contact=contact, language=chats[0].language if chats else None)


def last_notice(customer: Customer, way: LastWay, day: date, shop: Shop, page: str | None) -> Notice:
    """What is said: until when, why, and how to keep the record. It need not be answered by who does not."""
    which = WHICH[customer.retention]
    said = {"shop": shop.name, "due": WithWeekday(day), "period": period(shop.retention_years)}
    if way.chat:
        return ToChat(way.chat.id, Say(f"retention.chat.{which}", **said))
    assert way.contact
    words = Say(f"retention.contact.{which}", **said, how=_how(page, shop))
    return ToContact(*way.contact, words, language=way.language, subject=customer.id)


def _how(page: str | None, shop: Shop) -> Say:
    """Where one proves that one is still there."""
    return Say("retention.how.page", page=page) if page else Say("retention.how.chat", email=shop.email)
