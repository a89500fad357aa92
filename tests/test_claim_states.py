"""The states of a claim to a new contact, explored exhaustively, and their page in the documentation."""

from __future__ import annotations

import re
from asyncio import gather
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any

import pytest

from chatbot.messages import Address, Kind
from handlers.sweeps import forget_claims
from models.chat import Chat
from models.claim_states import CLAIM_MOVES, ClaimMove, ClaimState
from models.contact_claim import OBJECTION, PATIENCE, ContactClaim, Told
from models.customer import ContactPoint, Customer, seal_profile
from models.database import run_tx
from models.keys import new_id
from tests.conftest import Database
from tests.documents import quoted, rows, section, text
from tests.people import EMAIL, NAME, PHONE_E164, put_on_file

ASKED = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
APPROVED = ASKED + timedelta(hours=5)
LATER = APPROVED + OBJECTION
LEAD = new_id()
NEW = "moi@example.com"

Verb = Callable[[ContactClaim, datetime], Awaitable[bool]]


async def _approve(claim: ContactClaim, now: datetime) -> bool:
    [record] = await claim.records()
    return await claim.approve(record, LEAD, "Khớp họ tên và ngày sinh.", now) is not None


VERBS: Mapping[ClaimMove, Verb] = {
    ClaimMove.APPROVE: _approve,
    ClaimMove.REFUSE: lambda claim, now: claim.refuse(LEAD, "Chưa đủ.", now),
    ClaimMove.OBJECT: lambda claim, now: claim.stop(now),
    ClaimMove.OPEN: lambda claim, now: claim.open(now),
    ClaimMove.EXPIRE: lambda claim, now: claim.expire(now),
}


async def asked(user: str = "1", old: str = PHONE_E164) -> ContactClaim:
    """A new claim."""

    async def work() -> ContactClaim:
        chat = await Chat.hold(Address("web", user), "vi", ASKED)
        return await ContactClaim.ask(chat, Told(Kind.PHONE, old, Kind.EMAIL, NEW, NAME, "14/5/1990"), ASKED)

    return await run_tx(work)


async def on_file() -> Customer:
    """A record with its key."""
    record = await Customer.load((await put_on_file(ASKED)).id)
    assert record
    return record


async def made(move: ClaimMove, claim: ContactClaim, at: datetime) -> bool:
    """Make a move in a transaction of its own, on what is stored."""

    async def work() -> bool:
        found = await ContactClaim.find(claim.id)
        assert found
        return await VERBS[move](found, at)

    return await run_tx(work)


async def points() -> set[str]:
    """The contacts by which records are found."""
    return {point.value_index for point in await ContactPoint.all()}


async def everything() -> list[Any]:
    """All that a move could change."""
    return [await ContactClaim.all().values(), await Customer.all().values(), await points()]


async def walked(user: str, way: tuple[ClaimMove, ...]) -> ContactClaim:
    """A claim to a fresh record after moves that all took effect."""
    await Customer.all().delete()
    await put_on_file(ASKED)
    claim = await asked(user)
    for number, move in enumerate(way):
        assert await made(move, claim, LATER if number else APPROVED), way
    return claim


async def test_every_sequence_of_moves_opens_only_what_was_approved_and_not_objected_to(
    database: Database,
) -> None:
    """Each move takes effect exactly where the table says, a refused one changes nothing, whatever was done
    before; and the new contact finds the record if and only if the claim is open."""
    ways: list[tuple[ClaimMove, ...]] = [()]
    reached = set()
    while ways:
        way = ways.pop()
        assert len(way) < 5, "a claim that never ends"
        for number, move in enumerate(ClaimMove):
            claim = await walked(f"{way} {number}", way)
            before, stored = await everything(), await ContactClaim.get(id=claim.id)
            reached.add(stored.state)
            assert bool(await Customer.behind(Kind.EMAIL, NEW)) == (stored.state is ClaimState.OPEN)
            assert (stored.opens_at is None) == (ClaimMove.APPROVE not in way)
            done = await made(move, claim, LATER)
            assert done == (stored.state in CLAIM_MOVES[move].source), (way, move)
            if done:
                ways.append((*way, move))
                assert (await ContactClaim.get(id=claim.id)).state is CLAIM_MOVES[move].target
            else:
                assert await everything() == before, (way, move)
            assert await Customer.behind(Kind.PHONE, PHONE_E164)
            assert await Customer.behind(Kind.EMAIL, EMAIL)
    assert reached == set(ClaimState)


async def test_nothing_opens_before_its_time(database: Database) -> None:
    """72 hours to the second, from the approval and not from the claim."""
    await put_on_file(ASKED)
    claim = await asked()
    assert await made(ClaimMove.APPROVE, claim, APPROVED)
    assert not await made(ClaimMove.OPEN, claim, LATER - timedelta(seconds=1))
    assert await ContactClaim.due(LATER - timedelta(seconds=1)) == []
    assert await ContactClaim.due(LATER) == [claim.id]
    assert await made(ClaimMove.OPEN, claim, LATER)
    record = await Customer.all().select_related("key").first()
    assert record
    assert record.opened().contacts == ((Kind.PHONE, PHONE_E164), (Kind.EMAIL, EMAIL), (Kind.EMAIL, NEW))
    assert await ContactClaim.due(LATER + PATIENCE) == []


