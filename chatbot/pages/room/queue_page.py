"""``/staff``: the queue by what is due, who wants a person, and the figures of the month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from aiohttp import web

from chatbot.clock import local_date
from chatbot.pages.room.base import Member
from chatbot.pages.room.claims import Claims
from chatbot.pages.room.clocks import left_words, urgency
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.holds import Holds
from chatbot.pages.room.retention import RetentionPage
from chatbot.pages.room.wishes import Wishes
from chatbot.pages.room.work import Work
from models.case import Case
from models.colleagues import Colleague, colleagues
from models.owed import Owed, by_code
from models.queue import Waiting, figures, month_of, queue
from models.roles import Act

SHOWN = 200
"""Cases and requests on the page; the others are due later."""


class QueuePage:
    """What there is to do."""

    def __init__(
        self, work: Work, wishes: Wishes, claims: Claims, holds: Holds, retention: RetentionPage
    ) -> None:
        self._work = work
        self._wishes = wishes
        self._claims = claims
        self._holds = holds
        self._retention = retention

    async def show(self, request: web.Request, member: Member) -> web.Response:
        """The page; ``?mine`` shows the member's own cases alone."""
        return await self.page(request, member)

    async def page(
        self,
        request: web.Request,
        member: Member,
        *,
        said: str = "",
        typed: Mapping[UUID, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        """The same with what went wrong, and what was typed in answer to a wish."""
        work, words = self._work, self._work.room.words(member.language)
        done = work.say(member.language, "desk.done.wish") if "answered" in request.query else ""
        live = "/staff/live" + ("?mine=1" if "mine" in request.query else "")
        content = work.part(
            "queue",
            member,
            {"said": said, "done": done, "live": live, "heading": words["room.work.heading"]},
            {
                "region": await self.region(request, member),
                "wishes": await self._wishes.part(member, typed or {}),
                "enter": work.part("enter_link", member) if member.may(Act.ENTER_CASE) else "",
                "claims": await self._claims.link(member) if member.may(Act.APPROVE_CONTACT) else "",
                "holds": await self._holds.link(member) if member.may(Act.HOLD) else "",
                "retention": await self._retention.link(member) if member.may(Act.ALLOW_ERASING) else "",
                "script": work.part("live_script", member),
            },
        )
        return work.show(request, member, words["room.title"], content, status)

    async def find(self, request: web.Request, member: Member) -> web.Response:
        """The case or request of a typed number."""
        typed = request.query.get("code", "")[:40]
        found = await by_code(typed)
        if found is None:
            said = self._work.say(member.language, "desk.wrong.no_case")
            return await self.page(request, member, said=said, status=404)
        return redirect(page_of(found))

    async def region(self, request: web.Request, member: Member) -> str:
        """The part that stays up to date by itself."""
        work, mine = self._work, "mine" in request.query
        now = work.room.now()
        roster = await colleagues()
        waiting, total = await queue(of=member.id if mine else None, limit=SHOWN)
        rows = "".join(self._row(one, member, roster, now) for one in waiting)
        more = total - len(waiting)
        language = member.language
        return work.part(
            "queue_region",
            member,
            {
                "count": work.say(language, "desk.queue.count", count=total),
                "none": "" if waiting else work.say(language, "desk.queue.none"),
                "more": work.say(language, "desk.queue.more", count=more) if more > 0 else "",
                "all_current": "false" if mine else "page",
                "mine_current": "page" if mine else "false",
            },
            {
                "rows": rows,
                "wishing": await self._wishes.count(member),
                "figures": await self._figures(member, now),
            },
        )

    def _row(self, one: Waiting, member: Member, roster: Mapping[UUID, Colleague], now: datetime) -> str:
        what, language = one.what, member.language
        age = (local_date(now) - local_date(what.filed_at)).days
        if isinstance(what, Case):
            about = f"complaint.category.choice.{what.category}"
            who, special = who_has(self._work, member, what, roster), chips(self._work, member, what)
        else:
            about, who, special = f"request.kind.{what.kind}", "", ""
        return self._work.part(
            "queue_row",
            member,
            {
                "code": what.code,
                "page": page_of(what),
                "category": self._work.say(language, about),
                "promise": self._work.say(language, f"escalation.promise.{one.clock.promise}"),
                "left": left_words(self._work, language, one.clock.due_on, now),
                "urgency": urgency(self._work, one.clock.due_on, now),
                "facts": " · ".join(
                    filter(None, (self._work.say(language, "desk.queue.age", days=age), who))
                ),
            },
            {"chips": special},
        )

    async def _figures(self, member: Member, now: datetime) -> str:
        since, until = month_of(now)
        found = await figures(since, until)
        days = found.median_days
        median = "–" if days is None else self._work.say(member.language, "desk.month.days", days=f"{days:g}")
        return self._work.part(
            "figures",
            member,
            {
                "heading": self._work.say(member.language, "desk.month.heading", month=f"{since:%m/%Y}"),
                "received": str(found.received),
                "on_time": str(found.on_time),
                "late": str(found.late),
                "median": median,
            },
        )


def page_of(what: Owed) -> str:
    """Where a case or a request is worked on."""
    return f"/staff/{'case' if isinstance(what, Case) else 'request'}/{what.code}"


def who_has(work: Work, member: Member, case: Case, roster: Mapping[UUID, Colleague]) -> str:
    """Who has a case, in words."""
    if case.handler == member.id:
        return work.say(member.language, "desk.queue.you")
    found = roster.get(case.handler) if case.handler else None
    return found.name if found and found.here else work.say(member.language, "desk.queue.nobody")


def chips(work: Work, member: Member, case: Case) -> str:
    """What is special about a case, each in a word or two."""
    special = {
        "priority": case.priority,
        "breach": case.breach_at is not None,
        "second": case.proposal is not None,
        "appeal": case.round > 1,
    }
    return "".join(
        work.part("chip", member, {"kind": name, "words": work.say(member.language, f"desk.chip.{name}")})
        for name, applies in special.items()
        if applies
    )
