"""Whose chat may fall silent is asked for another way to be reached, once, while it can be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

from chatbot.messages import Kind
from models.case import Case
from models.case_entry import CaseEntry, Entry
from models.chat import Chat
from models.database import run_tx
from tests.cases import REACH, SECOND, Watch, at, file_case
from tests.conftest import Database
from tests.test_arrivals import kinds

NOW = at("2026-10-05T10:00").astimezone(UTC)
WANTED = "chúng tôi có thể báo cho quý khách qua"


async def a_case(user: str = "1", channel: str = "silent", second: str | None = None) -> Case:
    """A case whose customer has proven nothing that is still known."""
    case = await file_case(NOW, user=user, channel=channel, second=second)
    return await Case.get(id=case.id).select_related("key")


async def asked(watch: Watch, start: str, end: str) -> list[str]:
    """When the customers are asked."""
    return list(await watch.hourly(at(start), at(end), "second way"))


async def test_the_customer_is_asked_once_before_the_window_shuts(database: Database) -> None:
    """A day after their last message, and never again; the question says of which case it is."""
    case = await a_case()
    watch = Watch()
    told = await watch.hourly(NOW, NOW + timedelta(days=9), "second way")
    assert list(told) == ["Tue 06/10 10:00"]
    [[text]] = told.values()
    assert case.code in text
    assert f"{WANTED} số điện thoại hoặc e-mail nào?" in text
    assert await kinds(case) == [Entry.WAY_ASKED]


async def test_nobody_is_asked_at_night(database: Database) -> None:
    """Whoever wrote in the evening is asked the next morning but one, long before the window shuts."""
    await a_case()
    await Chat.all().update(last_inbound_at=NOW + timedelta(hours=11))
    assert await asked(Watch(), "2026-10-05T21:00", "2026-10-15T00:00") == ["Wed 07/10 08:00"]


async def test_a_shut_window_does_not_ask(database: Database) -> None:
    """After a standstill nothing is sent that could not be delivered; the next message opens it again."""
    case = await a_case()
    watch = Watch()
    assert await watch.hourly(NOW + timedelta(hours=48), NOW + timedelta(days=4), "second way") == {}
    assert await kinds(case) == []
    await Chat.all().update(last_inbound_at=NOW + timedelta(days=4))
    assert await asked(watch, "2026-10-09T10:00", "2026-10-15T00:00") == ["Sat 10/10 10:00"]


async def test_who_can_be_reached_otherwise_is_not_asked(database: Database) -> None:
    """Neither in a chat that never falls silent, nor with a second contact, nor after the case ended, nor
    while a question is open, a person of the shop speaks, staff wait for an answer, or the chat is shut."""
    await a_case("never silent", channel="messenger")
    await a_case("second", second=SECOND)
    ended = await a_case("ended")
    await run_tx(lambda: ended.withdraw(NOW))
    busy = await a_case("busy")
    await Chat.filter(id=busy.chat).update(expires_at=NOW + timedelta(days=7))
    spoken = await a_case("spoken with")
    await Chat.filter(id=spoken.chat).update(paused_until=NOW + timedelta(days=7))
    waited = await a_case("asked by staff")
    await run_tx(lambda: CaseEntry.add(waited, Entry.STAFF_ASKED, NOW, words="Khi nào?"))
    shut = await a_case("shut")
    await Chat.filter(id=shut.chat).update(reachable=False)
    assert await Watch().hourly(NOW, NOW + timedelta(days=3), "second way") == {}


async def test_a_contact_that_this_desk_cannot_write_to_is_no_way(database: Database) -> None:
    """It asks for what it can use, and where it can write to nothing, it does not ask."""
    await a_case(second="0900000001")
    mute = Watch(reach=replace(REACH, kinds=frozenset()))
    assert await mute.hourly(NOW, NOW + timedelta(days=1, hours=1), "second way") == {}
    [text] = await Watch(reach=replace(REACH, kinds=frozenset({Kind.EMAIL}))).sweep(
        NOW + timedelta(hours=25), "second way"
    )
    assert f"{WANTED} địa chỉ e-mail nào?" in text


async def test_one_question_for_all_cases_of_a_chat(database: Database) -> None:
    """And one for the next, when these have ended."""
    first, second = await a_case(), await a_case()
    watch = Watch()
    assert await asked(watch, "2026-10-05T10:00", "2026-10-09T00:00") == ["Tue 06/10 10:00"]
    for case in (first, second):
        await run_tx(lambda case=case: case.withdraw(NOW))  # type: ignore[misc]
    third = await a_case()
    await watch.sweep(NOW + timedelta(hours=30), "second way")
    assert await kinds(third) == [Entry.WAY_ASKED]
