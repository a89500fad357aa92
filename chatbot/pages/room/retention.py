"""``/staff/retention``: what the end of retention brought on the last days, and, where many records are to go
at once or the clock has jumped, a director's yes to what is shown.
"""

from __future__ import annotations

from aiohttp import web

from chatbot.pages.room.base import Member
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.typed import Refusal, lost
from chatbot.pages.room.work import Work
from models.database import run_tx
from models.retention_ask import JUMP, RetentionAsk, RetentionDay

RETENTION = "/staff/retention"
DAYS = 14
"""Days that are shown."""


class RetentionPage:
    """The page, and its one form."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def show(self, request: web.Request, member: Member) -> web.Response:
        """The page."""
        return await self._page(request, member)

    async def allow(self, request: web.Request, member: Member) -> web.StreamResponse:
        """Yes, to the question that was on the page."""
        form, now = await form_of(request), self._work.room.now()

        async def work() -> None:
            ask = await RetentionAsk.open_one()
            if ask is None or form.get("ask") != str(ask.id) or not await ask.allow(member.id, now):
                raise lost()

        try:
            await run_tx(work)
        except Refusal as no:
            return await self._page(request, member, no)
        self._work.committed()
        return redirect(f"{RETENTION}?done=allow")

    async def link(self, member: Member) -> str:
        """The way here; it says whether an answer is waited for."""
        ask = await RetentionAsk.open_one()
        waits = ask is not None and ask.records is not None and ask.allowed_at is None
        words = self._work.say(member.language, f"desk.keep.{'link_waits' if waits else 'link'}")
        return self._work.part("retention_link", member, {"words": words})

    async def _page(self, request: web.Request, member: Member, why: Refusal | None = None) -> web.Response:
        work, language = self._work, member.language
        ask, days = await RetentionAsk.open_one(), await RetentionDay.lately(DAYS)
        heading = work.say(language, "desk.keep.heading")
        done = "done" in request.query and why is None
        content = work.part(
            "retention",
            member,
            {
                "said": work.say(language, f"desk.wrong.{why.key}") if why else "",
                "done": work.say(language, "desk.keep.done") if done else "",
                "none": "" if days else work.say(language, "desk.keep.none"),
            },
            {
                "ask": self._ask(member, ask) if ask else "",
                "rows": "".join(self._day(member, day) for day in days),
            },
        )
        return work.show(request, member, heading, content, why.status if why else 200)

    def _ask(self, member: Member, ask: RetentionAsk) -> str:
        """What is asked; once it is all gathered, with the form."""
        say, language = self._work.say, member.language
        if ask.records is None:
            return ""
        words = say(
            language, f"desk.keep.ask.{ask.why}", records=ask.records, total=ask.total, day=ask.day, jump=JUMP
        )
        if ask.allowed_at:
            return self._work.part("retention_allowed", member, {"words": words})
        button = say(language, f"desk.keep.button.{ask.why}", records=ask.records)
        return self._work.part(
            "retention_ask", member, {"words": words, "ask": str(ask.id), "button": button}
        )

    def _day(self, member: Member, day: RetentionDay) -> str:
        counts = {
            "told": day.told,
            "unreached": day.unreached,
            "erased": day.begun + day.allowed,
        }
        words = self._work.say(member.language, "desk.keep.day", day=day.day, **counts)
        return self._work.part("retention_day", member, {"words": words})