async def test_an_objection_wins_until_the_contact_is_on_file(database: Database) -> None:
    """Also where the clock stood still and 72 hours have long passed; after that nothing opens any more."""
    await put_on_file(ASKED)
    claim = await asked()
    assert await made(ClaimMove.APPROVE, claim, APPROVED)
    assert await made(ClaimMove.OBJECT, claim, LATER + timedelta(days=9))
    assert not await made(ClaimMove.OPEN, claim, LATER + timedelta(days=10))
    assert await Customer.behind(Kind.EMAIL, NEW) == ()


CHANGES: dict[str, Any] = {
    "full_name": "Trần Thị B",
    "phone": "+84900000009",
    "birthday": None,
    "address": "Nơi khác",
}


@pytest.mark.parametrize("changed", [*CHANGES, "gone"])
async def test_a_record_that_has_changed_or_gone_is_not_opened(database: Database, changed: str) -> None:
    """It is not what was compared any more: the claim expires."""
    record = await on_file()
    claim = await asked()
    assert await made(ClaimMove.APPROVE, claim, APPROVED)
    if changed == "gone":
        await Customer.all().delete()
    else:
        profile = replace(record.opened(), **{changed: CHANGES[changed]})
        await Customer.filter(id=record.id).update(profile=seal_profile(record.key, profile))
    assert not await made(ClaimMove.OPEN, claim, LATER)
    assert (await ContactClaim.get(id=claim.id)).state is ClaimState.APPROVED
    assert await made(ClaimMove.EXPIRE, claim, LATER)
    assert await Customer.behind(Kind.EMAIL, NEW) == ()


async def test_a_note_that_has_changed_is_no_other_record(database: Database) -> None:
    """Only what was compared counts."""
    record = await on_file()
    claim = await asked()
    assert await made(ClaimMove.APPROVE, claim, APPROVED)
    profile = replace(record.opened(), note="Khách quen")
    await Customer.filter(id=record.id).update(profile=seal_profile(record.key, profile))
    assert await made(ClaimMove.OPEN, claim, LATER)


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
async def test_no_decision_without_a_reason(database: Database, reason: str) -> None:
    """Neither yes nor no; the claim stays as it was."""
    record = await on_file()
    claim = await asked()
    was = await everything()
    with pytest.raises(ValueError, match="reason"):
        await run_tx(lambda: claim.approve(record, LEAD, reason, APPROVED))
    with pytest.raises(ValueError, match="reason"):
        await run_tx(lambda: claim.refuse(LEAD, reason, APPROVED))
    assert await everything() == was


async def test_nobody_decided_for_a_month(database: Database) -> None:
    """What was told does not wait for ever."""
    claim = await asked()
    assert await ContactClaim.due(ASKED + PATIENCE - timedelta(seconds=1)) == []
    assert await ContactClaim.due(ASKED + PATIENCE) == [claim.id]


async def test_of_several_who_decide_at_once_the_first_wins(database: Database) -> None:
    """Whoever holds a copy from before changes nothing."""
    await put_on_file(ASKED)
    for first, second in product(ClaimMove, repeat=2):
        claim = await asked(f"{first}{second}")
        mine, theirs = [await run_tx(partial(ContactClaim.find, claim.id)) for _ in range(2)]
        assert mine
        assert theirs
        if await run_tx(partial(VERBS[first], mine, APPROVED)):
            fresh = await ContactClaim.get(id=claim.id)
            done = await run_tx(partial(VERBS[second], theirs, APPROVED))
            possible = fresh.state in CLAIM_MOVES[second].source and second is not ClaimMove.OPEN
            assert done == possible, (first, second)


async def test_objected_to_and_opened_at_once_only_one_of_them_happens(database: Database) -> None:
    """Two processes at the same instant: the contact is on file if and only if nobody's objection counted."""
    for number in range(5):
        claim = await walked(f"at once {number}", (ClaimMove.APPROVE,))
        stopped, opened = await gather(
            made(ClaimMove.OBJECT, claim, LATER), made(ClaimMove.OPEN, claim, LATER)
        )
        assert stopped != opened
        assert bool(await Customer.behind(Kind.EMAIL, NEW)) == opened


async def test_what_was_told_goes_a_year_after_the_end(database: Database) -> None:
    """Not before, and not while something is still to come."""
    claim, _ = await walked("1", (ClaimMove.REFUSE,)), await asked("2")
    year = timedelta(days=365)
    assert await run_tx(lambda: forget_claims(LATER, LATER)) == 0
    assert await run_tx(lambda: forget_claims(LATER + year, LATER)) == 1
    assert await ContactClaim.filter(id=claim.id).count() == 0
    assert await ContactClaim.all().count() == 1


# docs/identity.md --------------------------------------------------------------------------------


def test_the_table_of_moves_is_that_of_the_code() -> None:
    """Every move with the states from and to which it leads."""
    written = {
        ClaimMove(quoted(move)[0]): (
            {ClaimState(one) for one in quoted(source)},
            ClaimState(quoted(target)[0]),
        )
        for move, source, target, _ in rows(section("docs/identity.md", "## A new contact"), "move")
    }
    assert written == {move: (set(rule.source), rule.target) for move, rule in CLAIM_MOVES.items()}


def test_the_figure_names_every_state_and_move() -> None:
    """And nothing else."""
    figure = text("docs/identity.md").split("```text\n")[1].split("```")[0]
    assert set(re.findall(r"[a-z]{2,}", figure)) == {*ClaimState, *ClaimMove}
