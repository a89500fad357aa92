"""``/staff/request/CODE``: a data subject request, its clocks, and what may be done: close it, say that it is
done in the other systems too, take longer, say that its receipt was told by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aiohttp import web

from chatbot.messages import About, Matter, Reply
from chatbot.pages.room.base import Member
from chatbot.pages.room.clocks import clocks_part
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.request_files import request_files_part, takes_files
from chatbot.pages.room.telling import tell_contact, to_staff
from chatbot.pages.room.typed import Refusal, choice_in, lost, words_in
from chatbot.pages.room.work import Work, options
from chatbot.request_words import look_at
from chatbot.values import WithWeekday
from models.change import Change
from models.chat import Chat
from models.colleagues import colleagues
from models.data_request import DataRequest, RequestState, WordsGone
from models.database import run_tx
from models.deadline import Deadline
from models.erasure import Erasure, unconfirmed
from models.legal_hold import LegalHold
from models.letters import missed
from models.outgoing import Outgoing, Purpose
from models.promises import Promise
from models.roles import Act
from models.warning import ClockWarning

ACTS = frozenset({"tick", "close", "extend", "answered"})
"""What may be done with a request."""
DONE = ACTS | {"enter_request"}
"""What the page can say was done, by its text ``desk.done.NAME``."""


class Closing(StrEnum):
    """How staff close a request."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True)
class HeldRequest:
    """A request that somebody in the room is about to change, in one transaction. With ``changes`` our own
    part is done, and the other systems' is not. ``owes`` says that nobody has told the customer yet that it
    was received, ``missed`` that something did not arrive with them; ``gone`` that the customer is erased,
    and no word can be kept. With an ``erasure`` the record waits to be erased, or is being erased, because
    of this request: until that is done only the customer may end it, but for a legal ``hold`` that keeps it
    from beginning: for that it may be refused."""

    request: DataRequest
    chat: Chat | None
    changes: list[Change]
    owes: bool
    missed: bool
    gone: bool
    erasure: Erasure | None
    hold: LegalHold | None
    unconfirmed: bool
    now: datetime

    @property
    def acts(self) -> tuple[str, ...]:
        """What may be done with it as it stands."""
        answered = ("answered",) if self.owes or self.missed else ()
        if self.request.state is not RequestState.OPEN or (self.erasure and not self.hold):
            return answered
        extend = () if self.request.extended_at else ("extend",)
        return (*answered, "tick" if self.changes else "close", *extend)


async def hold_request(code: str, now: datetime) -> HeldRequest:
    """The request of a number, as it is now; its chat is held first, in the order in which the customer's
    own messages do it. Raises HTTPNotFound."""
    request = await DataRequest.by_code(code)
    if request is None:
        raise web.HTTPNotFound
    chat = await Chat.hold_by_id(request.chat) if request.chat else None
    await request.refresh_from_db()
    changes = await Change.filter(request=request.id).order_by("id")
    owes = await Deadline.running(request.id, Promise.ANSWER) is not None
    not_arrived = bool(await missed(request.id))
    erasure = await Erasure.get_or_none(request=request.id)
    hold = await LegalHold.on(erasure.id) if erasure else None
    gone, waits = await request.key() is None, await unconfirmed(request)
    return HeldRequest(request, chat, changes, owes, not_arrived, gone, erasure, hold, waits, now)


Verb = Callable[[HeldRequest, Member, Mapping[str, str]], Awaitable[None]]


