"""An erasure is carried out: nothing of the person is left, everybody else's is as it was."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatbot.certificate import Certificate, Certified, Elsewhere
from chatbot.clock import local_date
from chatbot.messages import Address, Matter
from models.case import Case
from models.change import Change, ChangeKind
from models.chat import Chat
from models.customer import Customer
from models.data_request import DataRequest, RequestState
from models.database import run_tx
from models.deadline import Deadline
from models.delivery import Delivery, Fate
from models.erasure import LAST_WORDS, Erasure, Why
from models.event import Event, Tag
from models.evidence import Evidence
from models.inventory import INVENTORY
from models.keys import SubjectKey, new_id, ring
from models.legal_hold import Ground, LegalHold
from models.outgoing import Outgoing, lane_to
from models.promises import Promise
from models.removal import FAREWELL, Removal
from models.roles import Role
from tests.chat import Desk
from tests.conftest import Database
from tests.erasure_world import (
    NOW,
    SHOP,
    Erasing,
    Somebody,
    add_somebody,
    freeze,
    marks_left,
    opens,
    raw,
    rows,
    said_in,
    say,
    sealed_of,
    sent,
    tables_naming,
)
from tests.erasures import by_mail, confirms
from tests.people import put_on_file

MARK, OTHER = "Hoadaoxanh", "Trangluoiliem"

NOBODYS = {
    *("audit_day", "desk", "erased", "erased_mark", "morning_digest", "staff_member"),
    *("staff_session", "telling", "zalo_chain", "removal", "erasure"),
    *("case_reply", "clock_warning", "retention_ask", "retention_day"),
}
"""Tables in which nobody of this world has a row."""


@pytest.fixture
async def two(database: Database, tmp_path: Path) -> tuple[Somebody, Somebody]:
    """Two people."""
    return await add_somebody(tmp_path, MARK, 1), await add_somebody(tmp_path, OTHER, 2)


async def test_nothing_is_left_of_whoever_is_erased(
    two: tuple[Somebody, Somebody], database: Database, tmp_path: Path
) -> None:
    """In every table, in every file and, on SQLite, in every byte; the other person's is as it was."""
    gone, other = two
    before = await rows()
    assert {table for table, held in before.items() if not held} == NOBODYS
    secrets = await sealed_of(gone)
    requests = [str(one.id) for one in await DataRequest.filter(customer=gone.customer)]
    lanes = [lane_to(Address("sms", gone.phone)), lane_to(Address("email", gone.email))]
    await freeze(gone)
    await Erasing(tmp_path).run()
    chat = await Chat.find(gone.address)
    assert chat
    await sent(chat.id)
    case = await Case.get(id=gone.case)
    await Case.filter(id=case.id).update(ended_at=NOW)
    await Erasing(tmp_path).run()
    assert await tables_naming(gone) == set()
    assert [await one.all().count() for one in (Removal, Erasure)] == [0, 0]
    assert not await Chat.find(gone.address)
    assert not any((tmp_path / name).exists() for name in gone.files)
    assert all((tmp_path / name).exists() for name in other.files)
    after = await rows()
    theirs = {*map(str, (gone.customer, gone.chat, gone.case)), *lanes, *requests}
    for table in INVENTORY.keys() - {"number_counter"}:
        kept = [row for row in before[table] if not theirs & set(map(str, row.values()))]
        assert [row for row in kept if row not in after[table]] == [], table
    if database.url.startswith("sqlite"):
        everything = raw(database.url, tmp_path)
        assert [word for word in (*gone.words, *other.words) if word in everything] == []
        assert [one for one in secrets if one in everything] == []
        assert all(one in everything for one in await sealed_of(other)), "the search finds what is there"


async def reached(somebody: Somebody) -> Chat:
    """The chat in which whoever was erased is told so."""
    chat = await Chat.find(somebody.address)
    assert chat
    assert chat.id != somebody.chat
    return chat


def certificate_in(text: str) -> Certificate:
    """The certificate that a text carries."""
    [code] = [line.partition(": ")[2] for line in text.splitlines() if line.startswith("Mã chứng nhận")]
    found = Certificate.read(code, ring())
    assert found
    return found


