"""What came by e-mail, telephone or post, entered with the instant of its receipt: what its forms share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from aiohttp import web

from chatbot.pages.room.base import Member
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.typed import Refusal, local_minute
from chatbot.pages.room.work import Work, options
from chatbot.workdays import OutsideCalendar
from models.database import run_tx
from models.entered import Way


class Entering(ABC):
    """A form, and what becomes of it."""

    name: ClassVar[str]
    """Of the template with its own fields, and of its texts: ``desk.NAME.heading``."""
    typed: ClassVar[tuple[str, ...]] = ("received", "what", "contact")
    """The fields that somebody types into: what was refused is shown again."""

    def __init__(self, work: Work) -> None:
        self.work = work

    async def ask(self, request: web.Request, member: Member) -> web.Response:
        """The form, with the present instant filled in."""
        return self._form(request, member, {"received": local_minute(self.work.room.now())})

    async def enter(self, request: web.Request, member: Member) -> web.Response:
        """It has the same number and clocks as what a customer writes in a chat."""
        form, now = await form_of(request), self.work.room.now()
        try:
            page = await run_tx(lambda: self.file(form, member, now))
        except Refusal as no:
            return self._form(request, member, form, no)
        except OutsideCalendar:
            return self._form(request, member, form, Refusal("received"))
        self.work.committed()
        return redirect(f"{page}?done={self.name}")

    @abstractmethod
    async def file(self, form: Mapping[str, str], member: Member, now: datetime) -> str:
        """Store what the form holds, have the customer told, and give the path of its page. Inside a
        transaction. Raises Refusal, OutsideCalendar."""

    @abstractmethod
    def fields(self, form: Mapping[str, str], language: str) -> Mapping[str, str]:
        """HTML for what only this form asks: options, and which boxes are ticked."""

    def chosen(
        self, form: Mapping[str, str], language: str, name: str, choices: Iterable[StrEnum], text: str
    ) -> str:
        """The options of a field by their texts ``TEXT.CHOICE``, the one of the form selected."""
        pairs = [(one.value, self.work.say(language, f"{text}.{one}")) for one in choices]
        return options(pairs, form.get(name, ""))

    def _form(
        self, request: web.Request, member: Member, form: Mapping[str, str], why: Refusal | None = None
    ) -> web.Response:
        work, language, locales = self.work, member.language, self.work.room.texts.locales
        own = {name: work.say(language, f"desk.{self.name}.{name}") for name in _OWN}
        values = {
            "path": request.path,
            "said": work.say(language, f"desk.wrong.{why.key}") if why else "",
            **own,
            **{name: form.get(name, "") for name in self.typed},
        }
        names = [(one, work.say(one, "web.language_name")) for one in locales]
        languages = options(names, form.get("language", locales[0]))
        reach = work.part("enter_reach", member, values, {"languages": languages})
        fields = work.part(self.name, member, values, {"reach": reach, **self.fields(form, language)})
        ways = self.chosen(form, language, "way", Way, "desk.way")
        content = work.part("enter", member, values, {"ways": ways, "fields": fields})
        return work.show(request, member, own["heading"], content, why.status if why else 200)


_OWN = ("heading", "help", "contact_help")
"""The texts that every form has its own of."""
