"""The sealed files of data subject requests that staff entered by hand: checked like evidence as they come
in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from chatbot.crypto import SealBroken
from chatbot.inspection import NotTaken
from chatbot.shelf import Shelf
from models.data_request import DataRequest
from models.database import run_tx
from models.event import Event, Tag
from models.evidence import Refusal
from models.keys import new_id
from models.request_file import RequestFile


class RequestShelf(Shelf):
    """Files in a vault, each under the key of the words of its request."""

    async def put(
        self, request: DataRequest, name: str, chunks: AsyncIterator[bytes], member: UUID, now: datetime
    ) -> Refusal | None:
        """Keep a file that staff put in; why it was not taken. Raises OverflowError where the request has as
        many files as it may, LookupError where its customer is erased, and whatever ``chunks`` raises."""
        key, identity = await request.key(), new_id()
        if key is None:
            raise LookupError("the customer is erased")
        try:
            taken = await self.take_in(key, identity, chunks)
        except NotTaken as error:
            return error.why

        async def write_down() -> None:
            # It may have taken minutes to come in.
            if await request.key() is None:
                raise LookupError("the customer is erased")
            if not await RequestFile.received(request, key, identity, name, taken.found, now):
                raise OverflowError("the request has as many files as it may")
            await self.publish(taken)
            await Event.record(
                Tag.REQUEST_FILE_KEPT, now, customer=request.customer, request=request.id, member=member
            )

        try:
            await run_tx(write_down)
        finally:
            taken.sealed.discard()
        return None

    async def read(self, file: RequestFile, request: DataRequest) -> AsyncIterator[bytes]:
        """The plain bytes of a file, in pieces. Raises LookupError where they are gone."""
        key = await request.key()
        if key is None:
            raise LookupError("request file")
        try:
            async for piece in self.vault.read(key.opened(), file.id):
                yield piece
        except (FileNotFoundError, SealBroken):
            raise LookupError("request file") from None

    async def sweep(self, now: datetime, wall: datetime) -> int:
        """Remove files that belong to no row, or whose key is gone; how many."""
        return await self.vault.remove_orphans(wall, RequestFile.kept)
