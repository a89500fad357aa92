"""Makes the packages that customers have asked for, and removes them when their time is over.

Gathering, printing and sealing happen outside of any transaction. If the process dies, the package is still
asked for and is made anew; nothing half made is ever published.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from pathlib import Path

from chatbot.conversation import LinkTo, Say, Tell, ToChat, ToStaff
from chatbot.messages import FileRef
from chatbot.packing.archive import zipped
from chatbot.packing.contents import Contents
from chatbot.packing.files import Bytes
from chatbot.packing.gathering import gather
from chatbot.packing.paper import paper
from chatbot.packing.sheets import sheets
from chatbot.shelf import EvidenceShelf
from chatbot.shop import Shop
from chatbot.spool import SealedSpool
from chatbot.texts import Texts
from chatbot.values import FileSize
from chatbot.vault import SealedFile, Vault
from models.chat import Chat
from models.customer import Customer
from models.data_request import DataRequest, RequestState
from models.database import run_tx
from models.event import Event, Tag
from models.evidence import Evidence
from models.package import LIFE, Package, PackageState

LARGEST = 8 * 1024**3
"""Bytes of a package: far above what the files of one customer can be."""
BATCH = 50

SCHEMA = Path(__file__).parent / "data" / "package.schema.json"
"""What ``chatbot.packing.contents.schema`` gives, as it is shipped and put into each package."""


class Packer:
    """Packages in a vault, each sealed under the key of its customer's record. ``page`` is the address of our
    own pages; None where they have none from outside, and only our own chat can lead there."""

    def __init__(
        self,
        vault: Vault,
        shelf: EvidenceShelf,
        spool: SealedSpool,
        texts: Texts,
        shop: Shop,
        tell: Tell,
        page: str | None,
    ) -> None:
        self._vault = vault
        self._shelf = shelf
        self._spool = spool
        self._texts = texts
        self._shop = shop
        self._tell = tell
        self._page = page or ""

    async def run(self, now: datetime, wall: datetime) -> int:
        """Make the package that has waited longest; how many were made."""
        package = await run_tx(lambda: Package.due(now, wall))
        if package is None:
            return 0
        customer = await Customer.load(package.customer)
        chat = await Chat.get_or_none(id=package.chat)
        if customer and chat:
            sealed = await self._made(package, customer, chat.language, now)
            try:
                await run_tx(partial(self._publish, package, sealed, now, wall))
            finally:
                sealed.discard()
        return 1

    async def read(self, package: Package) -> AsyncIterator[bytes]:
        """The bytes of a package, in pieces. Raises LookupError where it or its record is gone."""
        customer = await Customer.load(package.customer)
        if customer is None:
            raise LookupError("package")
        try:
            async for piece in self._vault.read(customer.key.opened(), package.id):
                yield piece
        except FileNotFoundError:
            raise LookupError("package") from None

    async def remove(self, now: datetime, wall: datetime) -> int:
        """Remove the packages whose time is over or whose record is gone, with their files; how many."""
        ended = await Package.ended(now, BATCH)
        for package in ended:
            self._vault.remove(package.id)
            await package.delete()
            await Event.record(Tag.PACKAGE_GONE, now, chat=package.chat, customer=package.customer)
            if package.state is PackageState.ASKED:
                await self._not_made(package, now, wall)
        return len(ended)

    async def _not_made(self, package: Package, now: datetime, wall: datetime) -> None:
        """One that could not be made stays open in the register, and staff are told; one that its customer
        left, replaced or has no record for any more was taken back."""
        request = await DataRequest.get(id=package.request)
        if now < package.asked_at + LIFE:
            await request.close(RequestState.WITHDRAWN, now)
            return
        sorry = Say("export.failed", email=self._shop.email)
        await self._tell(ToChat(package.chat, sorry), now, wall)
        task = Say("export.failed.staff", code=request.code)
        await self._tell(ToStaff(task, page=f"/staff/request/{request.code}"), now, wall)

    async def remove_orphans(self, now: datetime, wall: datetime) -> int:
        """Remove files whose package is gone: a process died before its commit; how many."""
        return await self._vault.remove_orphans(wall, Package.kept)

    async def _made(self, package: Package, customer: Customer, language: str, now: datetime) -> SealedFile:
        gathered = await gather(customer, self._shop, now)
        small = await asyncio.to_thread(self._written, gathered.contents, language)
        large = [(one.path, partial(self._bytes, one)) for one in gathered.files]
        return await self._vault.write(customer.key.opened(), package.id, zipped(small, large, now), LARGEST)

    def _written(self, contents: Contents, language: str) -> list[tuple[str, bytes]]:
        """The small files. Takes CPU: in a thread."""
        printed = paper(contents, language, partial(self._texts.get, language))
        data = contents.model_dump_json(by_alias=True, indent=2).encode()
        return [
            (self._texts.get(language, "export.file.paper"), printed),
            ("data.json", data),
            ("data.schema.json", SCHEMA.read_bytes()),
            *((f"csv/{name}", sheet) for name, sheet in sheets(contents)),
        ]

    async def _bytes(self, one: Bytes) -> AsyncIterator[bytes]:
        if isinstance(one.source, Evidence) and one.case:
            pieces = self._shelf.read(one.source, one.case)
        else:
            upload = FileRef(str(one.source.id), "", "", one.source.size)
            pieces = self._spool.read(upload)
        async for piece in pieces:
            yield piece

    async def _publish(self, package: Package, sealed: SealedFile, now: datetime, wall: datetime) -> None:
        chat = await Chat.hold_by_id(package.chat)
        token = await package.ready(sealed.size, now) if chat else None
        if chat is None or token is None:
            return
        await self._vault.publish(sealed)
        # Behind the #, so that the token is in no log of a server and no robot's preview spends it.
        link = LinkTo("export.link", f"{self._page}/copy?lang={chat.language}#{token}")
        say = Say("export.ready", size=FileSize(sealed.size), until=now + LIFE)
        await self._tell(ToChat(chat.id, say, link=link, private=True), now, wall)
        request = await DataRequest.get(id=package.request)
        await request.close(RequestState.DONE, now)
