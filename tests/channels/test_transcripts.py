"""Every conversation on Zalo beside Telegram: the same questions, the same words, the same outcome.

Two customers with like data do the same, one on each. What is compared is neutral as to layout: words, the
choices in their order (buttons there, numbered lines here) and links; then what is true in the database, of
which one kind is enough here. All share one desk, because it takes longer to start than most of them do.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chatbot.channels import Pace
from chatbot.contacts import phone as in_full
from chatbot.pacing import Pacing
from handlers import CONVERSATIONS
from models.case import Case
from models.case_entry import CaseEntry
from models.chat import Chat
from models.consent import Consent
from models.contact_claim import ContactClaim
from models.customer import Customer
from models.data_request import DataRequest
from models.event import Event
from models.outgoing import Outgoing, State
from models.package import Package
from models.proof import Proof
from models.wish import Wish
from tests.bot_api import TOKEN, BotApi
from tests.channels.players import OnTelegram, OnZalo, Player
from tests.channels.scripts import SCRIPTS
from tests.conftest import open_database
from tests.people import put_on_file
from tests.zalo_desk import zalo_desk
from tests.zalo_server import ZaloServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = [conversation.name for conversation in CONVERSATIONS]
NOT_ASKED = {"identity": {"share"}, "contacts": {"share", "phone"}, "preferences": {"leave"}}
"""Steps that only one of the channels has, the step where the ways of both part, and one that staff cause."""

Pair = Callable[[str], tuple[Player, Player]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(
    migrated_sqlite: Path, keyring: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Pair]:
    """A customer on Telegram and one on Zalo for each conversation, all of the same desk."""
    folder = tmp_path_factory.mktemp("transcripts")
    shutil.copy(migrated_sqlite, folder / "desk.db")
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(f"sqlite://{folder}/desk.db", keyring))
        zalo = await stack.enter_async_context(ZaloServer())
        api = await stack.enter_async_context(BotApi())
        settings = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_MODE": "polling"}
        desk = await stack.enter_async_context(zalo_desk(database, folder, zalo, **settings))
        for way in desk.app.sender._ways.values():
            way.pacing = Pacing(Pace())  # as fast as it goes

        def players(name: str) -> tuple[Player, Player]:
            one = 1000 + 2 * NAMES.index(name)
            there, here = OnTelegram(api, one), OnZalo(zalo, one + 1)
            return Player(there, one, desk, zalo), Player(here, one + 1, desk, zalo)

        yield players


@pytest.mark.parametrize("name", NAMES)
async def test_a_conversation_is_the_same_on_both(pair: Pair, name: str) -> None:
    """Line by line, and in what has become true; and every step of it is asked."""
    said, outcomes = [], []
    for who in pair(name):
        phone, email = in_full(who.facts["phone"]), who.facts["email"]
        record = await put_on_file(who.desk.clock.now(), phone=phone, email=email, external_id=None)
        said.append(await who.plays(SCRIPTS[name]))
        outcomes.append(await outcome(who, record))
    lines = [line for line in SCRIPTS[name] if isinstance(line, str)]
    for line, telegram, zalo in zip(lines, *said, strict=True):
        assert telegram, f"silence after {line!r}"
        assert zalo == telegram, line
    assert outcomes[1] == outcomes[0]
    [conversation] = [one for one in CONVERSATIONS if one.name == name]
    steps = {step.name for step in conversation.steps} - NOT_ASKED.get(name, set())
    assert {f"{name}.{step}" for step in steps} - who.steps == set()


async def outcome(who: Player, record: Customer) -> list[str]:
    """What is true of a customer, their record and their cases."""
    chat = await Chat.find(who.on.address)
    assert chat

    async def mine(model: Any, column: str = "chat") -> list[Any]:
        rows: list[Any] = await model.filter(**{column: chat.id}).order_by("id")
        return rows

    cases = await Case.filter(chat=chat.id).select_related("key").order_by("id")
    entries = [entry for case in cases for entry in await CaseEntry.timeline(case, internal=True)]
    wishes = await Wish.filter(chat_id=chat.id).select_related("chat__key").order_by("id")
    kept = await Customer.load(record.id)
    facts = [
        ("chat", chat.conversation, chat.step, chat.language, chat.proven),
        ("record", kept and kept.opened()),
        *(("event", event.tag) for event in await mine(Event)),
        *(("proof", one.kind, one.method, one.ended_at is None) for one in await mine(Proof, "chat_id")),
        *(("case", case.state, case.category, case.opened(), case.round) for case in cases),
        *(("entry", entry.kind) for entry in entries),
        *(("request", request.kind, request.state) for request in await mine(DataRequest)),
        *(("wish", wish.for_whom, wish.opened(wish.chat).texts) for wish in wishes),
        *(("consent", consent.purpose, consent.given) for consent in await mine(Consent)),
        *(("claim", claim.state) for claim in await mine(ContactClaim, "chat_id")),
        *(("package", package.state) for package in await mine(Package)),
    ]
    queue = await mine(Outgoing, "subject")
    assert {row.state for row in queue if not row.decoy} == {State.SENT}
    return [who.alike(str(fact)) for fact in facts]
