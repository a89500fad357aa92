"""``/staff/group``: a member links their own chat, so that the group where staff are told knows them."""

from __future__ import annotations

from aiohttp import web

from chatbot.pages.room.base import Member, Room
from chatbot.pages.room.forms import FIELD
from chatbot.pages.room.guard import redirect
from models.database import run_tx
from models.staff import StaffMember
from models.staff_link import issue, unlink


class Linking:
    """The page with the code, and the way out of a link."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def show(self, request: web.Request, member: Member) -> web.Response:
        """Whether a chat is linked; ``?unlinked`` says that it was until now."""
        return await self._page(request, member)

    async def give_code(self, request: web.Request, member: Member) -> web.Response:
        """A fresh code, shown once: in the answer itself, never in an address."""
        return await self._page(request, member, code=await issue(member.id, self._room.now()))

    async def unlink(self, request: web.Request, member: Member) -> web.Response:
        """From now on the group knows the member no more."""
        await run_tx(lambda: unlink(member.id, self._room.now()))
        return redirect("/staff/group?unlinked=1")

    async def _page(self, request: web.Request, member: Member, *, code: str = "") -> web.Response:
        room, language = self._room, member.language
        words = room.words(language)
        linked = (await StaffMember.get(id=member.id)).chat is not None
        form = {"field": FIELD, "form": member.form}
        content = room.part(
            "group",
            language,
            {
                **form,
                "state": words[f"room.group.{'linked' if linked else 'not_linked'}"],
                "said": words["room.group.unlinked"] if "unlinked" in request.query and not linked else "",
            },
            {
                "code": room.part("group_code", language, {"code": code}) if code else "",
                "unlink": room.part("group_unlink", language, form) if linked else "",
            },
        )
        return room.page(request, language, words["room.group.heading"], content, member=member)
