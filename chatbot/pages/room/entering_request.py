"""``/staff/enter/request``: a data subject request that came by e-mail, telephone or post, with the
instant of its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aiohttp import web

from chatbot.messages import Matter
from chatbot.pages.room.base import Member
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.telling import tell_contact, to_staff
from chatbot.pages.room.typed import (
    Refusal,
    choice_in,
    contact_in,
    instant_in,
    language_in,
    local_minute,
    words_in,
)
from chatbot.pages.room.work import Work, options
from chatbot.values import WithWeekday
from chatbot.workdays import OutsideCalendar
from models.data_request import LIMIT, DataRequest, RequestKind
from models.database import run_tx
from models.deadline import Deadline
from models.entered import Way, enter_request
from models.promises import TERMS, Promise


class EnteringRequest:
    """The form, and what becomes of it."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def ask(self, request: web.Request, member: Member) -> web.Response:
        """The form, with the present instant filled in."""
        return self._form(request, member, {"received": local_minute(self._work.room.now())})

    async def enter(self, request: web.Request, member: Member) -> web.Response:
        """The same number and clocks as any other request. The receipt to the contact is the answer within
        2 working days (Decree 356/2025 Art. 5); where this desk cannot write there, that clock runs for
        staff."""
        form, now = await form_of(request), self._work.room.now()

        async def work() -> str:
            entered = await self._enter(member, form, now)
            words, brief = await self._receipt(entered)
            if await tell_contact(self._work, entered, words, now, Matter.RECEIPT, brief=brief):
                await Deadline.meet(entered.id, Promise.ANSWER, now)
            else:
                await to_staff(self._work, "desk.staff.unreachable", entered)
            return entered.code

        try:
            code = await run_tx(work)
        except Refusal as no:
            return self._form(request, member, form, no)
        self._work.committed()
        return redirect(f"/staff/request/{code}?done=enter_request")

    async def _enter(self, member: Member, form: Mapping[str, str], now: datetime) -> DataRequest:
        try:
            return await enter_request(
                choice_in(form, "kind", RequestKind),
                words_in(form, "what"),
                way=choice_in(form, "way", Way),
                contact=contact_in(form),
                language=language_in(form, self._work.room.texts.locales),
                arrived=instant_in(form, "received", now),
                member=member.id,
                now=now,
                calendar=self._work.room.shop.calendar,
            )
        except OutsideCalendar:
            raise Refusal("received") from None

    async def _receipt(self, request: DataRequest) -> tuple[str, str]:
        """Its number, until when, why that day, and who is responsible; the same for a text message, which
        does not say what was asked for."""
        shop, limit = self._work.room.shop, await request.limit()
        assert limit
        assert request.language
        language, facts = (
            request.language,
            {
                "shop": shop.name,
                "email": shop.email,
                "code": request.code,
                "due": WithWeekday(limit.promised_on),
                "days": TERMS[LIMIT[request.kind]].days,
            },
        )
        kind = self._work.say(language, f"request.kind.{request.kind}")
        return (
            self._work.say(language, "request.told.receipt", kind=kind, at=request.filed_at, **facts),
            self._work.say(language, "request.told.received", **facts),
        )

    def _form(
        self, request: web.Request, member: Member, typed: Mapping[str, str], why: Refusal | None = None
    ) -> web.Response:
        work, language, locales = self._work, member.language, self._work.room.texts.locales

        def chosen(name: str, choices: type[RequestKind] | type[Way], text: str) -> str:
            pairs = [(one.value, work.say(language, f"{text}.{one}")) for one in choices]
            return options(pairs, typed.get(name, ""))

        content = work.part(
            "enter_request",
            member,
            {
                "said": work.say(language, f"desk.wrong.{why.key}") if why else "",
                **{name: typed.get(name, "") for name in ("received", "what", "contact")},
            },
            {
                "kinds": chosen("kind", RequestKind, "request.kind"),
                "ways": chosen("way", Way, "desk.way"),
                "languages": options(
                    [(one, work.say(one, "web.language_name")) for one in locales],
                    typed.get("language", locales[0]),
                ),
            },
        )
        title = work.say(language, "desk.enter.request_heading")
        return work.show(request, member, title, content, why.status if why else 200)
