"""The files of a case: to be saved, and to be put in where they came by e-mail or post."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from chatbot.messages import Matter
from chatbot.pages.room.base import Member
from chatbot.pages.room.case_page import CasePage
from chatbot.pages.room.download import attachment
from chatbot.pages.room.incoming import incoming
from chatbot.pages.room.telling import promised, tell, way_to
from chatbot.pages.room.timeline import name_of
from chatbot.pages.room.work import Work
from models.evidence import Evidence, EvidenceState

WITH_COMPLAINT = "X-With-Complaint"
"""Says that it came together with the complaint: then it arrived when that did."""


class CaseFiles:
    """Saving and putting in."""

    def __init__(self, work: Work, page: CasePage) -> None:
        self._work = work
        self._page = page

    async def save(self, request: web.Request, member: Member) -> web.StreamResponse:
        """A file that was kept."""
        held = await self._page.held(request)
        try:
            identity = UUID(request.match_info["file"])
        except ValueError:
            raise web.HTTPNotFound from None
        found = await Evidence.get_or_none(id=identity, case_id=held.case.id, state=EvidenceState.KEPT)
        if found is None:
            raise web.HTTPNotFound
        try:
            pieces = self._work.shelf.read(found, held.case)
            return await attachment(request, pieces, name_of(found, held.case))
        except LookupError:
            return self._work.file_gone(request, member)

    async def put(self, request: web.Request, member: Member) -> web.Response:
        """A file as the body of a request that a script sends. The answer is what is to be said, in words.
        The customer hears the day that is promised from now on."""
        name, body = incoming(request)
        held, say, language = await self._page.held(request), self._work.say, member.language
        if "upload" not in held.acts(member):
            return web.json_response({"said": say(language, "desk.wrong.late")}, status=409)
        arrived = held.case.filed_at if WITH_COMPLAINT in request.headers else held.now

        async def proven() -> None:
            language = way_to(self._work, held).language
            words = f"{say(language, 'desk.told.proven', code=held.case.code)}\n\n"
            await tell(self._work, held, words + await promised(self._work, held.case, language), Matter.DATE)

        try:
            why = await self._work.shelf.put(held.case, name, body, arrived, held.now, proven)
        except OverflowError:
            return web.json_response({"said": say(language, "desk.wrong.many_files")}, status=409)
        if why:
            return web.json_response({"said": say(language, f"desk.file.{why}")}, status=422)
        self._work.committed()
        return web.json_response({"said": say(language, "desk.done.upload")})
