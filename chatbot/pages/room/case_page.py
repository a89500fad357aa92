"""``/staff/case/CODE``: what a complaint says, its clocks, what happened, its files, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from chatbot.contacts import kind_of
from chatbot.masking import national
from chatbot.messages import Kind, Matter
from chatbot.pages.room.base import Member
from chatbot.pages.room.case_forms import DONE, forms_part
from chatbot.pages.room.clocks import breach_clocks_part, clocks_part
from chatbot.pages.room.held import Held, hold
from chatbot.pages.room.queue_page import chips, who_has
from chatbot.pages.room.telling import way_to
from chatbot.pages.room.timeline import files_part, timeline_part
from chatbot.pages.room.typed import Refusal
from chatbot.pages.room.work import Work
from chatbot.values import Money
from models.case import Statement
from models.case_states import CaseState
from models.database import run_tx
from models.roles import Act


@dataclass(frozen=True, slots=True)
class Again:
    """A form that could not be carried out: what was typed, and why (None: it was only taken back)."""

    act: str
    typed: Mapping[str, str] = field(repr=False)
    why: Refusal | None = None


class CasePage:
    """One case."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def held(self, request: web.Request) -> Held:
        """The case of the address. Raises HTTPNotFound."""
        return await run_tx(lambda: hold(request.match_info["code"], self._work.room.now()))

    async def show(self, request: web.Request, member: Member) -> web.Response:
        """The page."""
        return await self.page(request, member, None)

    async def page(self, request: web.Request, member: Member, again: Again | None) -> web.Response:
        """The page; after a form that was not carried out with what was typed, and why."""
        work, language = self._work, member.language
        held = await self.held(request)
        acts = held.acts(member)
        why = again.why if again else None
        done = request.query.get("done", "")
        typed = again.typed if again else {}
        # A form that has gone takes nothing along: the words stand here to be copied.
        lost = typed.get("words", "") or typed.get("reason", "") if again and again.act not in acts else ""
        content = work.part(
            "case",
            member,
            {
                "code": held.case.code,
                "said": work.say(language, f"desk.wrong.{why.key}") if why else "",
                "done": work.say(language, f"desk.done.{done}") if done in DONE and not again else "",
                "live": f"/staff/case/{held.case.code}/live",
                "acts": _print(acts),
            },
            {
                "kept": work.part("kept", member, {"words": lost}) if lost else "",
                "region": await self._region(held, member),
                "forms": forms_part(work, member, held, acts, again.act if again else "", typed),
                "hold": work.part("hold_find", member, {"code": held.case.code})
                if member.may(Act.HOLD)
                else "",
                "script": work.part("live_script", member),
            },
        )
        return work.show(request, member, held.case.code, content, why.status if why else 200)

    async def region(self, request: web.Request, member: Member) -> str:
        """The part that stays up to date by itself."""
        return await self._region(await self.held(request), member)

    async def _region(self, held: Held, member: Member) -> str:
        work, case, language = self._work, held.case, member.language
        return work.part(
            "case_region",
            member,
            {
                "acts": _print(held.acts(member)),
                "state": work.say(language, f"desk.state.{case.state}"),
                "who": who_has(work, member, case, held.roster),
                "category": work.say(language, f"complaint.category.choice.{case.category}"),
                "reach": self._reach(held, language),
                "letter": self._letter(held, language),
                "missed": self._missed(held, language),
            },
            {
                "chips": chips(work, member, case),
                "clocks": await clocks_part(work, member, case.id, held.roster, held.warned, held.now)
                + breach_clocks_part(work, member, case.breach_at, held.now),
                "statement": self._statement(held.statement, member),
                "timeline": await timeline_part(work, member, case, held.roster),
                "files": await files_part(work, member, case),
            },
        )

    def _statement(self, statement: Statement, member: Member) -> str:
        say, language = self._work.say, member.language
        remedy = say(language, f"complaint.remedy.choice.{statement.remedy}")
        if statement.amount:
            remedy = say(language, "desk.case.amount", remedy=remedy, amount=Money(statement.amount))
        return self._work.part(
            "statement",
            member,
            {
                "what": statement.what,
                "when": statement.when or "–",
                "remedy": remedy,
                "second": _contact(statement),
            },
        )

    def _reach(self, held: Held, language: str) -> str:
        """How the customer will hear from us. In the room the second contact may be read: it is used."""
        way = way_to(self._work, held)
        if way.chat:
            return self._work.say(language, "desk.reach.chat")
        lacks = "no_chat" if held.chat is None else "shut"
        by = f"contact_{way.contact.kind}" if way.contact else "nobody"
        return " ".join(self._work.say(language, f"desk.reach.{one}") for one in (lacks, by))

    def _letter(self, held: Held, language: str) -> str:
        """What has become of the decision that goes out."""
        if held.case.state is not CaseState.DECIDED:
            return ""
        return self._work.say(language, f"desk.letter.{held.letter or 'none'}")

    def _missed(self, held: Held, language: str) -> str:
        """What has not arrived; of a decision that nobody has told, ``_letter`` speaks."""
        missed = [one for one in held.missed if not (held.is_untold and one[0] is Matter.DECISION)]
        if not missed:
            return ""
        say = self._work.say
        what = ", ".join(say(language, f"desk.missed.{matter}", at=at) for matter, at in missed)
        return say(language, "desk.missed.list", what=what)


def _contact(statement: Statement) -> str:
    contact = kind_of(statement.second_contact or "")
    if contact is None:
        return statement.second_contact or "–"
    return national(contact[1]) if contact[0] is Kind.PHONE else contact[1]


def _print(acts: frozenset[str]) -> str:
    return " ".join(sorted(acts))
