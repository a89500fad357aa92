"""The sender: everything that was queued goes out once, in order, and what cannot is told apart."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from tortoise.exceptions import OperationalError

from chatbot.channels import DeliveryError, Later, Pace, Refused
from models import Outgoing
from models.outgoing import State
from models.sending import Outcome, claim, settle
from tests.conftest import Database
from tests.outbox import (
    Line,
    eventually,
    has_sent,
    has_tried,
    is_busy,
    is_unwell,
    only,
    queue,
    queue_contact,
    sending,
    settled,
    shorten_waits,
    there_are,
    wall,
)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits longer than it must."""
    shorten_waits(monkeypatch)


# -- order and concurrency ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_lane_keeps_its_order_whatever_fails(
    database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """200 messages in 20 lanes, a third of the attempts failing: each arrives once, in order."""
    monkeypatch.setattr("chatbot.outcome.LONGEST_WAIT", 0.1)
    chance = random.Random(seed)
    line = Line(delay=0.001)
    expected: dict[str, list[str]] = defaultdict(list)
    for number in range(20):
        line.plan[f"u{number}"] = [Later("busy") if chance.random() < 0.33 else None for _ in range(30)]
    for number in range(100):
        user = f"u{chance.randrange(20)}"
        texts = [f"{number}a", f"{number}b"]
        expected[user] += texts
        await queue(user, *texts)
    async with sending(line):
        await eventually(settled, 30)
    assert {user: line.texts(user) for user in expected} == expected
    assert line.most_busy > 5
    assert await Outgoing.filter(state=State.SENT).count() == 200


async def test_two_processes_on_one_database_never_send_a_message_twice(
    database: Database, tmp_path: Path
) -> None:
    """Whoever claims a message has it alone, and the order of a lane holds across both."""
    for number in range(240):
        await queue(f"u{number % 24}", str(number))
    out = tmp_path / "sent"
    command = [sys.executable, "-m", "tests.sender_process", database.url, str(database.keyring), str(out)]
    pipe = asyncio.subprocess.PIPE
    both = [await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe) for _ in range(2)]
    for process in both:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
    for process in both:
        assert process.stdin
        process.stdin.write(b"go\n")
    assert [await process.wait() for process in both] == [0, 0]
    lines = [line.split() for line in out.read_text().splitlines()]
    assert len(lines) == 240
    assert len({process for process, _, _ in lines}) == 2
    for lane in range(24):
        texts = [text for _, user, text in lines if user == f"u{lane}"]
        assert texts == [str(number) for number in range(lane, 240, 24)]


async def test_a_lane_that_waits_for_a_retry_holds_up_nobody_else(database: Database) -> None:
    """Its later messages wait behind the first; other lanes go on."""
    line = Line()
    line.plan["-stuck"] = [Later("busy", 3600)]
    await queue("-stuck", "1", "2")
    await queue("free", "1", "2")
    async with sending(line):
        await eventually(lambda: has_sent(line, 2))
        await asyncio.sleep(0.1)
    assert line.texts("free") == ["1", "2"]
    assert [text for user, text in line.tried if user == "-stuck"] == ["1"]


