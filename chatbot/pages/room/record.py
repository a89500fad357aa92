"""``POST /staff/case/CODE/record``: the full record behind a case, for a reason that the customer can see."""

from __future__ import annotations

from aiohttp import web

from chatbot.messages import Matter
from chatbot.pages.room.base import Member
from chatbot.pages.room.case_page import Again, CasePage
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.held import hold
from chatbot.pages.room.telling import tell, way_to
from chatbot.pages.room.typed import Refusal, choice_in
from chatbot.pages.room.work import Work
from models.customer import Customer
from models.database import run_tx
from models.erasure import Erasure
from models.holding import held as lines_of
from models.record_opening import FROM_A_CASE, Opened, Reason, open_records


class RecordPage:
    """The answer to the form itself: no address shows a record."""

    def __init__(self, work: Work, page: CasePage) -> None:
        self._work = work
        self._page = page

    async def open(self, request: web.Request, member: Member) -> web.Response:
        """Record who opens it and why, and show it, in one transaction."""
        form, now = await form_of(request), self._work.room.now()

        async def work() -> tuple[str, Opened]:
            held = await hold(request.match_info["code"], now)
            reason = choice_in(form, "why", Reason)
            if reason not in FROM_A_CASE:
                raise Refusal("choice_missing")
            opened = await open_records(held.case, member.id, member.role, reason, now)
            if opened.asked:
                language = way_to(self._work, held).language
                words = self._work.say(language, "desk.told.leave", code=held.case.code)
                await tell(self._work, held, words, Matter.QUESTION)
            return held.case.code, opened

        try:
            code, opened = await run_tx(work)
            self._work.committed()
            if opened.waiting and not opened.records:
                raise Refusal("leave_asked", 409)
            if not opened.records and not opened.frozen:
                raise Refusal("no_record", 404)
        except Refusal as no:
            return await self._page.page(request, member, Again("record", form, no))
        heading = self._work.say(member.language, "desk.record.heading")
        frozen = [self._frozen(member, one) for one in await Erasure.of(opened.frozen)]
        content = self._work.part(
            "records",
            member,
            {"code": code},
            {"records": "".join([*(self._record(member, one) for one in opened.records), *frozen])},
        )
        return self._work.show(request, member, heading, content)

    def _record(self, member: Member, record: Customer) -> str:
        lines = "\n".join(
            self._work.say(member.language, line.key, **line.shown(lambda value, _: value))
            for line in lines_of(record)
        )
        return self._work.part("record", member, {"lines": lines})

    def _frozen(self, member: Member, erasure: Erasure) -> str:
        """Of a record that waits to be erased only that, and since when it is due."""
        words = self._work.say(member.language, "desk.record.frozen", at=erasure.due_at)
        return self._work.part("record", member, {"lines": words})
