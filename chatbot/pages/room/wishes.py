"""Customers who want to speak with a person: their words and files, and the answer into their chat."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from aiohttp import web

from chatbot.inspection import NotTaken, display_name, looked_into
from chatbot.messages import Reply
from chatbot.pages.room.base import Member
from chatbot.pages.room.download import attachment
from chatbot.pages.room.forms import form_of
from chatbot.pages.room.guard import redirect
from chatbot.pages.room.typed import Refusal, lost, words_in
from chatbot.pages.room.work import Work
from chatbot.pages.template import fill
from models.chat import Chat
from models.database import run_tx
from models.event import Event, Tag
from models.outgoing import Outgoing, Purpose
from models.roles import Act
from models.wish import For, Want, Wish, Words

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody typed in answer to a wish, which was not sent, and why."""

    said: str
    typed: Mapping[UUID, str] = field(repr=False)
    status: int


class Wishes:
    """The open wishes."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def count(self, member: Member) -> str:
        """How many wait: one line that stays up to date, as the forms below it must not change while
        somebody types."""
        waiting = await Wish.filter(answered_at=None).count()
        words = self._work.say(member.language, "desk.wish.count", count=waiting)
        return self._work.part("wishing", member, {"words": words, "count": str(waiting)})

    async def part(self, member: Member, typed: Mapping[UUID, str]) -> str:
        """The wishes, each with a form; for those who may answer."""
        if not member.may(Act.HANDLE_CASE):
            return ""
        wishes = await Wish.waiting(SHOWN)
        there = {one.id for one in wishes}
        gone = [words for identity, words in typed.items() if identity not in there]
        kept = "".join(self._work.part("kept", member, {"words": words}) for words in gone)
        return kept + "".join(self._wish(member, wish, typed.get(wish.id, "")) for wish in wishes)

    async def answer(self, request: web.Request, member: Member) -> Answered | web.Response:
        """Into the customer's chat, in a frame in their language: the first answer counts."""
        form, identity, room = await form_of(request), _identity(request), self._work.room
        now = room.now()

        async def work() -> None:
            words = words_in(form, "words")
            wish = await Wish.find(identity)
            if wish is None:
                raise web.HTTPNotFound
            chat = await Chat.hold_by_id(wish.chat.id)
            if chat is None or not chat.reachable:
                raise Refusal("unreachable", 409)
            if not await wish.answer(now):
                raise lost("answered")
            say = self._work.say(chat.language, "desk.told.answer", shop=room.shop.name, words=words)
            await Outgoing.to_chat(chat, [Reply(say)], now, purpose=Purpose.NOTICE)
            await Event.record(Tag.PERSON_ANSWERED, now, chat=chat.id, member=member.id)

        try:
            await run_tx(work)
        except Refusal as no:
            said = self._work.say(member.language, f"desk.wrong.{no.key}")
            return Answered(said, {identity: form.get("words", "")}, no.status)
        self._work.committed()
        return redirect("/staff?answered=1")

    async def file(self, request: web.Request, member: Member) -> web.StreamResponse:
        """One of the files of a wish, from where the customer sent it: looked into like proof, before
        anybody can open it."""
        wish = await Wish.find(_identity(request))
        number = request.match_info["number"]
        files = wish.opened(wish.chat).files if wish else ()
        if wish is None or not 1 <= int(number) <= len(files):
            raise web.HTTPNotFound
        file = files[int(number) - 1]
        try:
            kind, whole = await looked_into(self._work.fetch(wish.chat.channel, file))
        except NotTaken as no:
            return self._work.file_refused(request, member, no.why)
        except LookupError:
            return self._work.file_gone(request, member)

        async def pieces() -> AsyncIterator[bytes]:
            yield whole

        return await attachment(request, pieces(), display_name(file.name, kind))

    def _wish(self, member: Member, wish: Wish, typed: str) -> str:
        held = wish.readable(wish.chat)
        words = held or Words()
        say, language = self._work.say, member.language
        none = "no_words" if held else "opens_no_more"
        files = "".join(
            fill(
                '<li><a href="/staff/wish/${id}/file/${number}">${name}</a></li>',
                {"id": str(wish.id), "number": str(number), "name": display_name(file.name)},
            )
            for number, file in enumerate(words.files, 1)
        )
        return self._work.part(
            "wish",
            member,
            {
                "id": str(wish.id),
                "at": say(language, "desk.wish.at", at=wish.wished_at),
                "whom": self._whom(member, wish, words),
                "words": "\n\n".join(words.texts),
                "none": "" if words.texts or words.files else say(language, f"desk.wish.{none}"),
                "unreachable": "" if wish.chat.reachable else say(language, "desk.wrong.unreachable"),
                "typed": typed,
            },
            {"files": files},
        )

    def _whom(self, member: Member, wish: Wish, words: Words) -> str:
        """For whom the customer speaks and what they want, where it is not for themself."""
        if wish.for_whom is For.SELF:
            return ""
        say, language = self._work.say, member.language
        want = say(language, f"desk.wish.want.{words.want or Want.OTHER}")
        return f"{say(language, f'desk.wish.for.{wish.for_whom}')}: {want}"


def _identity(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["wish"])
    except ValueError:
        raise web.HTTPNotFound from None
