"""Whose is what: the chats, cases and requests of a customer, and what each is called in a package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from chatbot.packing.asked import Asked
from models.belonging import Share, cases_of, shares_of
from models.case import Case
from models.chat import Chat
from models.customer import Customer, Profile


@dataclass(frozen=True)
class Mine:
    """What is a customer's. Of a chat it is their ``shares``: others may have used it too. ``codes`` are the
    numbers of ``cases``."""

    customer: Customer
    profile: Profile
    shares: Mapping[UUID, Share]
    chats: Mapping[UUID, Chat]
    chat_names: Mapping[UUID, str]
    cases: list[Case]
    codes: Mapping[UUID, str]
    asked: Asked

    @classmethod
    async def of(cls, customer: Customer) -> Mine:
        """What is the customer's. Raises SealBroken."""
        shares = await shares_of(customer.id)
        ids = sorted(shares)
        chats = await Chat.filter(id__in=ids).select_related("key").order_by("id") if ids else []
        cases = await cases_of(customer.id, shares)
        return cls(
            customer,
            customer.opened(),
            shares,
            {chat.id: chat for chat in chats},
            {chat.id: f"chat-{number}" for number, chat in enumerate(chats, 1)},
            cases,
            {case.id: case.code for case in cases},
            await Asked.by(customer.id),
        )

    @property
    def contacts(self) -> set[str]:
        """Their phone numbers and e-mail addresses."""
        return {value for _, value in self.profile.contacts}
