"""What is done in a case by a form: take it, hand it over, ask, note, accept the words, mark a breach, say
that a warning was seen.

Each is one transaction: what cannot be done leaves nothing behind, and what was typed is shown again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from aiohttp import web

from chatbot.messages import Matter
from chatbot.pages.room.base import Member
from chatbot.pages.room.case_page import Again, CasePage
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.held import Held, hold
from chatbot.pages.room.telling import promised, question, tell, to_staff, way_to
from chatbot.pages.room.typed import Refusal, instant_in, lost, words_in
from chatbot.pages.room.work import Work
from models import casework
from models.database import run_tx
from models.warning import ClockWarning

Verb = Callable[[Held, Member, Mapping[str, str]], Awaitable[str]]
"""Does something and returns what was done, a text below ``desk.done``. Raises Refusal."""


class CaseActs:
    """The forms of a case's page."""

    def __init__(self, work: Work, page: CasePage) -> None:
        self._work = work
        self._page = page

    def of(self, act: str, verb: Verb) -> Callable[[web.Request, Member], Awaitable[web.StreamResponse]]:
        """The handler of a form. Whoever sees the form on a page that is out of date is told so."""

        async def handle(request: web.Request, member: Member) -> web.StreamResponse:
            form, now = await form_of(request), self._work.room.now()

            async def work() -> tuple[str, str]:
                held = await hold(request.match_info["code"], now)
                if act not in held.acts(member):
                    raise lost()
                return held.case.code, await verb(held, member, form)

            try:
                code, done = await run_tx(work)
            except Refusal as no:
                return await self._page.page(request, member, Again(act, form, no))
            self._work.committed()
            return redirect(f"/staff/case/{code}?done={done}")

        return handle

    async def take(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """The first wins."""
        alone = held.is_alone(member)
        if not await casework.take(held.case, member.id, held.now, alone=alone):
            raise lost("taken")
        return "take"

    async def hand_over(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """To somebody who is here."""
        heir = next((one for one in held.heirs(member) if str(one.id) == form.get("to")), None)
        if heir is None:
            raise Refusal("choice_missing")
        if not await casework.hand_over(held.case, member.id, heir.id, held.now):
            raise lost()
        return "hand_over"

    async def ask(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """The words go to the customer; what they answer comes to the timeline."""
        words = words_in(form, "words")
        if not await casework.ask(held.case, member.id, words, held.now):
            raise lost()
        asked = question(self._work, held, way_to(self._work, held).language, words)
        await tell(self._work, held, asked, Matter.QUESTION)
        return "ask"

    async def note(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """For colleagues alone."""
        await casework.note(held.case, member.id, words_in(form, "words"), held.now)
        return "note"

    async def accept(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """The customer hears the day that is promised from now on, and why that day."""
        work, case = self._work, held.case
        if not await casework.accept_words(case, member.id, held.now, work.room.shop.calendar):
            raise lost()
        language = way_to(work, held).language
        words = f"{work.say(language, 'desk.told.accepted', code=case.code)}\n\n"
        await tell(work, held, words + await promised(work, case, language), Matter.DATE)
        return "accept"

    async def seen(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """Đã nắm: silences what staff were told when the page was shown; the next rung comes on its day."""
        try:
            told_by = datetime.fromisoformat(form.get("told_by", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            raise lost() from None
        if not await ClockWarning.take(held.case, member.id, told_by, held.now):
            raise lost()
        return "seen"

    async def breach(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """Staff hear of it; the director sees its clocks, which run from its discovery: now, unless it is
        said to have been earlier."""
        discovered = instant_in(form, "discovered", held.now) if form.get("discovered") else held.now
        if not await casework.mark_breach(held.case, member.id, discovered, held.now):
            raise lost()
        await to_staff(self._work, "desk.staff.breach", held.case)
        return "breach"

    async def by_hand(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """The customer has what did not arrive from somebody themself, who says how."""
        words = words_in(form, "words")
        if not await casework.told_by_hand(held.case, member.id, words, held.now):
            raise lost()
        return "by_hand"