async def test_a_backlog_drains_without_waiting_for_the_poll(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More messages than fit at once, all done at the same moment: the next go out right away."""
    monkeypatch.setattr("chatbot.sender.POLL_SECONDS", 60)
    line = Line(delay=0.05)
    for number in range(200):
        await queue(f"u{number}", "x")
    async with sending(line):
        await eventually(settled)
    assert 32 < line.most_busy <= 64


async def test_a_slow_outlet_holds_up_no_other(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is under way to it, another outlet's messages go out."""
    monkeypatch.setattr("chatbot.sender.DRAIN_SECONDS", 0.1)
    slow, fast = Line("slow", delay=5), Line("fast")
    for number in range(150):
        await queue(f"u{number}", "x", channel="slow")
    await queue("me", "hello", channel="fast")
    started = time.monotonic()
    async with sending(slow, fast):
        await eventually(lambda: has_sent(fast, 1))
        assert time.monotonic() - started < 3
        assert slow.most_busy <= 64


async def test_a_message_goes_out_on_commit_and_not_at_the_next_poll(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Woken, the sender needs a fraction of a second, however slow the poll."""
    monkeypatch.setattr("chatbot.sender.POLL_SECONDS", 60)
    line = Line()
    async with sending(line, wake=False) as sender:
        await asyncio.sleep(0.1)
        for number in range(3):
            await queue("me", str(number))
            committed = time.monotonic()
            sender.wake()
            await eventually(lambda count=number + 1: has_sent(line, count))  # type: ignore[misc]
            assert line.sent[-1][2] - committed < 0.2


async def test_what_another_process_queued_is_found_without_being_told(database: Database) -> None:
    """The slow poll catches it."""
    line = Line()
    async with sending(line, wake=False):
        await asyncio.sleep(0.1)
        await queue("me", "hello")
        await eventually(lambda: has_sent(line, 1), 4)


async def test_what_may_not_go_out_yet_waits(database: Database) -> None:
    """``not_before`` is kept."""
    line = Line("sms")
    await queue_contact("+84900000001", "123456", not_before=wall() + timedelta(seconds=0.5))
    started = time.monotonic()
    async with sending(line):
        await eventually(settled)
    assert line.sent[0][2] - started > 0.4


# -- pace -------------------------------------------------------------------------------------------


async def test_a_flood_warning_pauses_the_whole_outlet(database: Database) -> None:
    """For as long as the platform asks; then all goes out."""
    line = Line()
    line.plan["me"] = [Later("flood", 1.0)]
    await queue("me", "1")
    async with sending(line) as sender:
        await eventually(lambda: has_tried(line, 1))
        await asyncio.sleep(0.1)
        warned = time.monotonic()
        await queue("other", "2")
        sender.wake()
        await eventually(settled)
    assert min(at for _, _, at in line.sent) - warned > 0.7


async def test_a_flood_warning_of_a_group_pauses_only_the_group(database: Database) -> None:
    """A group has a limit of its own."""
    line = Line()
    line.plan["-100"] = [Later("flood", 60)]
    await queue("-100", "1")
    async with sending(line) as sender:
        await eventually(lambda: has_tried(line, 1))
        await asyncio.sleep(0.1)
        await queue("other", "2")
        sender.wake()
        await eventually(lambda: has_sent(line, 1), 1)
    assert line.texts("other") == ["2"]


async def test_the_pace_of_a_chat_is_kept(database: Database) -> None:
    """Three messages to one chat are a second apart, to three chats at once."""
    line = Line(pace=Pace(per_second=30, chat_per_second=1, group_per_minute=20))
    await queue("me", "1", "2", "3")
    for user in ("a", "b", "c"):
        await queue(user, "x")
    async with sending(line):
        await eventually(settled)
    times = [at for user, _, at in line.sent if user == "me"]
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))
    others = [at for user, _, at in line.sent if user != "me"]
    assert max(others) - times[0] < 0.5


# -- life --------------------------------------------------------------------------------------------


async def test_stopping_lets_what_is_under_way_arrive_and_puts_the_rest_back(database: Database) -> None:
    """After a stop no message is in doubt."""
    line = Line(delay=0.3, pace=Pace(per_second=2))
    for number in range(4):
        await queue(f"u{number}", "x")
    async with sending(line):
        await eventually(lambda: is_busy(line))
    assert await Outgoing.filter(state=State.SENT).count() == len(line.sent) == 2
    assert await Outgoing.filter(state=State.QUEUED).count() == 2
    async with sending(line):
        await eventually(settled, 15)
    assert sorted(user for user, _, _ in line.sent) == sorted(f"u{number}" for number in range(4))


async def test_stopping_does_not_wait_for_ever(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is still under way then is in doubt."""
    monkeypatch.setattr("chatbot.sender.DRAIN_SECONDS", 0.1)
    line = Line(delay=60)
    await queue("me", "hello")
    async with sending(line):
        await eventually(lambda: is_busy(line))
    row = await only()
    assert (row.state, row.doubts) == (State.QUEUED, 1)


async def test_an_outlet_that_never_answers_is_cut_off(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its message is in doubt, the lane is not stuck."""
    monkeypatch.setattr("chatbot.attempt.SEND_SECONDS", 0.1)
    line = Line("sms", delay=60)
    await queue_contact("+84900000001", "123456")
    async with sending(line):
        await eventually(settled)
    assert (await only()).state is State.UNKNOWN


async def test_an_outage_of_the_database_is_survived(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost and nothing sent twice; meanwhile the sender says what is wrong."""
    line = Line()
    down = True

    async def failing_claim(*arguments: object) -> object:
        if down:
            raise OperationalError("the database has gone")
        return await claim(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("chatbot.sender.claim", failing_claim)
    await queue("me", "1", "2")
    async with sending(line) as sender:
        await eventually(lambda: is_unwell(sender))
        down = False
        await eventually(settled)
        assert sender.health() is None
    assert line.texts("me") == ["1", "2"]
    assert sender.health() is not None


async def test_an_outage_while_marking_does_not_send_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent is remembered until it can be written down."""
    line = Line()
    failures = [OperationalError("gone"), OperationalError("gone")]

    async def failing_settle(outcome: Outcome, at: datetime) -> int:
        if failures:
            raise failures.pop()
        return await settle(outcome, at)

    monkeypatch.setattr("chatbot.sender.settle", failing_settle)
    await queue("me", "1", "2")
    async with sending(line):
        await eventually(settled)
    assert line.texts("me") == ["1", "2"]


async def test_one_outcome_that_cannot_be_written_does_not_hold_up_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug with one row costs that row, not the outbox."""
    line = Line()

    async def failing_settle(outcome: Outcome, at: datetime) -> int:
        if outcome.row.lane == str(bad.id):
            raise ValueError("a bug")
        return await settle(outcome, at)

    monkeypatch.setattr("chatbot.sender.settle", failing_settle)
    bad = await queue("bad", "x")
    for number in range(5):
        await queue(f"u{number}", "1", "2")
    async with sending(line):
        await eventually(lambda: has_sent(line, 11))
        await eventually(lambda: there_are(State.SENT, 10))
    assert await Outgoing.filter(state=State.SENDING).count() == 1


async def test_what_happened_is_counted_without_anything_personal(database: Database) -> None:
    """By outlet and state alone."""

    def value(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0

    before = [
        value("chatbot_outgoing_settled_total", outlet="chat", state="sent"),
        value("chatbot_outgoing_settled_total", outlet="chat", state="failed"),
        value("chatbot_outgoing_retries_total", outlet="chat"),
        value("chatbot_outgoing_seconds_count", outlet="chat"),
    ]
    line = Line()
    errors: Sequence[DeliveryError] = [Later("busy"), Refused("no")]
    line.plan["me"] = list(errors)
    await queue("me", "1", "2")
    async with sending(line):
        await eventually(settled)
    after = [
        value("chatbot_outgoing_settled_total", outlet="chat", state="sent"),
        value("chatbot_outgoing_settled_total", outlet="chat", state="failed"),
        value("chatbot_outgoing_retries_total", outlet="chat"),
        value("chatbot_outgoing_seconds_count", outlet="chat"),
    ]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1, 1]
