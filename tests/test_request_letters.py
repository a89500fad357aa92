"""What must arrive of data subject requests and did not goes by another way, or becomes a task for staff."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from chatbot.messages import About, Address, Kind, Matter, Reply
from models.chat import Chat
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.deadline import Deadline
from models.entered import Way, enter_request
from models.event import Event, Tag
from models.keys import SubjectKey, new_id
from models.letters import missed
from models.outgoing import Arrival, Outgoing, Purpose, State
from models.promises import Promise
from models.proof import Method, Proof
from tests.cases import HOUR, SECOND, SHOP, Watch, at, staff_messages
from tests.conftest import Database
from tests.people import EMAIL, PHONE_E164, put_on_file
from tests.requests import a_request

NOW = at("2026-10-05T10:00").astimezone(UTC)
SECRET = "Đã xoá ghi chú về Phạm Gia Bảo."


async def entered_by_hand(matter: Matter) -> DataRequest:
    """A request that came by e-mail, with something written to its contact."""

    async def work() -> DataRequest:
        request = await enter_request(
            RequestKind.ERASE,
            "Xin xoá.",
            way=Way.EMAIL,
            contact=(Kind.EMAIL, SECOND),
            language="vi",
            arrived=NOW,
            member=new_id(),
            now=NOW,
            calendar=SHOP.calendar,
        )
        key = await request.key()
        assert key
        to, about = Address("email", SECOND), About(request.id, matter)
        await Outgoing.to_contact(key, to, Reply(SECRET), NOW, purpose=Purpose.NOTICE, about=about)
        await Deadline.meet(request.id, Promise.ANSWER, NOW)
        return request

    return await run_tx(work)


async def made_in_a_chat(language: str = "vi") -> DataRequest:
    """A request that a customer on file made in a messenger, and what staff wrote on it."""
    customer = await put_on_file(NOW)
    request = await a_request(customer, NOW, language=language)

    async def work() -> None:
        assert request.chat
        chat = await Chat.hold_by_id(request.chat)
        assert chat
        await Proof.add(chat, Kind.PHONE, PHONE_E164, Method.SHARED, NOW, NOW)
        about = About(request.id, Matter.REQUEST)
        await Outgoing.to_chat(chat, [Reply(SECRET)], NOW, purpose=Purpose.NOTICE, about=about)

    await run_tx(work)
    return request


async def becomes(state: State) -> None:
    """What waits in the outbox is settled."""
    for row in await Outgoing.filter(state=State.QUEUED).exclude(outlet="staff"):
        await Outgoing.filter(id=row.id).update(state=state, settled_at=row.queued_at)


async def pointed(key: SubjectKey) -> list[tuple[str, str, str]]:
    """What was written to contacts: outlet, to whom, words."""
    rows = await Outgoing.filter(subject=key.id, outlet__in=["sms", "email"]).order_by("id")
    found = []
    for row in rows:
        to, reply = row.opened_target(key), row.opened(key)
        assert to
        assert reply
        found.append((row.outlet, to.user, reply.text))
    return found


async def answers_owed(request: DataRequest) -> bool:
    """Whether the clock of the 2 working days runs."""
    return await Deadline.running(request.id, Promise.ANSWER) is not None


async def test_a_receipt_that_the_mail_server_refuses_is_a_task_for_staff(database: Database) -> None:
    """Once, by number alone; it was no answer, so the 2 working days go on until one of them says that the
    customer was told."""
    request, watch = await entered_by_hand(Matter.RECEIPT), Watch()
    await watch.sweep(NOW, "requests")
    assert await staff_messages() == []
    assert not await answers_owed(request)
    await becomes(State.FAILED)
    for hours in range(3):
        await watch.sweep(NOW + hours * HOUR, "requests")
    [text] = await staff_messages()
    assert request.code in text
    assert SECRET not in text
    assert SECOND not in text
    assert await answers_owed(request)
    assert await Event.filter(tag=Tag.REQUEST_UNREACHED, request=request.id).count() == 1
    await run_tx(lambda: request.told_by_hand(new_id(), NOW))
    assert not await answers_owed(request)
    assert await missed(request.id) == []


async def test_an_answer_that_is_refused_is_a_task_although_the_request_is_closed(database: Database) -> None:
    """No clock of a closed request runs on; by day only."""
    request, watch = await entered_by_hand(Matter.REQUEST), Watch()
    await watch.sweep(NOW, "requests")
    await run_tx(lambda: request.close(RequestState.DONE, NOW, words=SECRET))
    await becomes(State.UNKNOWN)
    told = await watch.hourly(at("2026-10-05T20:00"), at("2026-10-06T12:00"), "requests")
    assert list(told) == ["Tue 06/10 08:00"]
    assert len(await missed(request.id)) == 1
    assert not await answers_owed(request)


async def test_what_arrived_or_was_taken_back_is_nobodys_task(database: Database) -> None:
    """A mail server has taken the one; nobody waits for the other."""
    await entered_by_hand(Matter.RECEIPT)
    await becomes(State.SENT)
    back = await entered_by_hand(Matter.REQUEST)
    await becomes(State.FAILED)
    await run_tx(lambda: back.close(RequestState.WITHDRAWN, NOW))
    await Watch().sweep(NOW, "requests", "chase")
    assert await staff_messages() == []
    assert {row.arrival for row in await Outgoing.all()} == {Arrival.OVER, Arrival.MISSED}


@pytest.mark.parametrize("erased", [False, True])
async def test_what_a_chat_refuses_is_pointed_to_at_the_contact_that_was_proven(
    database: Database, erased: bool
) -> None:
    """In the customer's language, without a word of what it is; where that is refused too, or the record's
    key is gone, staff tell it."""
    request, watch = await made_in_a_chat("en"), Watch()
    key = await request.key()
    assert key
    await becomes(State.FAILED)
    if erased:
        await SubjectKey.filter(id=key.id).delete()
    await watch.sweep(NOW, "requests")
    if not erased:
        [(outlet, to, words)] = await pointed(key)
        assert (outlet, to) == ("sms", PHONE_E164)
        assert words.startswith(f"{SHOP.name} has news on your request {request.code}.")
        assert SECRET not in words
        assert await staff_messages() == []
        await becomes(State.FAILED)
    for hours in range(3):
        await watch.sweep(NOW + hours * HOUR, "requests")
    assert len(await staff_messages()) == 1


async def test_a_contact_that_is_the_customers_no_more_is_not_written_to(database: Database) -> None:
    """It was taken out of the record since: staff find another way."""
    request = await made_in_a_chat()
    key = await request.key()
    assert key
    await DataRequest.filter(id=request.id).update(who_index="f" * 64)
    await becomes(State.FAILED)
    await Watch().sweep(NOW, "requests")
    assert await pointed(key) == []
    assert len(await staff_messages()) == 1


async def test_a_letter_of_a_case_or_claim_is_left_to_its_own_sweep(database: Database) -> None:
    """And the other way round: none is looked after twice."""
    request = await made_in_a_chat()
    await becomes(State.FAILED)
    await Watch().sweep(NOW + timedelta(days=1), "chase what did not", "claims")
    assert await missed(request.id) == []
    assert EMAIL not in "".join(await staff_messages())