async def test_the_last_words_are_a_certificate(two: tuple[Somebody, Somebody], tmp_path: Path) -> None:
    """In a chat of its own at the same address, which knows nothing but the letter of the open case; the
    request is done, what else was asked for is moot."""
    gone, _ = two
    erasure = await freeze(gone)
    await Erasing(tmp_path).run()
    chat = await reached(gone)
    letter, certificate = await said_in(chat)
    assert letter == f"letter to {MARK}"
    assert not any(word.decode() in certificate for word in gone.words)
    assert "Khiếu nại của quý khách (1)" in certificate
    request = await DataRequest.get(id=erasure.request)
    assert certificate_in(certificate) == Certificate(
        Certified.ERASED, (request.year, request.number), local_date(NOW), None, Elsewhere.NOWHERE
    )
    assert request.state is RequestState.DONE
    moot = await DataRequest.filter(customer=gone.customer).exclude(id=request.id)
    assert {one.state for one in moot} == {RequestState.WITHDRAWN}
    assert (chat.conversation, chat.proven, chat.last_inbound_at) == (None, False, NOW)


async def test_from_the_question_to_the_certificate(database: Database, tmp_path: Path) -> None:
    """The customer confirms, is told at the hour that was named, and is nobody known from then on."""
    desk = Desk()
    await put_on_file(desk.time.now())
    chat = await confirms(desk)
    await Outgoing.all().update(state="sent", settled_at=desk.time.now())
    desk.time.move(SHOP.undo - timedelta(minutes=1))
    assert await Erasing(tmp_path, now=desk.time.now()).run() == 0
    desk.time.move(timedelta(minutes=1))
    assert await Erasing(tmp_path, now=desk.time.now()).run()
    [told] = await chat.replies()
    assert certificate_in(told.text).on == local_date(desk.time.now())
    assert told.link
    assert told.link.url == f"{desk.page}/verify"
    assert await chat.says("/xemdulieu") == ["menu.notice", "engine.must_prove", "identity.way.ask"]
    assert await by_mail(chat) == ["identity.proven", "identity.nothing_held"]
    assert await Customer.all().count() == 0


async def test_an_open_case_is_whole_until_its_end(two: tuple[Somebody, Somebody], tmp_path: Path) -> None:
    """What it says, its file, its letter and where it is answered; the customer finds it by their contact."""
    gone, _ = two
    await freeze(gone)
    await Erasing(tmp_path).run()
    chat = await reached(gone)
    await sent(chat.id)
    await Erasing(tmp_path, now=NOW + 2 * FAREWELL).run()
    case = await Case.load(gone.case)  # type: ignore[arg-type]
    assert case
    assert (case.opened().what, case.chat) == (MARK, chat.id)
    assert [one.opened(case.key).name for one in await Evidence.of_case(case.id)] == [MARK]
    assert (tmp_path / "evidence").exists()
    letter = await Outgoing.get(about=case.id, matter=Matter.DECISION)
    assert (letter.subject, letter.lane) == (chat.id, str(chat.id))
    returned = await run_tx(partial(opens, chat, gone.customer, gone.phone, NOW))
    assert [one.id for one in await Case.of_person(new_id(), returned)] == [case.id]
    end = NOW + 2 * FAREWELL
    await Case.filter(id=case.id).update(ended_at=end)
    await run_tx(partial(say, chat, "how it ended", end))
    await Erasing(tmp_path, now=end).run()
    assert len(await said_in(await reached(gone))) == 4, "what is still to be sent is"
    await sent(chat.id)
    await Erasing(tmp_path, now=end).run()
    assert await Chat.find(gone.address) is None


@pytest.mark.parametrize("channel", ["messenger", "web"])
async def test_an_address_is_kept_until_its_owner_was_told(
    database: Database, tmp_path: Path, channel: str
) -> None:
    """At most a week; where no app keeps the words, the whole week. Whoever writes again has a chat like any
    other."""
    first = await add_somebody(tmp_path, MARK, 1, channel=channel, case=False)
    second = await add_somebody(tmp_path, OTHER, 2, channel=channel, case=False)
    for one in (first, second):
        await freeze(one)
    await Erasing(tmp_path).run()
    chats = [await Chat.find(Address(channel, one.mark)) for one in (first, second)]
    assert [len(await said_in(chat)) for chat in chats if chat] == [1, 1]
    later = NOW + timedelta(hours=1)
    await Chat.filter(id=chats[1].id).update(last_inbound_at=later)  # type: ignore[union-attr]
    await Erasing(tmp_path, now=later).run()
    assert await Chat.all().count() == 2, "nothing has gone out yet"
    await Outgoing.all().update(state="sent", settled_at=later)
    await Erasing(tmp_path, now=later).run()
    assert await Chat.all().count() == (1 if channel == "messenger" else 2)
    await Erasing(tmp_path, now=NOW + FAREWELL).run()
    assert [chat.id for chat in await Chat.all()] == [chats[1].id]  # type: ignore[union-attr]
    assert await Removal.all().count() == 0


