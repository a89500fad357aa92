"""``/staff/enter/request``: a data subject request that came by e-mail, telephone or post, with the
instant of its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chatbot.messages import Matter
from chatbot.pages.room.base import Member
from chatbot.pages.room.entering import Entering
from chatbot.pages.room.telling import tell_contact, to_staff
from chatbot.pages.room.typed import choice_in, contact_in, instant_in, language_in, words_in
from chatbot.values import WithWeekday
from models.data_request import LIMIT, DataRequest, RequestKind
from models.deadline import Deadline
from models.entered import Way, enter_request
from models.promises import TERMS, Promise
from models.receipts import receipt_of


class EnteringRequest(Entering):
    """Its kind."""

    name = "enter_request"

    async def file(self, form: Mapping[str, str], member: Member, now: datetime) -> str:
        """The receipt to the contact is the answer within 2 working days (Decree 356/2025 Art. 5); where this
        desk cannot write there, that clock runs for staff."""
        request = await enter_request(
            choice_in(form, "kind", RequestKind),
            words_in(form, "what"),
            way=choice_in(form, "way", Way),
            contact=contact_in(form),
            language=language_in(form, self.work.room.texts.locales),
            arrived=instant_in(form, "received", now),
            member=member.id,
            now=now,
            calendar=self.work.room.shop.calendar,
        )
        words, brief = await self._receipt(request)
        if await tell_contact(self.work, request, words, now, Matter.RECEIPT, brief=brief):
            await Deadline.meet(request.id, Promise.ANSWER, now)
        else:
            await to_staff(self.work, "desk.staff.unreachable", request)
        return f"/staff/request/{request.code}"

    def fields(self, form: Mapping[str, str], language: str) -> Mapping[str, str]:
        """The kinds."""
        return {"kinds": self.chosen(form, language, "kind", RequestKind, "request.kind")}

    async def _receipt(self, request: DataRequest) -> tuple[str, str]:
        """Its number, until when, why that day, and who is responsible; the same for a text message, which
        does not say what was asked for, unless the customer must confirm it."""
        shop, language, limit = self.work.room.shop, request.language, await request.limit()
        assert limit
        assert language
        facts = {
            "shop": shop.name,
            "email": shop.email,
            "code": request.code,
            "due": WithWeekday(limit.promised_on),
            "days": TERMS[LIMIT[request.kind]].days,
        }
        kind = self.work.say(language, f"request.kind.{request.kind}")
        receipt = {"kind": kind, "at": request.filed_at, "receipt": receipt_of(request, limit)}
        words = self.work.say(language, "request.told.receipt", **receipt, **facts)
        brief = self.work.say(language, "request.told.received", **facts)
        if request.kind is RequestKind.ERASE:
            confirm = self.work.say(language, "request.told.confirm")
            return f"{words}\n\n{confirm}", f"{brief} {confirm}"
        return words, brief
