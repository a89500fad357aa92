"""``/staff/enter``: a complaint that came by e-mail, telephone or post, with the instant of its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chatbot.messages import Matter
from chatbot.pages.room.base import Member
from chatbot.pages.room.entering import Entering
from chatbot.pages.room.held import hold
from chatbot.pages.room.telling import promised, tell, way_to
from chatbot.pages.room.typed import amount_in, choice_in, contact_in, instant_in, language_in, words_in
from models.case import Case, Category, Remedy, Statement
from models.casework import take
from models.entered import Way, enter

LONGEST = 20_000
"""Characters of a letter that somebody types off."""


class EnteringComplaint(Entering):
    """Its category, when it happened, and what is wanted."""

    name = "enter_complaint"
    typed = (*Entering.typed, "when", "amount")

    async def file(self, form: Mapping[str, str], member: Member, now: datetime) -> str:
        """Who enters it has it, and adds its files on its page. The receipt goes to the contact, where this
        desk can write there."""
        case = await self._enter(form, member, now)
        held = await hold(case.code, now)
        if held.statement.second_contact:
            receipt = await self._receipt(case, way_to(self.work, held).language)
            await tell(self.work, held, receipt, Matter.DATE)
        return f"/staff/case/{case.code}"

    def fields(self, form: Mapping[str, str], language: str) -> Mapping[str, str]:
        """Categories, remedies and two boxes."""
        return {
            "categories": self.chosen(form, language, "category", Category, "complaint.category.choice"),
            "remedies": self.chosen(form, language, "remedy", Remedy, "complaint.remedy.choice"),
            **{name: " checked" if form.get(name) == "1" else "" for name in ("negotiate", "priority")},
        }

    async def _receipt(self, case: Case, language: str) -> str:
        work, shop = self.work, self.work.room.shop.name
        receipt = work.say(language, "desk.told.receipt", shop=shop, code=case.code, at=case.filed_at)
        day = await promised(work, case, language)
        return f"{receipt}\n\n{day or work.say(language, 'desk.told.proof')}"

    async def _enter(self, form: Mapping[str, str], member: Member, now: datetime) -> Case:
        category, way = choice_in(form, "category", Category), choice_in(form, "way", Way)
        what = words_in(form, "what", longest=LONGEST)
        contact, remedy = contact_in(form), choice_in(form, "remedy", Remedy)
        named = remedy is Remedy.COMPENSATION and form.get("amount", "").strip()
        case = await enter(
            Statement(
                what,
                words_in(form, "when", needed=False, longest=200),
                remedy,
                amount_in(form, "amount") if named else None,
                second_contact=contact[1] if contact else None,
                language=language_in(form, self.work.room.texts.locales),
            ),
            category=category,
            way=way,
            contact=contact,
            priority=form.get("priority") == "1",
            negotiate=form.get("negotiate") == "1",
            arrived=instant_in(form, "received", now),
            member=member.id,
            now=now,
            calendar=self.work.room.shop.calendar,
        )
        await take(case, member.id, now)
        return case