class RequestPage:
    """One request."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def show(self, request: web.Request, member: Member) -> web.Response:
        """The page."""
        return await self._page(request, member)

    def of(self, act: str) -> Callable[[web.Request, Member], Awaitable[web.StreamResponse]]:
        """The handler of a form. What cannot be done leaves nothing behind, and what was typed is shown
        again."""
        verbs: dict[str, Verb] = {
            "tick": self._tick,
            "close": self._close,
            "extend": self._extend,
            "answered": self._answered,
        }
        verb = verbs[act]

        async def handle(request: web.Request, member: Member) -> web.StreamResponse:
            form, now = await form_of(request), self._work.room.now()

            async def work() -> str:
                held = await hold_request(request.match_info["code"], now)
                if act not in held.acts:
                    raise lost()
                await verb(held, member, form)
                return held.request.code

            try:
                code = await run_tx(work)
            except Refusal as no:
                return await self._page(request, member, act, form, no)
            except WordsGone:
                return await self._page(request, member, act, form, Refusal("record_gone", 409))
            self._work.committed()
            return redirect(f"/staff/request/{code}?done={act}")

        return handle

    async def _tick(self, held: HeldRequest, member: Member, form: Mapping[str, str]) -> None:
        if not await Change.tick(held.request, member.id, held.now):
            raise lost()
        await self._tell(held, "ticked", systems=", ".join(self._work.room.shop.other_systems))

    async def _close(self, held: HeldRequest, member: Member, form: Mapping[str, str]) -> None:
        """Of somebody erased no words can be kept: then it can be closed as done, without any."""
        how, words = choice_in(form, "how", Closing), words_in(form, "words", needed=not held.gone)
        if held.gone and (words or how is Closing.REFUSED):
            raise Refusal("record_gone", 409)
        if held.unconfirmed and held.request.customer and how is Closing.DONE:
            raise Refusal("erase_unconfirmed", 409)
        if held.erasure and how is Closing.DONE:
            raise Refusal("erase_held", 409)
        if held.erasure and not await held.erasure.stop(None, held.now):
            raise lost()
        if not await held.request.close(RequestState(how), held.now, member=member.id, words=words):
            raise lost()
        if held.gone:
            await self._tell(held, "at_once")
        else:
            await self._tell(held, how, words=words)

    async def _extend(self, held: HeldRequest, member: Member, form: Mapping[str, str]) -> None:
        words, calendar = words_in(form, "words"), self._work.room.shop.calendar
        if held.gone:
            raise Refusal("record_gone", 409)
        if not await held.request.extend(words, member.id, held.now, calendar):
            raise Refusal("extend_late", 409)
        limit = await held.request.limit()
        assert limit
        await self._tell(held, "extended", words=words, due=WithWeekday(limit.promised_on))

    async def _answered(self, held: HeldRequest, member: Member, form: Mapping[str, str]) -> None:
        """Somebody of the staff told the customer what the desk could not: that it was received, and until
        when, or what became of it."""
        await held.request.told_by_hand(member.id, held.now)

    async def _tell(self, held: HeldRequest, what: str, **params: object) -> None:
        """The customer, in their language, in the chat or at the contact of the request; staff, where this
        desk cannot reach them."""
        work, chat, request = self._work, held.chat, held.request
        locales, wanted = work.room.texts.locales, chat.language if chat else request.language
        language = wanted if wanted in locales else locales[0]
        kind = work.say(language, f"request.kind.{request.kind}")
        words = work.say(language, f"request.told.{what}", code=request.code, kind=kind, **params)
        if chat and chat.reachable:
            about = About(request.id, Matter.REQUEST)
            await Outgoing.to_chat(chat, [Reply(words)], held.now, purpose=Purpose.NOTICE, about=about)
            return
        look = look_at(work.room.shop, request.code, work.page)
        brief = words if what == "at_once" else work.say(language, look.key, **look.params)
        if not await tell_contact(work, request, words, held.now, Matter.REQUEST, brief=brief):
            await to_staff(work, "desk.staff.unreachable", request)

    async def _page(
        self,
        request: web.Request,
        member: Member,
        act: str = "",
        typed: Mapping[str, str] | None = None,
        why: Refusal | None = None,
    ) -> web.Response:
        """The page; after a form that was not carried out with what was typed, and why."""
        work, language, now = self._work, member.language, self._work.room.now()
        held = await run_tx(lambda: hold_request(request.match_info["code"], now))
        roster, warned = await colleagues(), await ClockWarning.out(held.request.id)
        found, done, typed = held.request, request.query.get("done", ""), typed or {}
        # A form that has gone takes nothing along: the words stand here to be copied.
        words = typed.get("words", "") if act not in held.acts else ""
        content = work.part(
            "request",
            member,
            {
                "code": found.code,
                "said": work.say(language, f"desk.wrong.{why.key}") if why else "",
                "done": work.say(language, f"desk.done.{done}") if done in DONE and not why else "",
                "kind": work.say(language, f"request.kind.{found.kind}"),
                "state": work.say(language, f"desk.request.{found.state}"),
                "erasing": self._erasing(held, language),
                "systems": self._systems(held, language),
                "contact": await found.opened("contact") or "–",
                "asked": await found.opened("asked") or "–",
                "reason": await found.opened("reason") or "–",
                "answer": await found.opened("answer") or "–",
            },
            {
                "kept": work.part("kept", member, {"words": words}) if words else "",
                "clocks": await clocks_part(work, member, found.id, roster, warned, now),
                "hold": work.part("hold_find", member, {"code": found.code}) if member.may(Act.HOLD) else "",
                "files": await request_files_part(work, member, found),
                "upload": self._upload(member, held),
                "forms": "".join(self._form(member, held, one, act, typed) for one in held.acts),
            },
        )
        return work.show(request, member, found.code, content, why.status if why else 200)

    def _upload(self, member: Member, held: HeldRequest) -> str:
        """Where the letter or e-mail is put in with which it came."""
        if held.gone or not takes_files(held.request):
            return ""
        to = f"/staff/request/{held.request.code}/file"
        return self._work.part("act_upload", member, {"to": to}, {"open": "", "complaint": ""})

    def _erasing(self, held: HeldRequest, language: str) -> str:
        """How it stands with an erasure: only the customer confirms it, and only they stop it."""
        if held.erasure and held.hold:
            return self._work.say(language, "desk.request.held", review=held.hold.review_on)
        if held.erasure:
            return self._work.say(language, "desk.request.frozen", at=held.erasure.due_at)
        return self._work.say(language, "desk.request.unconfirmed") if held.unconfirmed else ""

    def _systems(self, held: HeldRequest, language: str) -> str:
        """What the other systems have to do."""
        if not held.changes:
            return "–"
        stands = "waits" if held.request.state is RequestState.OPEN else "ticked"
        systems = ", ".join(self._work.room.shop.other_systems)
        return self._work.say(language, f"desk.request.systems_{stands}", systems=systems)

    def _form(self, member: Member, held: HeldRequest, name: str, act: str, typed: Mapping[str, str]) -> str:
        mine = typed if name == act else {}
        ends = [(one.value, self._work.say(member.language, f"desk.request.{one}")) for one in Closing]
        return self._work.part(
            f"request_{name}",
            member,
            {
                "code": held.request.code,
                "words": mine.get("words", ""),
                "lacks": self._work.say(
                    member.language, f"desk.help.{'answered' if held.owes else 'not_arrived'}"
                ),
            },
            {
                "open": " open" if mine else "",
                "ends": options(ends, mine.get("how", "")),
                "needed": "" if held.gone else " required",
            },
        )
