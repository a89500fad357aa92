"""What every page of the staff room is made with, and the frame around each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from aiohttp import web

from chatbot.pages.room.forms import FIELD, safe_next
from chatbot.pages.security import page_policy
from chatbot.pages.static import FOLDER, Static
from chatbot.pages.template import fill, language_of, load
from chatbot.shop import Shop
from chatbot.texts import Texts
from models.password import LEAST
from models.roles import MAY, Act, Role
from models.staff import INVITATION_LIFE
from models.staff_link import LIFE as LINK_LIFE
from models.staff_session import IDLE, LONGEST

_PAGES = {file.stem: load(file) for file in (FOLDER / "room").glob("*.html")}


@dataclass(frozen=True, slots=True)
class Member:
    """Who is asking. ``form`` stands in every form of theirs, and no other site can know it."""

    id: UUID
    name: str = field(repr=False)
    role: Role
    language: str
    form: str = field(repr=False)

    def may(self, act: Act) -> bool:
        """Whether the role permits something."""
        return act in MAY[self.role]


@dataclass(frozen=True)
class Room:
    """What the rest of the desk hands to the room.

    ``now`` is the desk's time, ``wall`` the real one. ``secure`` says that browsers reach us by https alone.
    ``from_our_page`` says whether a request's Origin is our own, ``network`` where it comes from as limits
    count it. ``wait`` takes one try from that network and gives 0, or the seconds until the next one.
    ``framed_by`` are the sources whose pages may show the room in a frame.
    ``group`` says that staff are told in a group, where they can answer.
    """

    texts: Texts
    static: Static
    shop: Shop
    now: Callable[[], datetime]
    wall: Callable[[], datetime]
    secure: bool
    from_our_page: Callable[[web.Request], bool]
    network: Callable[[web.Request], str]
    wait: Callable[[web.Request], float]
    group: bool
    framed_by: tuple[str, ...] = ()

    def language(self, request: web.Request) -> str:
        """The language of a page for somebody who is not signed in."""
        return language_of(request, self.texts)

    def words(self, language: str) -> Mapping[str, str]:
        """The texts of the room's templates. Those below ``room.say`` hold what only a handler knows."""
        return self._words[language]

    @cached_property
    def _words(self) -> dict[str, dict[str, str]]:
        facts = {
            "shop": self.shop.name,
            "least": LEAST,
            "life": INVITATION_LIFE,
            "link_life": LINK_LIFE,
            "idle": IDLE,
            "longest": LONGEST,
        }
        return {
            language: {
                key: self.texts.get(language, key, **facts)
                for key in self.texts.domain(language, "room")
                if not key.startswith("room.say.")
            }
            for language in self.texts.locales
        }

    def part(
        self,
        name: str,
        language: str,
        values: Mapping[str, str] | None = None,
        trusted: Mapping[str, str] | None = None,
    ) -> str:
        """One of the templates in ``static/room``, filled; values are escaped, ``trusted`` are HTML."""
        known = {**self.words(language), "lang": language, "base": self.static.base}
        return fill(_PAGES[name], {**known, **(values or {})}, trusted=trusted)

    def page(
        self,
        request: web.Request,
        language: str,
        title: str,
        content: str,
        *,
        member: Member | None = None,
        tools: str = "",
        status: int = 200,
    ) -> web.Response:
        """A whole page around ``content``, which is HTML already, with the tools of whoever is signed in."""
        body = self.part(
            "frame",
            language,
            {"title": title, "shop": self.shop.name},
            {"content": content, "tools": self._tools(request, member) if member else tools},
        )
        # Without its own address along, a browser would send "Origin: null" with our forms.
        headers = {
            "Referrer-Policy": "same-origin",
            "Content-Language": language,
            "Content-Security-Policy": page_policy(request, framed_by=self.framed_by),
        }
        return web.Response(
            text=body, status=status, headers=headers, content_type="text/html", charset="utf-8"
        )

    def note(
        self, request: web.Request, language: str, key: str, status: int, member: Member | None = None
    ) -> web.Response:
        """A page that only says something, with the way back: ``room.note.KEY.heading`` and ``.text``."""
        words = self.words(language)
        heading = words[f"room.note.{key}.heading"]
        content = self.part("note", language, {"heading": heading, "text": words[f"room.note.{key}.text"]})
        return self.page(request, language, heading, content, member=member, status=status)

    def _tools(self, request: web.Request, member: Member) -> str:
        here = {"next": safe_next(request.path_qs), "form": member.form, "field": FIELD}
        languages = (
            self.part(
                "language",
                member.language,
                here | {"locale": locale, "name": self.texts.get(locale, "web.language_name")},
            )
            for locale in self.texts.locales
            if locale != member.language
        )
        role = self.words(member.language)[f"room.role.{member.role}"]
        return self.part(
            "tools",
            member.language,
            here | {"name": member.name, "role": role},
            {
                "languages": "".join(languages),
                "group": self.part("group_link", member.language) if self.group else "",
            },
        )
