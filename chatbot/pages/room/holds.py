"""``/staff/holds``: legal holds, for directors: which stand, one more on a record or a case, and their end.

A record is found by the number of a case or a request, a contact, or the shop's own number, typed into a
form: no address ever holds it. Only its masked name is shown, and a hold is among what the customer sees of
who looked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from aiohttp import web

from chatbot.clock import local_date
from chatbot.contacts import kind_of
from chatbot.masking import mask_name
from chatbot.pages.room.base import Member
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.typed import Refusal, choice_in, day_in, lost, words_in
from chatbot.pages.room.work import Work, options
from models.case import Case
from models.colleagues import Colleague, colleagues
from models.customer import ContactPoint, Customer, external_index
from models.data_request import DataRequest
from models.database import run_tx
from models.legal_hold import Ground, LegalHold
from models.owed import by_code
from models.record_opening import records_of

HOLDS = "/staff/holds"
DONE = frozenset({"put", "lift"})
"""What the page can say was done, by its text ``desk.hold.done.NAME``."""
REVIEWED_WITHIN = timedelta(days=366)
"""How far ahead a hold may be reviewed at most."""

What = Customer | Case


class Holds:
    """The page, and its three forms."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def show(self, request: web.Request, member: Member) -> web.Response:
        """The holds that stand."""
        return await self._page(request, member)

    async def find(self, request: web.Request, member: Member) -> web.Response:
        """What may be held, of what was typed."""
        typed = (await form_of(request)).get("what", "")[:200].strip()
        found = await _found(typed)
        return await self._page(request, member, found, why=None if found else Refusal("hold_nothing", 404))

    async def put(self, request: web.Request, member: Member) -> web.StreamResponse:
        """Put a hold on one of them."""
        form, now = await form_of(request), self._work.room.now()
        subject = _id_in(form.get("subject", ""))

        async def work() -> None:
            what = await _of(subject, lock=True)
            if what is None:
                raise Refusal("hold_nothing", 404)
            ground, reason = choice_in(form, "ground", Ground), words_in(form, "words")
            review_on = day_in(form, "review", local_date(now), REVIEWED_WITHIN)
            hold = await LegalHold.put(
                what, ground, reason, review_on=review_on, member=member.id, role=member.role, now=now
            )
            if hold is None:
                raise lost("hold_stands")

        try:
            await run_tx(work)
        except Refusal as no:
            what = await _of(subject)
            return await self._page(request, member, [what] if what else [], typed=form, why=no)
        return redirect(f"{HOLDS}?done=put")

    async def lift(self, request: web.Request, member: Member) -> web.StreamResponse:
        """Lift one, for a reason."""
        form, now = await form_of(request), self._work.room.now()

        async def work() -> None:
            hold = await LegalHold.get_or_none(id=_id_in(request.match_info["hold"]))
            if hold is None:
                raise web.HTTPNotFound
            if not await hold.lift(words_in(form, "words"), member=member.id, now=now):
                raise lost()

        try:
            await run_tx(work)
        except Refusal as no:
            return await self._page(request, member, why=no)
        return redirect(f"{HOLDS}?done=lift")

    async def link(self, member: Member) -> str:
        """The way here, with how many stand."""
        count = len(await LegalHold.standing())
        words = self._work.say(member.language, "desk.hold.link", count=count)
        return self._work.part("holds_link", member, {"words": words})

    async def _page(
        self,
        request: web.Request,
        member: Member,
        found: Sequence[What] = (),
        *,
        typed: Mapping[str, str] | None = None,
        why: Refusal | None = None,
    ) -> web.Response:
        work, language, done = self._work, member.language, request.query.get("done", "")
        standing, roster = await LegalHold.standing(), await colleagues()
        rows = [await self._standing(member, hold, roster) for hold in standing]
        content = work.part(
            "holds",
            member,
            {
                "said": work.say(language, f"desk.wrong.{why.key}") if why else "",
                "done": work.say(language, f"desk.hold.done.{done}") if done in DONE and not why else "",
                "none": "" if rows else work.say(language, "desk.hold.none"),
            },
            {
                "rows": "".join(rows),
                "found": "".join([await self._found(member, what, typed or {}) for what in found]),
            },
        )
        heading = work.say(language, "desk.hold.heading")
        return work.show(request, member, heading, content, why.status if why else 200)

    async def _standing(self, member: Member, hold: LegalHold, roster: Mapping[UUID, Colleague]) -> str:
        what, say = await _of(hold.subject), self._work.say
        late = local_date(self._work.room.now()) >= hold.review_on
        return self._work.part(
            "hold",
            member,
            {
                "id": str(hold.id),
                "what": self._named(member, what) if what else "–",
                "ground": say(member.language, f"desk.ground.{hold.ground}"),
                "put": say(
                    member.language,
                    "desk.hold.put_at",
                    at=hold.put_at,
                    who=roster[hold.put_by].name if hold.put_by in roster else "–",
                ),
                "review": say(
                    member.language, f"desk.hold.review_{'late' if late else 'on'}", day=hold.review_on
                ),
                "reason": await hold.opened(),
            },
        )

    async def _found(self, member: Member, what: What, typed: Mapping[str, str]) -> str:
        """The form of one; of one that is held already, that it is."""
        named = {"what": self._named(member, what), "subject": str(what.id)}
        if await LegalHold.on(what.id):
            return self._work.part("hold_stands", member, named)
        grounds = [(one.value, self._work.say(member.language, f"desk.ground.{one}")) for one in Ground]
        return self._work.part(
            "hold_put",
            member,
            {**named, "words": typed.get("words", ""), "review": typed.get("review", "")},
            {"grounds": options(grounds, typed.get("ground", ""))},
        )

    def _named(self, member: Member, what: What) -> str:
        if isinstance(what, Case):
            return self._work.say(member.language, "desk.hold.case", code=what.code)
        name = mask_name(what.opened().full_name)
        return self._work.say(member.language, "desk.hold.record", name=name)


async def _found(typed: str) -> list[What]:
    """The case of a number and the records behind it; those of a request, a contact, or the shop's own
    number for a customer. Also what waits to be erased: a hold stops that."""
    owed = await by_code(typed)
    if isinstance(owed, Case):
        return [owed, *await _records(await records_of(owed))]
    if isinstance(owed, DataRequest):
        return [*await _records(await _behind(owed))]
    if contact := kind_of(typed):
        return [*await _records(await Customer.behind(*contact))]
    numbered = Customer.filter(external_index=external_index(typed)).select_related("key")
    return [*await numbered] if typed else []


async def _behind(request: DataRequest) -> Sequence[UUID]:
    """Whose a request is, or whose it may be by its contact."""
    if request.customer or request.who_index is None:
        return [request.customer] if request.customer else []
    return (await ContactPoint.records([request.who_index]))[request.who_index]


async def _records(ids: Sequence[UUID]) -> list[Customer]:
    return await Customer.filter(id__in=list(ids)).select_related("key").order_by("id") if ids else []


async def _of(identity: UUID, *, lock: bool = False) -> What | None:
    """The record or the case of an id; with ``lock`` the record is held, so that nothing begins to erase it
    in this instant."""
    records = Customer.filter(id=identity)
    record = await (records.select_for_update() if lock else records.select_related("key")).first()
    return record or await Case.load(identity)


def _id_in(typed: str) -> UUID:
    """An id of a form or an address. Raises HTTPNotFound."""
    try:
        return UUID(typed)
    except ValueError:
        raise web.HTTPNotFound from None
