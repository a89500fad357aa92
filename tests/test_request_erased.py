"""A request whose customer is erased while somebody works on it: nothing comes back, and nothing breaks."""

from __future__ import annotations

import asyncio

import pytest

from chatbot.messages import Kind
from models.data_request import DataRequest, RequestKind, RequestState, WordsGone
from models.database import run_tx
from models.entered import Way, enter_request
from models.inventory import remove_keyless
from models.keys import SubjectKey, new_id
from tests.cases import SHOP, at
from tests.conftest import Database
from tests.people import EMAIL, put_on_file
from tests.requests import a_request, again

NOW = at("2026-10-05T10:00")
WORDS = "Đã xoá ghi chú."


async def erased(request: DataRequest) -> None:
    """The key of its customer is destroyed."""
    await SubjectKey.filter(id=request.customer).delete()


async def test_words_sealed_by_a_key_that_is_then_destroyed_are_nobodys_to_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loaded before, written after: no key comes back, and what was written is taken out like all the
    rest."""
    request = await a_request(await put_on_file(NOW), NOW, RequestKind.ERASE, asked="Xin xoá.")
    loaded = await request.key()
    assert loaded
    await erased(request)

    async def key(self: DataRequest) -> SubjectKey:
        assert loaded
        return loaded

    with monkeypatch.context() as late:
        late.setattr(DataRequest, "key", key)
        assert await run_tx(lambda: request.close(RequestState.DONE, NOW, words=WORDS))
    left = await again(request)
    assert left.answer
    assert [await left.opened(column) for column in ("asked", "answer")] == [None, None]
    assert not await SubjectKey.exists(id=request.customer)
    await run_tx(remove_keyless)
    assert (await again(request)).answer is None


async def test_erasing_and_closing_at_once_end_in_one_of_two_ways(database: Database) -> None:
    """Closed with words that nobody can read, or refused to be; never with another error."""
    customers = [await put_on_file(NOW, external_id=f"PS{number}") for number in range(8)]
    requests = [await a_request(customer, NOW, RequestKind.ERASE) for customer in customers]

    async def close(request: DataRequest) -> bool:
        try:
            return await run_tx(lambda: request.close(RequestState.DONE, NOW, words=WORDS))
        except WordsGone:
            return False

    async def destroy(request: DataRequest) -> None:
        await run_tx(lambda: erased(request))

    for number, request in enumerate(requests):
        both = [close(request), destroy(request)]
        closed = [one for one in await asyncio.gather(*both[:: 1 - number % 2 * 2]) if one is not None]
        left = await again(request)
        assert closed == [left.state is RequestState.DONE]
        assert await left.opened("answer") is None


async def test_a_request_entered_for_somebody_just_erased_is_nobodys(database: Database) -> None:
    """The record was found, and its key is gone: the words are kept under the system's, with one number."""
    customer = await put_on_file(NOW)
    await SubjectKey.filter(id=customer.id).delete()
    request = await run_tx(
        lambda: enter_request(
            RequestKind.SEE,
            "Tôi muốn xem.",
            way=Way.EMAIL,
            contact=(Kind.EMAIL, EMAIL),
            language="vi",
            arrived=NOW,
            member=new_id(),
            now=NOW,
            calendar=SHOP.calendar,
        )
    )
    assert (request.customer, request.number) == (None, 1)
    assert await request.opened("asked") == "Tôi muốn xem."
