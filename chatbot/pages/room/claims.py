"""``/staff/contacts``: customers who can prove no contact any more, for those who may decide on them.

What they told stands on the page of the claim. The record beside it is shown only in the answer to a form,
and each time that is on record where the customer can see it: no address shows a record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest
from uuid import UUID

from aiohttp import web

from chatbot.masking import national
from chatbot.messages import About, Matter, Reply
from chatbot.pages.room.base import Member
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.typed import Refusal, lost, words_in
from chatbot.pages.room.warning import warn, warnable
from chatbot.pages.room.work import Work
from models.claim_states import ClaimState
from models.contact_claim import ContactClaim, likeness
from models.customer import Customer
from models.database import run_tx
from models.event import Event, Tag
from models.outgoing import Outgoing, Purpose
from models.record_opening import Reason, note_opening

SHOWN = 100
DONE = frozenset({"approve", "refuse"})
"""What the list can say was done, by its text ``desk.claim.done.NAME``."""

Verb = Callable[[ContactClaim, Member, Mapping[str, str]], Awaitable[None]]


class Claims:
    """The claims, one of them, and what is decided."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def list(self, request: web.Request, member: Member) -> web.Response:
        """Those in which something is still to come."""
        work, language = self._work, member.language
        pending, done = await ContactClaim.pending(SHOWN), request.query.get("done", "")
        heading = work.say(language, "desk.claim.heading")
        content = work.part(
            "claims",
            member,
            {
                "done": work.say(language, f"desk.claim.done.{done}") if done in DONE else "",
                "none": "" if pending else work.say(language, "desk.claim.none"),
            },
            {"rows": "".join(self._row(member, claim) for claim in pending)},
        )
        return work.show(request, member, heading, content)

    async def show(self, request: web.Request, member: Member) -> web.Response:
        """What was told in one claim."""
        return await self._page(request, member)

    async def compare(self, request: web.Request, member: Member) -> web.Response:
        """What was told beside what is on file; who has looked is recorded in the same transaction."""
        now = self._work.room.now()

        async def work() -> tuple[ContactClaim, list[Customer]]:
            claim = await _of(request)
            if claim.state is not ClaimState.ASKED:
                raise lost("claim_late")
            records = await claim.records()
            if not records:
                raise Refusal("claim_no_record", 404)
            for record in records:
                await note_opening(record, member.id, member.role, Reason.IDENTITY, now)
            return claim, records

        try:
            claim, records = await run_tx(work)
        except Refusal as no:
            return await self._page(request, member, no)
        beside = "".join(self._beside(member, claim, record) for record in records)
        return await self._page(request, member, beside=beside)

    async def approve(self, claim: ContactClaim, member: Member, form: Mapping[str, str]) -> None:
        """Yes to the very record that was compared: old contacts are warned, the time to object runs."""
        work, room = self._work, self._work.room
        words, now = words_in(form, "words"), room.now()
        meant = [one for one in await claim.records() if str(one.id) == form.get("record")]
        if not meant or not compare_digest(likeness(meant[0]).encode(), form.get("seen", "").encode()):
            raise lost("claim_changed")
        to = warnable(work, claim, meant[0])
        if not to:
            raise Refusal("claim_unwarned", 409)
        token = await claim.approve(meant[0], member.id, words, now)
        if token is None:
            raise lost("claim_late")
        await warn(work, claim, meant[0], to, token)
        tag = Tag.CONTACT_APPROVED
        await Event.record(tag, now, chat=claim.chat.id, customer=meant[0].id, member=member.id)
        await self._tell(claim, "contact.told.approved", until=claim.opens_at)

    async def refuse(self, claim: ContactClaim, member: Member, form: Mapping[str, str]) -> None:
        """No. The customer hears that it was not enough and where to complain (Decree 330 Art. 44(1)(đ)), and
        not what was wrong: that would be told to whoever pretends to be them."""
        words, now = words_in(form, "words"), self._work.room.now()
        if not await claim.refuse(member.id, words, now):
            raise lost("claim_late")
        await Event.record(Tag.CONTACT_REFUSED, now, chat=claim.chat.id, member=member.id)
        await self._tell(claim, "contact.told.refused", email=self._work.room.shop.email)

    def of(self, act: str, verb: Verb) -> Callable[[web.Request, Member], Awaitable[web.StreamResponse]]:
        """The handler of a form: one transaction; what is not done is said, and what was typed is kept."""

        async def handle(request: web.Request, member: Member) -> web.StreamResponse:
            form = await form_of(request)

            async def work() -> None:
                await verb(await _of(request), member, form)

            try:
                await run_tx(work)
            except Refusal as no:
                return await self._page(request, member, no, typed=form.get("words", ""))
            self._work.committed()
            return redirect(f"/staff/contacts?done={act}")

        return handle

    async def link(self, member: Member) -> str:
        """The way here with how many wait."""
        waiting = await ContactClaim.count_asked()
        words = self._work.say(member.language, "desk.claim.link", count=waiting)
        return self._work.part("claims_link", member, {"words": words})

    async def _page(
        self,
        request: web.Request,
        member: Member,
        why: Refusal | None = None,
        *,
        typed: str = "",
        beside: str = "",
    ) -> web.Response:
        work, language = self._work, member.language
        claim = await run_tx(lambda: _of(request))
        told, asked = claim.opened(), claim.state is ClaimState.ASKED
        id_ = {"id": str(claim.id)}
        compare = work.part("claim_compare", member, id_) if asked and not beside else ""
        content = work.part(
            "claim",
            member,
            {
                "said": work.say(language, f"desk.wrong.{why.key}") if why else "",
                "at": work.say(language, "desk.claim.at", at=claim.asked_at),
                "state": self._state(member, claim),
                "reason": claim.opened_reason(),
                "old": national(told.old),
                "name": told.name or "–",
                "birthday": told.birthday or "–",
                "address": told.address or "–",
                "number": told.number or "–",
                "new": national(told.new),
            },
            {
                "kept": work.part("kept", member, {"words": typed}) if typed else "",
                "beside": beside,
                "compare": compare,
                "refuse": work.part("claim_refuse", member, id_) if asked else "",
            },
        )
        heading = work.say(language, "desk.claim.heading")
        return work.show(request, member, heading, content, why.status if why else 200)

    def _beside(self, member: Member, claim: ContactClaim, record: Customer) -> str:
        told, held = claim.opened(), record.opened()
        contacts = ", ".join(national(value) for _, value in held.contacts)
        return self._work.part(
            "claim_record",
            member,
            {
                "id": str(claim.id),
                "record": str(record.id),
                "seen": likeness(record),
                "told_old": national(told.old),
                "held_old": contacts or "–",
                "told_name": told.name or "–",
                "held_name": held.full_name,
                "told_birthday": told.birthday or "–",
                "held_birthday": held.birthday.strftime("%d/%m/%Y") if held.birthday else "–",
                "told_address": told.address or "–",
                "held_address": held.address or "–",
                "told_number": told.number or "–",
                "held_number": held.external_id or "–",
            },
        )

    def _row(self, member: Member, claim: ContactClaim) -> str:
        at = self._work.say(member.language, "desk.claim.at", at=claim.asked_at)
        values = {"id": str(claim.id), "at": at, "state": self._state(member, claim)}
        return self._work.part("claim_row", member, values)

    def _state(self, member: Member, claim: ContactClaim) -> str:
        key, until = f"desk.claim.state.{claim.state}", claim.opens_at or claim.asked_at
        return self._work.say(member.language, key, until=until)

    async def _tell(self, claim: ContactClaim, key: str, **params: object) -> None:
        chat = claim.chat
        words = self._work.say(chat.language, key, **params)
        now, about = self._work.room.now(), About(claim.id, Matter.CLAIM)
        await Outgoing.to_chat(chat, [Reply(words)], now, purpose=Purpose.NOTICE, about=about)


async def _of(request: web.Request) -> ContactClaim:
    """The claim of the address, locked. Raises HTTPNotFound."""
    try:
        claim = await ContactClaim.find(UUID(request.match_info["claim"]))
    except ValueError:
        claim = None
    if claim is None:
        raise web.HTTPNotFound
    return claim