async def test_the_shops_other_systems_are_told_by_what_they_know(
    two: tuple[Somebody, Somebody], tmp_path: Path
) -> None:
    """The request stays open until somebody says that it is done there; then nobody is to be found by it."""
    gone, _ = two
    erasure = await freeze(gone)
    await Erasing(tmp_path, SHOP).run()
    request = await DataRequest.get(id=erasure.request)
    assert request.state is RequestState.OPEN
    change = await Change.get(request=request.id, kind=ChangeKind.ERASED)
    assert (await change.opened()).phone == gone.phone
    text = (await said_in(await reached(gone)))[-1]
    assert ", ".join(SHOP.other_systems) in text
    limit = await request.limit()
    assert limit
    found = certificate_in(text)
    assert (found.elsewhere, found.until) == (Elsewhere.OPEN, limit.promised_on)
    assert await Outgoing.filter(outlet="staff").count() == 1
    await run_tx(partial(Change.tick, request, new_id(), NOW))
    assert (await (await Change.get(id=change.id)).opened()).phone is None
    before = await Change.filter(subject=gone.customer, whereabouts__isnull=False).count()
    assert before == 0, "what was to be corrected there before is not to be found either"


async def test_the_clock_erases_alike(two: tuple[Somebody, Somebody], tmp_path: Path) -> None:
    """Told in the chat that reaches them; where other systems must follow it has an entry of its own, whose
    answer is not owed to anybody."""
    gone, _ = two
    await freeze(gone, why=Why.RETENTION)
    await Erasing(tmp_path, SHOP).run()
    text = (await said_in(await reached(gone)))[-1]
    found = certificate_in(text)
    assert found.number
    assert (found.kind, found.elsewhere) == (Certified.EXPIRED, Elsewhere.OPEN)
    request = await DataRequest.get(year=found.number[0], number=found.number[1])
    assert await Deadline.running(request.id, Promise.ANSWER) is None
    assert await Deadline.running(request.id, Promise.ERASE)
    assert await tables_naming(gone) == set()


async def test_whoever_has_no_chat_is_told_by_mail(database: Database, tmp_path: Path) -> None:
    """At an address with a key of its own, until it went out; and whoever cannot be reached is erased in
    silence."""
    gone = await add_somebody(tmp_path, MARK, 1, case=False)
    await Chat.filter(id=gone.chat).update(reachable=False)
    await freeze(gone, why=Why.RETENTION)
    await Erasing(tmp_path).run()
    [row] = await Outgoing.filter(outlet="email")
    key = await SubjectKey.of(row.subject)
    target, reply = row.opened_target(key), row.opened(key)
    assert target == Address("email", gone.email)
    assert reply
    assert certificate_in(reply.text) == Certificate(Certified.EXPIRED, None, local_date(NOW))
    await sent(row.subject)
    await Erasing(tmp_path).run()
    assert await Outgoing.filter(subject=row.subject).count() == 0
    assert await SubjectKey.filter(id=row.subject).count() == 0
    assert await tables_naming(gone) == set()


async def test_what_does_not_open_is_erased_all_the_same(
    two: tuple[Somebody, Somebody], database: Database, tmp_path: Path
) -> None:
    """A record whose key is broken, with its chats; nobody can be told, and the next one is not held up."""
    gone, other = two
    broken = SubjectKey.filter(id__in=[gone.customer, gone.chat])
    await broken.update(wrapped=b"\0" * 60)
    await freeze(gone)
    await freeze(other)
    await Erasing(tmp_path, SHOP).run()
    for one in two:
        assert await tables_naming(one) == set()
    assert await Chat.find(gone.address) is None
    assert len(await said_in(await reached(other))) == 2


