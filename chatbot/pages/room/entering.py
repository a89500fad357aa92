"""``/staff/enter``: a complaint that came by e-mail, telephone or post, with the instant of its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aiohttp import web

from chatbot.messages import Matter
from chatbot.pages.room.base import Member
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.held import hold
from chatbot.pages.room.telling import promised, tell, way_to
from chatbot.pages.room.typed import (
    Refusal,
    amount_in,
    choice_in,
    contact_in,
    instant_in,
    language_in,
    local_minute,
    words_in,
)
from chatbot.pages.room.work import Work, options
from chatbot.workdays import OutsideCalendar
from models.case import Case, Category, Remedy, Statement
from models.casework import take
from models.database import run_tx
from models.entered import Way, enter

LONGEST = 20_000
"""Characters of a letter that somebody types off."""


class Entering:
    """The form, and what becomes of it."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def ask(self, request: web.Request, member: Member) -> web.Response:
        """The form, with the present instant filled in."""
        return self._form(request, member, {"received": local_minute(self._work.room.now())})

    async def enter(self, request: web.Request, member: Member) -> web.Response:
        """The same number and clocks as any other complaint; who enters it has it, and adds its files on
        its page. The receipt goes to the contact, where this desk can write there."""
        form, now = await form_of(request), self._work.room.now()

        async def work() -> str:
            case = await self._enter(member, form, now)
            held = await hold(case.code, now)
            if held.statement.second_contact:
                receipt = await self._receipt(case, way_to(self._work, held).language)
                await tell(self._work, held, receipt, Matter.DATE)
            return case.code

        try:
            code = await run_tx(work)
        except Refusal as no:
            return self._form(request, member, form, no)
        self._work.committed()
        return redirect(f"/staff/case/{code}?done=enter")

    async def _receipt(self, case: Case, language: str) -> str:
        work, shop = self._work, self._work.room.shop.name
        receipt = work.say(language, "desk.told.receipt", shop=shop, code=case.code, at=case.filed_at)
        day = await promised(work, case, language)
        return f"{receipt}\n\n{day or work.say(language, 'desk.told.proof')}"

    async def _enter(self, member: Member, form: Mapping[str, str], now: datetime) -> Case:
        category, way = choice_in(form, "category", Category), choice_in(form, "way", Way)
        what = words_in(form, "what", longest=LONGEST)
        contact, remedy = contact_in(form), choice_in(form, "remedy", Remedy)
        named = remedy is Remedy.COMPENSATION and form.get("amount", "").strip()
        try:
            case = await enter(
                Statement(
                    what,
                    words_in(form, "when", needed=False, longest=200),
                    remedy,
                    amount_in(form, "amount") if named else None,
                    second_contact=contact[1] if contact else None,
                    language=language_in(form, self._work.room.texts.locales),
                ),
                category=category,
                way=way,
                contact=contact,
                priority=form.get("priority") == "1",
                negotiate=form.get("negotiate") == "1",
                arrived=instant_in(form, "received", now),
                member=member.id,
                now=now,
                calendar=self._work.room.shop.calendar,
            )
        except OutsideCalendar:
            raise Refusal("received") from None
        await take(case, member.id, now)
        return case

    def _form(
        self, request: web.Request, member: Member, typed: Mapping[str, str], why: Refusal | None = None
    ) -> web.Response:
        work, language, locales = self._work, member.language, self._work.room.texts.locales

        def chosen(name: str, choices: type[Category] | type[Way] | type[Remedy], text: str) -> str:
            pairs = [(one.value, work.say(language, f"{text}.{one}")) for one in choices]
            return options(pairs, typed.get(name, ""))

        content = work.part(
            "enter",
            member,
            {
                "said": work.say(language, f"desk.wrong.{why.key}") if why else "",
                **{name: typed.get(name, "") for name in ("received", "what", "when", "amount", "contact")},
            },
            {
                "categories": chosen("category", Category, "complaint.category.choice"),
                "ways": chosen("way", Way, "desk.way"),
                "remedies": chosen("remedy", Remedy, "complaint.remedy.choice"),
                "languages": options(
                    [(one, work.say(one, "web.language_name")) for one in locales],
                    typed.get("language", locales[0]),
                ),
                **{name: " checked" if typed.get(name) == "1" else "" for name in ("negotiate", "priority")},
            },
        )
        title = work.say(language, "desk.enter.heading")
        return work.show(request, member, title, content, why.status if why else 200)
