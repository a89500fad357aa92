"""What becomes of a claim to a new contact is pointed to where it did not arrive in the chat."""

from __future__ import annotations

import pytest

from chatbot.messages import Kind
from models.chat import Chat
from models.contact_claim import ContactClaim, Told
from models.database import run_tx
from models.outgoing import Outgoing, State
from tests.cases import HOUR, SHOP, Watch, at
from tests.conftest import Database
from tests.people import PHONE_E164
from tests.room_cases import a_chat

ASKED = at("2026-10-01T09:00")
EXPIRED = at("2026-10-31T22:30")
MORNING = at("2026-11-01T08:00")
NEW = "moi@example.com"
SWEEP = "claims"


async def an_expired_claim(watch: Watch, channel: str = "web") -> Chat:
    """A claim on which nobody decided in time, late in the evening; its customer is told so in the chat."""
    chat = await a_chat("claimant", language="en", channel=channel)
    told = Told(Kind.PHONE, PHONE_E164, Kind.EMAIL, NEW, "Thu Hà", "14/5/1990", "12 Hoa Sữa", "")
    await run_tx(lambda: ContactClaim.ask(chat, told, ASKED))
    assert len(await watch.sweep(EXPIRED, SWEEP)) == 2, "the customer and staff"
    return chat


async def sent(state: State) -> None:
    """What became of the letter."""
    await Outgoing.filter(outlet__in=["web", "messenger"]).update(state=state, settled_at=EXPIRED)


@pytest.mark.parametrize(("channel", "state"), [("web", State.SENT), ("messenger", State.FAILED)])
async def test_what_was_not_read_or_was_refused_is_pointed_to_at_the_new_contact(
    database: Database, channel: str, state: State
) -> None:
    """Once, by day, in the customer's language, and without a word of what it is about."""
    watch = Watch()
    chat = await an_expired_claim(watch, channel)
    await sent(state)
    told = await watch.hourly(EXPIRED, MORNING + 3 * HOUR, "chase")
    assert list(told.values()) == [
        [f"Partyshop.vn has news for you. Please look into your chat with us, or write to {SHOP.email}."]
    ]
    assert list(told) == ["Sun 01/11 08:00"]
    hint = await Outgoing.get(outlet="email")
    to = hint.opened_target(chat.key)
    assert to
    assert to.user == NEW


@pytest.mark.parametrize("channel", ["messenger", "web"])
async def test_what_arrived_is_not_pointed_to(database: Database, channel: str) -> None:
    """A messenger has taken it, or the customer has had it before their eyes."""
    watch = Watch()
    chat = await an_expired_claim(watch, channel)
    await sent(State.SENT)
    if channel == "web":
        await Chat.filter(id=chat.id).update(seen_seq=watch._seen)
    assert await watch.hourly(MORNING, MORNING + 3 * HOUR, "chase") == {}