async def test_what_must_stay_is_not_begun(two: tuple[Somebody, Somebody], tmp_path: Path) -> None:
    """Before its hour, under a hold, or when it was undone."""
    gone, other = two
    erasure = await freeze(gone, due_at=NOW + timedelta(hours=71))
    record = await Customer.get(id=gone.customer)
    hold = await run_tx(
        partial(
            LegalHold.put,
            record,
            Ground.DISPUTE,
            "x",
            review_on=NOW.date(),
            member=new_id(),
            role=Role.DIRECTOR,
            now=NOW,
        )
    )
    assert hold
    later = Erasing(tmp_path, now=NOW + timedelta(hours=72))
    assert await Erasing(tmp_path).run() == 0
    assert await later.run() == 0
    await run_tx(partial(hold.lift, "x", member=new_id(), now=NOW))
    undone = await freeze(other)
    await run_tx(partial(undone.undo, other.chat, NOW))
    assert await later.run()
    assert not await run_tx(partial(erasure.undo, gone.chat, NOW)), "nobody undoes what has begun"
    assert await tables_naming(gone) == set()
    assert await Customer.load(other.customer)


async def test_what_was_still_to_be_said_goes_out_first(
    two: tuple[Somebody, Somebody], tmp_path: Path
) -> None:
    """An erasure at once would take the warning of itself along. What cannot go out is not awaited long."""
    gone, other = two
    for one in two:
        await freeze(one, due_at=NOW)
    assert await Erasing(tmp_path).run() == 0
    await sent(gone.chat)
    assert await Erasing(tmp_path).run()
    assert await Customer.get_or_none(id=gone.customer) is None
    assert await Customer.get_or_none(id=other.customer)
    assert await Erasing(tmp_path, now=NOW + LAST_WORDS).run()
    assert await tables_naming(other) == set()


async def test_a_hold_that_is_put_at_the_last_instant_holds(database: Database, tmp_path: Path) -> None:
    """Whatever the eraser had looked at before: either the record is there, or the director was told that it
    is not."""
    for number in range(6):
        gone = await add_somebody(tmp_path, f"{MARK}{number}", number, case=False)
        await freeze(gone)

        async def put(gone: Somebody = gone) -> bool:
            record = await Customer.filter(id=gone.customer).select_for_update().first()
            if record is None:
                return False
            await asyncio.sleep(0.01)  # the eraser comes here
            member, role = new_id(), Role.DIRECTOR
            day = NOW.date()
            hold = await LegalHold.put(
                record, Ground.DISPUTE, "x", review_on=day, member=member, role=role, now=NOW
            )
            return hold is not None

        held, _ = await asyncio.gather(run_tx(put), Erasing(tmp_path).run())
        assert held == (await Customer.exists(id=gone.customer)), number


async def test_an_undo_at_the_instant_of_the_beginning_ends_in_one_of_two_ways(
    database: Database, tmp_path: Path
) -> None:
    """Kept whole, or erased whole; and neither stands in the other's way for good."""
    for number in range(6):
        gone = await add_somebody(tmp_path, f"{MARK}{number}", number, case=False)
        erasure = await freeze(gone)

        async def undo(gone: Somebody = gone, erasure: Erasure = erasure) -> bool:
            await Chat.hold_by_id(gone.chat)  # as the engine does with the chat of a message
            await asyncio.sleep(0.01)
            return await erasure.undo(gone.chat, NOW)

        kept, _ = await asyncio.gather(run_tx(undo), Erasing(tmp_path).run())
        assert kept == (await Customer.load(gone.customer) is not None), number


async def test_of_a_shared_chat_goes_what_was_theirs(database: Database, tmp_path: Path) -> None:
    """What was said while their record alone stood open there; the open question with it, if it is theirs."""
    gone = await add_somebody(tmp_path, MARK, 1, case=False)
    other = await add_somebody(tmp_path, OTHER, 2, case=False)
    shared = await run_tx(partial(Chat.hold, Address("web", "family"), "vi", NOW))
    at = NOW + timedelta(minutes=1)

    async def in_turn() -> None:
        for number, one in enumerate((other, gone)):
            since = at + timedelta(minutes=number)
            await opens(shared, one.customer, one.phone, since)
            await say(shared, f"shared {one.mark}", since)
            await shared.keep("menu", "menu", one.mark.encode(), since, None, since)

    await run_tx(in_turn)
    await freeze(gone)
    await Erasing(tmp_path, now=NOW + timedelta(hours=1)).run()
    after = await Chat.get(id=shared.id)
    assert await said_in(shared) == [f"shared {OTHER}"] * 2
    assert (after.conversation, after.state) == (None, None)
    assert await tables_naming(gone) == set()
    await run_tx(partial(say, shared, "written by whoever comes next", NOW + timedelta(hours=2)))
    await Erasing(tmp_path, now=NOW + timedelta(hours=3)).run()
    assert len(await said_in(shared)) == 4


class Died(BaseException):
    """The process dies."""


