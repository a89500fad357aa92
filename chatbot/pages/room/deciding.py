"""Deciding a case: first a preview of what goes out; where money is paid, a second person's yes."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from chatbot.messages import Matter
from chatbot.pages.room.base import Member
from chatbot.pages.room.case_page import Again, CasePage
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.held import Held
from chatbot.pages.room.seen import is_same
from chatbot.pages.room.telling import decision_words, fitting, tell, way_to
from chatbot.pages.room.typed import Refusal, amount_in, choice_in, lost, words_in
from chatbot.pages.room.work import Work
from models import casework
from models.case import Compensation, Decision, Verdict

FIELDS = ("verdict", "reason", "measures", "pays", "amount")
_LONGEST_MEASURES = 1000


class Deciding:
    """The decision of a case, from the form to the letter."""

    def __init__(self, work: Work, page: CasePage) -> None:
        self._work = work
        self._page = page

    async def preview(self, request: web.Request, member: Member) -> web.StreamResponse:
        """The very words that would go out, and by which way. Nothing is written yet; ``edit`` goes back
        to the form with all that was typed."""
        work, form = self._work, await form_of(request)
        held = await self._page.held(request)
        if "edit" in form:
            return await self._page.page(request, member, Again("decide", form))
        try:
            if "decide" not in held.acts(member):
                raise lost()
            decision = decision_in(form)
        except Refusal as no:
            return await self._page.page(request, member, Again("decide", form, no))
        language, case = member.language, held.case
        way = way_to(work, held)
        by = "chat" if way.chat else f"contact_{way.contact.kind}" if way.contact else "nobody"
        pays = decision.compensation is not Compensation.NONE
        letter = decision_words(work, case, decision, way.language)
        content = work.part(
            "preview",
            member,
            {
                "code": case.code,
                "letter": fitting(work, case, way, letter, Matter.DECISION),
                "language": way.language,
                "by": work.say(language, f"desk.reach.{by}"),
                "second": work.say(language, "desk.preview.second") if pays else "",
                "send": work.say(language, "desk.preview.propose" if pays else "desk.preview.send"),
                **{name: form.get(name, "") for name in FIELDS},
            },
        )
        return work.show(request, member, work.say(language, "desk.preview.heading"), content)

    async def decide(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """Send the letter, or put it before a second person."""
        decision = decision_in(form)
        if decision.compensation is not Compensation.NONE:
            if not await casework.propose(held.case, member.id, decision, held.now):
                raise lost()
            return "propose"
        if not await casework.decide(held.case, member.id, decision, held.now):
            raise lost()
        await self._send(held, decision)
        return "decide"

    async def approve(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """Yes to the very proposal that was shown."""
        proposal, decision = held.case.proposal, casework.proposal_of(held.case)
        if proposal is None or decision is None or not is_same(held.case, form.get("seen", "")):
            raise lost("changed")
        alone = not held.is_second(member)
        if not await casework.approve(held.case, member.id, proposal, held.now, alone=alone):
            raise lost("changed")
        await self._send(held, decision)
        return "approve"

    async def decline(self, held: Held, member: Member, form: Mapping[str, str]) -> str:
        """No, and why: the case goes on."""
        words, proposal = words_in(form, "words"), held.case.proposal
        if proposal is None or not is_same(held.case, form.get("seen", "")):
            raise lost("changed")
        if not await casework.decline(held.case, member.id, proposal, words, held.now):
            raise lost("changed")
        return "decline"

    async def _send(self, held: Held, decision: Decision) -> None:
        work, language = self._work, way_to(self._work, held).language
        await tell(work, held, decision_words(work, held.case, decision, language), Matter.DECISION)


def decision_in(form: Mapping[str, str]) -> Decision:
    """A decision as it was typed. Raises Refusal."""
    verdict, pays = choice_in(form, "verdict", Verdict), choice_in(form, "pays", Compensation)
    # How much is paid jointly may not be known yet.
    known = pays is Compensation.AMOUNT or (pays is Compensation.JOINT and form.get("amount", "").strip())
    return Decision(
        verdict,
        words_in(form, "reason"),
        words_in(form, "measures", needed=False, longest=_LONGEST_MEASURES),
        pays,
        amount_in(form, "amount") if known else None,
    )
