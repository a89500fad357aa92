"""The staff room: what members of staff see and do on the program's own pages, below ``/staff``."""

from __future__ import annotations

from aiohttp import web

from chatbot.pages.room.base import Room
from chatbot.pages.room.entry import Entry
from chatbot.pages.room.guard import signed_in
from chatbot.pages.room.joining import Joining
from chatbot.pages.room.linking import Linking
from chatbot.pages.room.live import Live
from chatbot.pages.room.routes import work_routes
from chatbot.pages.room.work import Work

__all__ = ["Live", "Room", "Work", "room_routes"]


def room_routes(work: Work, live: Live) -> list[web.RouteDef]:
    """Everything below ``/staff``."""
    room = work.room
    entry, joining, linking = Entry(room), Joining(room), Linking(room)
    return [
        web.get("/staff/join", joining.ask),
        web.post("/staff/join", joining.join),
        web.get("/staff/sign-in", entry.ask),
        web.post("/staff/sign-in", entry.sign_in),
        web.post("/staff/sign-out", signed_in(room, entry.sign_out)),
        web.post("/staff/language", signed_in(room, entry.speak)),
        web.get("/staff/group", signed_in(room, linking.show)),
        web.post("/staff/group", signed_in(room, linking.give_code)),
        web.post("/staff/group/unlink", signed_in(room, linking.unlink)),
        *work_routes(work, live),
    ]
