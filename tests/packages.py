"""Packages made as the program makes them, and opened as their customers do."""

from __future__ import annotations

import io
import json
import re
import secrets
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from chatbot.conversation import Notice
from chatbot.notices import Notices
from chatbot.packer import Packer
from chatbot.shelf import EvidenceShelf
from chatbot.spool import SealedSpool
from chatbot.vault import Vault
from models.customer import Customer
from models.database import run_tx
from models.keys import SYSTEM, SubjectKey
from models.package import Package
from tests.chat import SHOP, TEXTS, CustomerChat, Desk


@dataclass(frozen=True)
class Copy:
    """A package that was fetched."""

    archive: zipfile.ZipFile

    @cached_property
    def data(self) -> dict[str, Any]:
        """What ``data.json`` says."""
        told: dict[str, Any] = json.loads(self.archive.read("data.json"))
        return told

    @cached_property
    def pdf(self) -> PdfReader:
        """The PDF."""
        [name] = [name for name in self.archive.namelist() if name.endswith(".pdf")]
        return PdfReader(io.BytesIO(self.archive.read(name)))

    @property
    def printed(self) -> str:
        """The words of the PDF, with single spaces."""
        return " ".join("\n".join(page.extract_text() for page in self.pdf.pages).split())


@dataclass
class Packing:
    """A packer over a folder, at a desk's time; what it tells goes through the desk's texts."""

    folder: Path
    desk: Desk = field(default_factory=Desk)

    @property
    def shelf(self) -> EvidenceShelf:
        """The evidence that goes into packages."""
        return EvidenceShelf(Vault(self.folder / "evidence", "evidence"), SHOP.calendar)

    @property
    def spool(self) -> SealedSpool:
        """The uploads that do."""
        return SealedSpool(self.folder / "spool", self.desk.time.now, TEXTS.locales)

    def packer(self) -> Packer:
        """A new packer: what a restart leaves."""
        vault = Vault(self.folder / "packages", "package")
        return Packer(vault, self.shelf, self.spool, TEXTS, SHOP, self.tell, self.desk.page)

    async def tell(self, notice: Notice, now: Any, wall: Any) -> None:
        key = await SubjectKey.of(SYSTEM)
        notices = Notices(self.desk.texts(TEXTS.catalogues), {})
        await notices.write(notice, key=key, language="vi", now=now, wall=wall)

    async def run(self) -> int:
        """Make what is asked for; how many packages that was."""
        now, made = self.desk.time.now(), 0
        while await self.packer().run(now, now):
            made += 1
        return made

    async def remove(self) -> int:
        """Remove what has ended."""
        now = self.desk.time.now()
        return await run_tx(lambda: self.packer().remove(now, now))

    def on_disk(self) -> list[Path]:
        """The files of packages."""
        return sorted((self.folder / "packages").iterdir())

    async def link(self, chat: CustomerChat) -> str:
        """The token of the link that the chat was sent last."""
        reply = next(one for one in reversed(await chat.replies()) if one.link)
        assert reply.link
        found = re.fullmatch(r"(?:https://desk\.example\.vn)?/copy\?lang=vi#([\w-]{40,})", reply.link.url)
        assert found
        return found[1]

    async def opened(self, token: str) -> Copy:
        """Fetch a package."""
        browser = secrets.token_hex(32)
        package = await run_tx(lambda: Package.fetch(token, browser, self.desk.time.now()))
        assert package
        return Copy(zipfile.ZipFile(io.BytesIO(await self.bytes(package))))

    async def bytes(self, package: Package) -> bytes:
        """The bytes of a package."""
        return b"".join([piece async for piece in self.packer().read(package)])

    async def copy_for(self, customer: Customer) -> Copy:
        """A package of a customer, asked for in no chat: its bytes alone."""
        package = Package(id=customer.id, chat=customer.id, customer=customer.id)
        loaded = await Customer.load(customer.id)
        assert loaded
        packer = self.packer()
        written = await packer._made(package, loaded, "vi", self.desk.time.now())
        await packer._vault.publish(written)
        return Copy(zipfile.ZipFile(io.BytesIO(await self.bytes(package))))
