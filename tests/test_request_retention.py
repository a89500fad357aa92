"""Words of requests that are of nobody's record go a year after the request was closed (policy, section
3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from chatbot.messages import Kind
from handlers.sweeps import ONE_BY_ONE, forget_requests
from models.data_request import DataRequest, RequestKind, RequestState
from models.database import run_tx
from models.ended import end_requests
from models.entered import Way, enter_request
from models.evidence import Found
from models.keys import SubjectKey, new_id
from models.request_file import RequestFile
from tests.cases import SHOP, at
from tests.conftest import Database
from tests.people import EMAIL, put_on_file

FILED = at("2026-10-05T10:00")
CLOSED = FILED + timedelta(days=3)
YEAR = timedelta(days=365)


async def a_letter(request: DataRequest) -> None:
    """A file that came with a request."""
    key = await request.key()
    assert key
    found = Found("image/png", 9, "0" * 64)
    assert await RequestFile.received(request, key, new_id(), "thư.png", found, FILED)


async def closed(*, at: datetime | None = CLOSED) -> DataRequest:
    """A request that staff entered, with a letter, an extension's reason and an answer."""

    async def work() -> DataRequest:
        request = await enter_request(
            RequestKind.ERASE,
            "Xin xoá.",
            way=Way.POST,
            contact=(Kind.EMAIL, EMAIL),
            language="vi",
            arrived=FILED,
            member=new_id(),
            now=FILED,
            calendar=SHOP.calendar,
        )
        await request.extend("Cần đối chiếu.", new_id(), FILED, SHOP.calendar)
        await a_letter(request)
        if at:
            await request.close(RequestState.DONE, at, words="Đã xoá.")
        return request

    return await run_tx(work)


async def words_of(request: DataRequest) -> list[str | None]:
    """What can be read of it."""
    found = await DataRequest.get(id=request.id)
    return [await found.opened(column) for column in ("contact", "asked", "reason", "answer")]


async def forgotten(now: datetime) -> int:
    """One turn of the sweep."""
    return await run_tx(lambda: forget_requests(now, now))


async def test_the_words_go_a_year_after_the_end_and_the_register_stays(database: Database) -> None:
    """Contact and letters too; number, kind, days and the keyed hash of the contact stay as the register."""
    request = await closed()
    assert await forgotten(CLOSED + YEAR) == 0
    assert await words_of(request) == [EMAIL, "Xin xoá.", "Cần đối chiếu.", "Đã xoá."]
    assert await forgotten(CLOSED + YEAR + timedelta(seconds=1)) == 1
    assert await words_of(request) == [None] * 4
    assert await RequestFile.all().count() == 0
    left = await DataRequest.get(id=request.id)
    assert (left.state, left.who_index, left.code) == (RequestState.DONE, request.who_index, request.code)
    assert await forgotten(CLOSED + 2 * YEAR) == 0


@pytest.mark.parametrize("on_file", [False, True])
async def test_what_is_open_or_of_a_record_stays(database: Database, on_file: bool) -> None:
    """An open request needs its words; those of a record go with that record."""
    if on_file:
        await put_on_file(FILED)
    request = await closed(at=CLOSED if on_file else None)
    assert await forgotten(CLOSED + 5 * YEAR) == 0
    assert (await words_of(request))[1] == "Xin xoá."
    assert await RequestFile.all().count() == 1


async def test_many_go_in_small_batches(database: Database) -> None:
    """One after another, until there are no more."""
    for _ in range(ONE_BY_ONE + 2):
        await closed()
    later = CLOSED + 2 * YEAR
    assert [await forgotten(later) for _ in range(3)] == [ONE_BY_ONE, 2, 0]


async def test_the_letters_go_with_their_request(database: Database) -> None:
    """When the register's own period is over; of a record that still stands, too."""
    await put_on_file(FILED)
    request = await closed()
    assert await run_tx(lambda: end_requests([request.id], CLOSED + 4 * YEAR)) == 1
    assert await RequestFile.all().count() == 0


async def test_a_letter_that_came_in_while_its_customer_was_erased_goes(database: Database) -> None:
    """Its key is gone: nothing opens it, and not even its fingerprint stays."""
    customer = await put_on_file(FILED)
    await closed()
    await SubjectKey.filter(id=customer.id).delete()
    assert await forgotten(CLOSED) == 1
    assert await RequestFile.all().count() == 0
