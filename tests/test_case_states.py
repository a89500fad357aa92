"""The states of a case, explored exhaustively, and their page in the documentation.

A move that is refused must change nothing at all. So every sequence of moves comes to the same as the
moves in it that took effect: those are few, and each is tried from each state that they lead to.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from tortoise import Model

from chatbot.messages import Kind, Person, Proven
from chatbot.workdays import Calendar
from models.case import Case, CaseContact, Category, Compensation, Decision, Statement, Verdict
from models.case_entry import CaseEntry
from models.case_states import MOVES, OPEN, CaseState, Move
from models.database import run_tx
from models.deadline import Deadline
from models.promises import TERMS, Promise
from tests.chat import SHOP
from tests.conftest import Database
from tests.documents import quoted, rows, section, text

FILED = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
LATER = FILED + timedelta(days=30)
CHAT, OTHER_CHAT = UUID(int=1), UUID(int=2)
OWNER = Person((Proven(UUID(int=3), Kind.PHONE, "+84900000001"),))
STRANGER = Person((Proven(UUID(int=4), Kind.PHONE, "+84900000002"),))
CALENDARS = (
    SHOP.calendar,
    Calendar.load(weekly_days_off={6}),  # earlier: Saturdays count
    Calendar.load(added_days=[date(2026, 12, 1) + timedelta(day) for day in range(9)]),  # later
)

Verb = Callable[[Case, datetime], Awaitable[bool]]

VERBS: Mapping[Move, Verb] = {
    Move.PROVE: lambda case, now: case.prove(now, SHOP.calendar),
    Move.DECIDE: lambda case, now: case.decide(Decision(Verdict.UPHELD, "Có lỗi."), now),
    Move.DELIVER: lambda case, now: case.deliver(now),
    Move.ACCEPT: lambda case, now: case.accept(now),
    Move.APPEAL: lambda case, now: case.appeal(now, SHOP.calendar),
    Move.WITHDRAW: lambda case, now: case.withdraw(now),
}


class Beginning(NamedTuple):
    """How a case was filed."""

    category: Category
    negotiate: bool


BEGINNINGS = [
    Beginning(category, negotiate)
    for category in (Category.LEAKED, Category.REQUEST_NOT_DONE)
    for negotiate in (False, True)
]


@pytest.fixture
def database_url(migrated_sqlite: Any, tmp_path: Any) -> str:
    """One kind of database is enough: a move is one plain statement."""
    path = tmp_path / "desk.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite://{path}"


async def made(move: Move, case: Case, at: datetime) -> bool:
    """Make a move in a transaction of its own."""
    return await run_tx(lambda: VERBS[move](case, at))


async def filed(how: Beginning) -> Case:
    """A new case."""
    return await run_tx(
        lambda: Case.file(
            Statement("Số của tôi bị lộ."),
            category=how.category,
            chat=CHAT,
            person=OWNER,
            priority=False,
            negotiate=how.negotiate,
            arrived=FILED,
            calendar=SHOP.calendar,
        )
    )


async def loaded(identity: UUID) -> Case:
    """A case as the database has it."""
    case = await Case.load(identity)
    assert case
    return case


async def walked(how: Beginning, path: tuple[Move, ...]) -> Case:
    """A new case after moves that all took effect, one a day."""
    case = await filed(how)
    for day, move in enumerate(path, 1):
        assert await made(move, case, FILED + timedelta(days=day))
    return await loaded(case.id)


async def everything(case: Case) -> dict[str, list[dict[str, Any]]]:
    """All that is stored about a case."""
    tables: tuple[type[Model], ...] = (CaseEntry, CaseContact)
    beside = {table.__name__: await table.filter(case_id=case.id).order_by("id").values() for table in tables}
    clocks = await Deadline.filter(about=case.id).order_by("id").values()
    return {"Case": await Case.filter(id=case.id).values(), "Deadline": clocks, **beside}


async def paths(how: Beginning) -> AsyncIterator[tuple[Case, tuple[Move, ...]]]:
    """Every case that moves can lead to, however many. Each refused one changed nothing."""
    ways: list[tuple[Move, ...]] = [()]
    while ways:
        way = ways.pop()
        yield await walked(how, way), way
        assert len(way) < 10, "a case that never ends"
        for move in Move:
            case = await walked(how, way)
            before = await everything(case)
            if await made(move, case, LATER):
                ways.append((*way, move))
            else:
                assert await everything(case) == before, (way, move)


async def clocks(case: Case) -> dict[Promise, int]:
    """How many clocks of each promise run."""
    unmet = await Deadline.filter(about=case.id, met_at=None)
    return {promise: sum(one.promise is promise for one in unmet) for promise in Promise}


@pytest.mark.parametrize("how", BEGINNINGS, ids=str)
async def test_every_sequence_of_moves_keeps_the_promises(database: Database, how: Beginning) -> None:
    """No deadline is lost or runs twice, no case is decided without a reason, none appealed twice, and
    nobody but its owner finds it, whatever was done before."""
    reached = set()
    async for case, way in paths(how):
        reached.add((case.state, case.round))
        running = await clocks(case)
        runs = dict(CLOCKS)[case.state]
        for promise in (Promise.EVIDENCE, Promise.RESOLVE):
            assert running[promise] == int(promise is runs), way
        negotiates = how.negotiate and case.state in OPEN and case.round == 1
        assert running[Promise.NEGOTIATE] == int(negotiates)
        assert running[Promise.ACKNOWLEDGE] == 0
        if case.state in (CaseState.DECIDED, CaseState.ANSWERED, CaseState.CLOSED):
            decision = case.opened_decision()
            assert decision
            assert decision.reason.strip()
        assert way.count(Move.APPEAL) == case.round - 1 <= 1
        assert await Case.of_person(OTHER_CHAT, Person()) == []
        assert await Case.of_person(OTHER_CHAT, STRANGER) == []
        assert case.id in [one.id for one in await Case.of_person(OTHER_CHAT, OWNER)]
    never = {(CaseState.WAITING, 2)}
    if how.category is Category.REQUEST_NOT_DONE:
        never.add((CaseState.WAITING, 1))
    assert reached == {(state, round) for state in CaseState for round in (1, 2)} - never


@pytest.mark.parametrize("how", BEGINNINGS, ids=str)
async def test_a_promised_day_never_moves_later(database: Database, how: Beginning) -> None:
    """Not by any sequence of moves, with the calendar changing in between, forth and back."""
    async for case, _ in paths(how):
        for row in await Deadline.filter(about=case.id):
            assert row.promised_on == SHOP.calendar.deadline(row.started_at, TERMS[row.promise].days).date
        promised = {row.id: row.promised_on for row in await Deadline.filter(about=case.id)}
        for order in permutations(CALENDARS):
            for one in order:
                await run_tx(partial(Deadline.recount, one, 100))
                for row in await Deadline.filter(about=case.id):
                    assert row.promised_on == promised[row.id]
                    assert row.due_on <= row.promised_on
        await Deadline.filter(about=case.id).delete()


async def test_of_two_at_once_the_first_wins(database: Database) -> None:
    """Whoever holds a copy of the case from before makes the move that is possible now, or none."""
    async for case, way in paths(BEGINNINGS[0]):
        for first in [move for move in Move if case.state in MOVES[move].source]:
            for second in Move:
                mine = await walked(BEGINNINGS[0], way)
                theirs = await loaded(mine.id)
                await made(first, mine, LATER)
                fresh = await loaded(mine.id)
                possible = fresh.state in MOVES[second].source
                if second is Move.APPEAL and fresh.round > 1:
                    possible = False
                assert await made(second, theirs, LATER) == possible, (way, first, second)


async def test_a_copy_from_before_the_first_appeal_cannot_appeal_again(database: Database) -> None:
    """However old: that the appeal was used is asked of the database, not of the copy."""
    case = await walked(BEGINNINGS[0], (Move.PROVE, Move.DECIDE, Move.DELIVER))
    old = await loaded(case.id)
    for move in (Move.APPEAL, Move.DECIDE, Move.DELIVER):
        assert await made(move, case, FILED + timedelta(days=9))
    assert not await made(Move.APPEAL, old, FILED + timedelta(days=10))
    assert (await loaded(case.id)).state is CaseState.ANSWERED


async def test_an_appeal_goes_to_another_member_of_staff(database: Database) -> None:
    """Who had the case is known from the database, also to a copy from before they took it."""
    case = await walked(BEGINNINGS[0], (Move.PROVE, Move.DECIDE, Move.DELIVER))
    await Case.filter(id=case.id).update(handler=UUID(int=7))
    assert await made(Move.APPEAL, case, FILED + timedelta(days=9))
    assert (case.handler, case.first_handler) == (None, UUID(int=7))


async def test_the_days_do_not_run_from_before_the_complaint(database: Database) -> None:
    """A file that was sent while the complaint was being written completes it when it is filed."""
    case = await filed(BEGINNINGS[0])
    assert await run_tx(lambda: case.prove(FILED - timedelta(days=3), SHOP.calendar))
    clock = await Deadline.running(case.id, Promise.RESOLVE)
    assert clock
    assert (clock.started_at, case.proven_at) == (FILED, FILED)


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
async def test_no_decision_without_a_reason(database: Database, reason: str) -> None:
    """It is refused, and the case stays as it was."""
    case = await walked(BEGINNINGS[0], (Move.PROVE,))
    before = await everything(case)
    with pytest.raises(ValueError, match="reason"):
        await run_tx(lambda: case.decide(Decision(Verdict.UPHELD, reason, "", Compensation.NONE), FILED))
    assert await everything(case) == before


# docs/cases.md -----------------------------------------------------------------------------------


def _clocks() -> Iterator[tuple[CaseState, Promise | None]]:
    for state, clock in rows(text("docs/cases.md"), "state"):
        yield CaseState(quoted(state)[0]), Promise(quoted(clock)[0]) if quoted(clock) else None


CLOCKS = tuple(_clocks())
"""The table of the documentation, by which the exploration above goes."""


def test_the_table_of_moves_is_that_of_the_code() -> None:
    """Every move with the states from and to which it leads."""
    written = {
        Move(quoted(move)[0]): ({CaseState(one) for one in quoted(source)}, CaseState(quoted(target)[0]))
        for move, source, target, _ in rows(section("docs/cases.md", "## States and moves"), "move")
    }
    assert written == {move: (set(rule.source), rule.target) for move, rule in MOVES.items()}


def test_the_figure_names_every_state_and_move() -> None:
    """And nothing else."""
    figure = text("docs/cases.md").split("```text\n")[1].split("```")[0]
    words = set(re.findall(r"[a-z]+", figure)) - {"filed", "once", "v"}
    assert words == {*CaseState, *Move}


def test_the_tables_of_clocks_are_those_of_the_code() -> None:
    """Every state, every promise with its days: those of requests stand in their own document."""
    assert [state for state, _ in CLOCKS] == list(CaseState)
    of_cases = rows(text("docs/cases.md"), "clock")
    of_requests = rows(text("docs/requests.md"), "limit")
    written = {Promise(quoted(clock)[0]): f"{days} working" for clock, days, *_ in of_cases} | {
        Promise(quoted(limit)[0]): days for limit, days, *_ in of_requests
    }
    kinds = {True: "working", False: "calendar"}
    assert written == {promise: f"{terms.days} {kinds[terms.working]}" for promise, terms in TERMS.items()}
