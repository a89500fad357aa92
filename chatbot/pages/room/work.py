"""What the pages on cases are made with: the room, and what else the desk hands to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol
from uuid import UUID

from aiohttp import web

from chatbot.messages import FileRef, Kind
from chatbot.pages.room.base import Member, Room
from chatbot.pages.room.forms import FIELD
from chatbot.pages.template import fill
from models.case import Case
from models.data_request import DataRequest
from models.evidence import Evidence, Refusal
from models.request_file import RequestFile


class Shelf(Protocol):
    """Where the sealed files of cases lie."""

    def read(self, evidence: Evidence, case: Case) -> AsyncIterator[bytes]:
        """The plain bytes of a file that was kept, in pieces. Raises LookupError where they are gone."""

    async def put(
        self,
        case: Case,
        name: str,
        chunks: AsyncIterator[bytes],
        arrived: datetime,
        now: datetime,
        proven: Callable[[], Awaitable[None]],
    ) -> Refusal | None:
        """Look into a file as it comes in, seal it, and write it down as proof; why it was not taken.
        ``proven`` is called in the transaction where this starts the case's clock. Raises OverflowError
        where the case has as many files as it may."""


class Letters(Protocol):
    """Where the sealed files of data subject requests lie."""

    def read(self, file: RequestFile, request: DataRequest) -> AsyncIterator[bytes]:
        """The plain bytes of a file, in pieces. Raises LookupError where they are gone."""

    async def put(
        self, request: DataRequest, name: str, chunks: AsyncIterator[bytes], member: UUID, now: datetime
    ) -> Refusal | None:
        """Look into a file as it comes in and seal it; why it was not taken. Raises OverflowError where the
        request has as many files as it may, LookupError where its customer is erased."""


@dataclass(frozen=True)
class Work:
    """``fetch`` gets a file that a customer sent from the channel of a name, and raises LookupError where it
    is gone. ``outlets`` name the outlet for each kind of contact that this desk can write to. ``committed``
    says that something was queued. ``page`` is the address of our own pages, if they can be reached."""

    room: Room
    shelf: Shelf
    request_shelf: Letters
    fetch: Callable[[str, FileRef], AsyncIterator[bytes]]
    outlets: Mapping[Kind, str]
    committed: Callable[[], None]
    page: str | None

    def say(self, language: str, key: str, **params: object) -> str:
        """Words by the id of their text."""
        return self.room.texts.get(language, key, **params)

    def part(
        self,
        name: str,
        member: Member,
        values: Mapping[str, str] | None = None,
        trusted: Mapping[str, str] | None = None,
    ) -> str:
        """A template of the room with the words of ``desk`` and what every form carries."""
        common = {**self._words[member.language], "field": FIELD, "form": member.form}
        return self.room.part(name, member.language, {**common, **(values or {})}, trusted)

    @cached_property
    def _words(self) -> dict[str, dict[str, str]]:
        texts = self.room.texts
        return {language: texts.domain(language, "desk") for language in texts.locales}

    def show(
        self, request: web.Request, member: Member, title: str, content: str, status: int = 200
    ) -> web.Response:
        """A whole page."""
        style = fill('<link rel="stylesheet" href="${base}room-work.css">', {"base": self.room.static.base})
        return self.room.page(request, member.language, title, style + content, member=member, status=status)

    def file_gone(self, request: web.Request, member: Member) -> web.Response:
        """A page that says that a file is there no more."""
        heading = self.say(member.language, "desk.file_gone.heading")
        text = self.say(member.language, "desk.file_gone.text")
        content = self.part("note", member, {"heading": heading, "text": text})
        return self.show(request, member, heading, content, 410)

    def file_refused(self, request: web.Request, member: Member, why: Refusal) -> web.Response:
        """A page that says why a file is not handed out."""
        heading = self.say(member.language, "desk.file_refused.heading")
        text = self.say(member.language, f"desk.file.{why}")
        content = self.part("note", member, {"heading": heading, "text": text})
        return self.show(request, member, heading, content, 422)


def options(choices: Sequence[tuple[str, str]], chosen: str = "") -> str:
    """The options of a select element: value and words; the first stands for nothing chosen yet."""
    return "".join(
        fill(
            '<option value="${value}"${selected}>${words}</option>',
            {"value": value, "words": words},
            trusted={"selected": " selected" if value == chosen else ""},
        )
        for value, words in [("", "–"), *choices]
    )