async def test_it_goes_on_wherever_it_died(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any commit: from the first on nothing can be read; it ends as if nothing had been, told once."""
    left = 0

    async def mortal(work: Callable[[], Awaitable[Any]]) -> Any:
        nonlocal left
        done = await run_tx(work)
        left -= 1
        if left == 0:
            raise Died
        return done

    monkeypatch.setattr("chatbot.eraser.run_tx", mortal)
    monkeypatch.setattr("models.database.run_tx", mortal)
    monkeypatch.setattr("chatbot.eraser.BATCH", 7)
    deaths = 0
    for number in range(1, 40):
        gone = await add_somebody(tmp_path, f"{MARK}{number}", number)
        shared = await run_tx(partial(Chat.hold, Address("web", f"{number}"), "vi", NOW))
        for one, minutes in ((gone, 0), (gone, 2)):
            at = NOW + timedelta(minutes=minutes)
            await run_tx(partial(opens, shared, one.customer, one.phone, at))
            await run_tx(partial(say, shared, one.mark, at))
            await run_tx(partial(opens, shared, new_id(), "+84900009999", at + timedelta(minutes=1)))
        await freeze(gone)
        left = number
        try:
            await Erasing(tmp_path).run()
            break
        except Died:
            deaths += 1
            assert await SubjectKey.filter(id__in=[gone.customer, gone.chat]).count() == 0
        finally:
            left = 0
        await Erasing(tmp_path).run()
        assert await tables_naming(gone) == set(), number
        assert await marks_left(gone) == [f"letter to {gone.mark}"], number
        assert not any((tmp_path / name).exists() for name in gone.files), number
        assert len(await said_in(await reached(gone))) == 2, number
        told = Event.filter(customer=gone.customer, tag__in=[Tag.ERASURE_BEGUN, Tag.ERASURE_DONE])
        assert await told.count() == 2, number
    assert deaths > 5


async def test_two_processes_erase_together(two: tuple[Somebody, Somebody], tmp_path: Path) -> None:
    """Each is told once."""
    for one in two:
        await freeze(one)
    await asyncio.gather(*(Erasing(tmp_path).run() for _ in range(3)))
    for one in two:
        assert await tables_naming(one) == set()
        assert len(await said_in(await reached(one))) == 2
    assert await Event.filter(tag=Tag.ERASURE_DONE).count() == 2


async def test_a_customer_who_writes_meanwhile_is_heard(
    two: tuple[Somebody, Somebody], tmp_path: Path
) -> None:
    """Each message is answered once, by the old chat or by the new one; of the old one nothing is left."""
    gone, _ = two
    desk = Desk()
    chat = desk.chat(gone.address.user, gone.address.channel)
    await freeze(gone)

    async def writes() -> None:
        for _ in range(8):
            await desk.engine().receive(chat.message(text="trợ giúp"))

    await asyncio.gather(Erasing(tmp_path).run(), writes())
    desk.time.move(timedelta(seconds=1))
    await desk.engine().receive(chat.message(text="trợ giúp"))
    await Erasing(tmp_path).run()
    assert await Delivery.filter(fate=Fate.FAILED).count() == 0
    assert await tables_naming(gone) == set()
    assert len(await chat.replies()) >= 3
    assert await Removal.all().count() == 0, "the chat is one like any other"


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_shares_chats_with_whom(database: Database, tmp_path: Path, seed: int) -> None:
    """People open their records in chats in any order and say something each time; some of them are erased:
    of these no word is left, of the others every word."""
    chance = random.Random(seed)
    people = [await add_somebody(tmp_path, f"Nguoi{number}", number, case=False) for number in range(4)]
    chats = [await run_tx(partial(Chat.hold, Address("web", str(n)), "vi", NOW)) for n in range(4)]
    for step in range(30):
        one, chat = chance.choice(people), chance.choice(chats)
        at = NOW + timedelta(minutes=step)
        await run_tx(partial(opens, chat, one.customer, one.phone, at))
        await run_tx(partial(say, chat, f"{one.mark} {step}", at))
    before = {one.mark: sorted(await marks_left(one)) for one in people}
    gone = chance.sample(people, chance.randint(1, 3))
    for one in gone:
        await freeze(one)
    await Erasing(tmp_path, now=NOW + timedelta(hours=1)).run()
    for one in people:
        if one in gone:
            assert await marks_left(one) == []
            assert await tables_naming(one) == set()
        else:
            assert sorted(await marks_left(one)) == before[one.mark]
