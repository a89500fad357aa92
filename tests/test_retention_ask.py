"""When records are not erased by the clock alone: too many at once, or a clock that jumped."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from chatbot.clock import local_date
from models.customer import Customer
from models.database import run_tx
from models.event import Event, Tag
from models.keys import new_id
from models.retention_ask import HANDFUL, RetentionAsk, RetentionDay, Why
from tests.cases import staff_messages
from tests.conftest import Database
from tests.retention import DAY, Keeper, a_record, at, leaving, many
from tests.test_retention import FIRST, GONE, LAST, SECOND

LATER = at("2026-10-01T10:00")


async def allow(ask: RetentionAsk | None = None) -> None:
    """A director says yes."""
    ask = ask or await RetentionAsk.open_one()
    assert ask
    assert await run_tx(partial(ask.allow, new_id(), GONE))


async def told_twice(keeper: Keeper, count: int, others: int = 0) -> set[object]:
    """So many records that go on the same day, among others."""
    gone = await many(count, LAST)
    await many(others, LATER)
    await keeper.at(FIRST, SECOND)
    return {one.id for one in gone}


async def test_a_handful_goes_without_asking_however_few_there_are(database: Database) -> None:
    """Ten of ten."""
    keeper = Keeper()
    gone = await told_twice(keeper, HANDFUL)
    assert await keeper.at(GONE) == [[]]
    assert await leaving() == gone


async def test_more_than_two_in_a_hundred_wait_for_a_director(database: Database) -> None:
    """None of them is erased until the yes, and staff are told of it once, in counts alone."""
    keeper = Keeper()
    gone = await told_twice(keeper, HANDFUL + 1, others=9)
    [[words], again] = await keeper.at(GONE, GONE + DAY)
    assert "11 trong tổng số 20" in words
    assert (again, await leaving()) == ([], set())
    assert await staff_messages() == [words]
    await allow()
    assert await keeper.at(GONE + DAY) == [[]]
    assert await leaving() == gone
    assert [await Event.filter(tag=tag).count() for tag in (Tag.RETENTION_ASKED, Tag.RETENTION_ALLOWED)] == [
        1, 1
    ]  # fmt: skip
    assert await RetentionAsk.open_one() is None


async def test_a_large_shop_loses_two_in_a_hundred_by_itself(database: Database) -> None:
    """Eleven of 550 are no more than that; eleven of 549 are."""
    keeper = Keeper()
    gone = await told_twice(keeper, HANDFUL + 1, others=538)
    await keeper.at(GONE)
    assert await leaving() == set()
    await many(1, LATER)
    ask = await RetentionAsk.open_one()
    assert ask
    await run_tx(partial(ask.close, GONE))
    for one in await ask.collected():
        await ask.let_go([one])
    await keeper.at(GONE)
    assert await leaving() == gone


async def test_the_yes_is_for_what_was_shown_and_once(database: Database) -> None:
    """Whoever wrote meanwhile stays; who fell due meanwhile is asked for anew, or goes as one of a few."""
    keeper = Keeper()
    gone = {one.id for one in await many(HANDFUL + 1, LAST)}
    more = await many(HANDFUL + 2, LAST + DAY)
    await keeper.at(FIRST, FIRST + DAY, SECOND, SECOND + DAY, GONE)
    ask = await RetentionAsk.open_one()
    assert ask
    assert ask.records == HANDFUL + 1
    saved = gone.pop()
    await Customer.touched(saved, GONE)
    await keeper.at(GONE + DAY)
    await allow(ask)
    assert not await run_tx(partial(ask.allow, new_id(), GONE))
    [[words]] = await keeper.at(GONE + DAY)
    assert await leaving() == gone
    assert f"{HANDFUL + 2} trong tổng số" in words
    second = await RetentionAsk.open_one()
    assert second
    assert second.id != ask.id
    await allow(second)
    await keeper.at(GONE + DAY)
    assert await leaving() == gone | {one.id for one in more}


async def test_what_a_day_has_erased_already_counts(database: Database) -> None:
    """Many do not go by and by what would be too many at once."""
    keeper = Keeper()
    gone = await told_twice(keeper, HANDFUL)
    await keeper.at(GONE)
    await many(1, LAST)
    await Customer.filter(frozen_at=None).update(retention=2, erase_on=local_date(GONE))
    await keeper.at(GONE + timedelta(hours=1))
    assert await leaving() == gone
    assert (await RetentionDay.begun_on(local_date(GONE))) == HANDFUL


@pytest.mark.parametrize("jump", [49, 24 * 400])
async def test_after_a_jump_of_the_clock_nothing_is_done_until_a_director_says_yes(
    database: Database, jump: int
) -> None:
    """No notice goes out and nothing is erased; staff are told once. Then it goes on."""
    keeper = Keeper()
    record = await a_record(LAST)
    await keeper.at(FIRST - timedelta(hours=jump))
    now = FIRST
    [words] = await keeper.sweep(now)
    assert "hơn 2 ngày" in words
    assert await keeper.sweep(now + timedelta(hours=1)) == []
    assert await keeper.at(now + 9 * DAY) == [[]]
    ask = await RetentionAsk.open_one()
    assert ask
    assert (ask.why, ask.records) == (Why.CLOCK, 0)
    await allow()
    assert len(await keeper.sweep(now + 9 * DAY)) == 1
    assert (await Customer.get(id=record.id)).retention == 1
    assert await RetentionAsk.open_one() is None
    assert await leaving() == set()


async def test_an_hour_of_sweeps_or_two_days_of_standstill_are_no_jump(database: Database) -> None:
    """Nor is the very first sweep, or a jump by which nothing is due."""
    keeper = Keeper()
    assert await keeper.sweep(FIRST) == []
    await a_record(LATER)
    assert await keeper.sweep(FIRST + 90 * DAY) == []
    await a_record(LAST)
    assert "hơn" not in (await keeper.sweep(FIRST + 92 * DAY))[0]
    assert await RetentionAsk.all().count() == 0


async def test_a_clock_that_was_set_right_again_needs_no_answer(database: Database) -> None:
    """What was asked by the wrong time is asked no more, and nobody was told anything by it."""
    keeper, wrong = Keeper(), GONE + 400 * DAY
    await told_twice(keeper, 3)
    await keeper.sweep(wrong)
    assert await RetentionAsk.open_one()
    await keeper.sweep(SECOND + timedelta(hours=2))
    assert await RetentionAsk.open_one() is None
    assert await leaving() == set()
    await keeper.at(GONE)
    assert len(await leaving()) == 3


async def test_cut_off_while_it_gathers_it_goes_on(database: Database) -> None:
    """Staff are told when all are counted, and once."""
    keeper = Keeper()
    await told_twice(keeper, HANDFUL + 5)
    await run_tx(lambda: RetentionAsk.begin(Why.MANY, HANDFUL + 5, GONE))
    ask = await RetentionAsk.open_one()
    assert ask
    some = await Customer.all().limit(4)
    await run_tx(lambda: ask.collect([one.id for one in some]))
    assert not await run_tx(partial(ask.allow, new_id(), GONE))
    [[words]] = await keeper.at(GONE)
    assert f"{HANDFUL + 5} trong tổng số" in words
