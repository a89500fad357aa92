"""``/staff``: the first page of the room."""

from __future__ import annotations

from aiohttp import web

from chatbot.pages.room.base import Member, Room


class Home:
    """What there is to do."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def show(self, request: web.Request, member: Member) -> web.Response:
        """The page of whoever is signed in."""
        title = self._room.words(member.language)["room.title"]
        content = self._room.part("home", member.language)
        return self._room.page(request, member.language, title, content, member=member)
