"""Changes on their way to the shop's own receiver: signed, offered until taken, and never lost."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from chatbot.webhook import SIGNATURE, TIMESTAMP, ChangesHook
from models.change import FIRST_RETRY, LAST_RETRY, Change, ChangeKind
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.keys import SubjectKey, new_id
from tests.conftest import Database
from tests.page_server import serving
from tests.people import EMAIL, PHONE_E164, put_on_file
from tests.requests import a_request, again
from tests.staff import NOW

SECRET = "a secret of the shop"


@dataclass
class Receiver:
    """Another system of the shop: keeps what it takes, and answers with these statuses first."""

    hook: ChangesHook
    url: str
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    wall: datetime = NOW

    async def run(self) -> int:
        """One round of offers."""
        return await self.hook.run(self.wall, self.wall)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What came, as it was meant."""
        return [orjson.loads(body) for _, body in self.got]


@pytest.fixture
async def receiver(database: Database) -> AsyncIterator[Receiver]:
    """One on loopback."""

    async def take(request: web.Request) -> web.Response:
        there.got.append((dict(request.headers), await request.read()))
        status = there.answers.pop(0) if there.answers else 204
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with serving(web.post("/changes", take), web.post("/elsewhere", take)) as server:
        url = f"{server.url}/changes"
        hook = ChangesHook(url, SECRET, lambda: there.wall)
        there = Receiver(hook, url)
        yield there
        await hook.close()


async def a_change(kind: ChangeKind = ChangeKind.OPTED_OUT, *what: str, name: str = "Trần An") -> Change:
    """A change of a customer's."""
    customer = await put_on_file(NOW, name, external_id=f"PS{new_id().hex[-8:]}")
    request = await a_request(customer, NOW, RequestKind.OBJECT)
    await run_tx(lambda: Change.enter(request, kind, what, NOW))
    return await Change.get(request=request.id)


async def test_a_change_is_signed_and_taken_once(receiver: Receiver) -> None:
    """The receiver can tell that it is ours, and when it was sent; what was taken is not offered again."""
    change = await a_change(ChangeKind.OPTED_OUT, "offers", "guides")
    assert await receiver.run() == 1
    [(headers, body)] = receiver.got
    text = headers[TIMESTAMP].encode() + b"." + body
    assert headers[SIGNATURE] == hmac.new(SECRET.encode(), text, sha256).hexdigest()
    assert int(headers[TIMESTAMP]) == int(NOW.timestamp())
    [told] = receiver.bodies
    assert (told["id"], told["kind"], told["what"]) == (str(change.ref), "opted_out", "offers guides")
    assert (told["phone"], told["email"]) == (PHONE_E164, EMAIL)
    assert told["request"].startswith("YC-2026-000001-")
    assert await receiver.run() == 0
    assert len(receiver.got) == 1
    assert receiver.hook.health() is None


async def test_it_is_offered_until_it_is_taken(receiver: Receiver) -> None:
    """A refusal, a fault and a redirect put it off, each time for longer; health says so, the log nothing
    personal; the one after it does not wait for it."""
    await a_change()
    receiver.answers = [500, 400, 307]
    with capture_logs() as logs:
        assert await receiver.run() == 0
        assert receiver.hook.health() == (
            "the receiver at CHANGES_URL does not take changes (HTTP 500): check it"
        )
        assert await receiver.run() == 0
        assert len(receiver.got) == 1  # not yet due again
        for wait in (FIRST_RETRY, 2 * FIRST_RETRY):
            receiver.wall += wait
            assert await receiver.run() == 0
        assert len(receiver.got) == 3
        await a_change(ChangeKind.RESTRICTED)
        assert await receiver.run() == 1  # the second
        receiver.wall += 4 * FIRST_RETRY
        assert await receiver.run() == 1
    assert len({one["id"] for one in receiver.bodies}) == 2
    assert len({one["id"] for one in receiver.bodies[:3]}) == 1
    assert not [line for line in logs if EMAIL in str(line) or PHONE_E164 in str(line)]
    assert EMAIL not in str(receiver.hook.health())


async def test_nobody_listens(receiver: Receiver) -> None:
    """It waits up to an hour, and is there when somebody does."""
    await a_change()
    deaf = ChangesHook("http://127.0.0.1:9/changes", SECRET, lambda: receiver.wall)
    for _ in range(15):
        assert await deaf.run(receiver.wall, receiver.wall) == 0
        receiver.wall += LAST_RETRY
    assert "ClientConnector" in str(deaf.health())
    await deaf.close()
    [change] = await Change.all()
    assert change.next_try_at
    assert change.next_try_at - receiver.wall <= timedelta()
    assert await receiver.run() == 1


async def test_an_erased_person_is_found_until_it_is_ticked(receiver: Receiver) -> None:
    """The key of the customer is gone, and the other systems can be told whom to erase; ticked, nothing is
    left but the request's number, and the request is done."""
    change = await a_change(ChangeKind.ERASED)
    request = await again(await _request(change))
    await SubjectKey.filter(id=request.customer).delete()
    assert (await change.opened()).phone == PHONE_E164
    assert await run_tx(lambda: Change.tick(request, new_id(), NOW))
    assert not await run_tx(lambda: Change.tick(request, new_id(), NOW))
    [ticked] = await Change.all()
    assert ticked.whereabouts is None
    assert (await again(request)).state is RequestState.DONE
    assert await receiver.run() == 1
    [told] = receiver.bodies
    assert (told["phone"], told["email"], told["external_id"]) == (None, None, None)


async def test_other_changes_go_with_the_customers_key(receiver: Receiver) -> None:
    """Nothing of an erased customer can be read from what was changed before."""
    change = await a_change(ChangeKind.CORRECTED, "email")
    assert change.whereabouts
    assert EMAIL.encode() not in change.whereabouts
    await SubjectKey.filter(id=(await _request(change)).customer).delete()
    assert await change.told() == (await change.told()) | {"phone": None, "email": None, "external_id": None}


async def _request(change: Change) -> DataRequest:

    return await DataRequest.get(id=change.request)
