"""The files with which a request came by e-mail or post: to be put in, shown, and saved."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from chatbot.inspection import display_name
from chatbot.pages.room.base import Member
from chatbot.pages.room.download import attachment
from chatbot.pages.room.incoming import incoming
from chatbot.pages.room.timeline import DIGITS
from chatbot.pages.room.work import Work
from chatbot.signatures import Kind
from chatbot.values import FileSize
from models.data_request import DataRequest, RequestState
from models.keys import SubjectKey
from models.request_file import RequestFile


class RequestFiles:
    """Saving and putting in."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def save(self, request: web.Request, member: Member) -> web.StreamResponse:
        """A file, as it came."""
        found = await _found(request)
        try:
            file = await RequestFile.get_or_none(id=UUID(request.match_info["file"]), request=found.id)
        except ValueError:
            raise web.HTTPNotFound from None
        if file is None:
            raise web.HTTPNotFound
        key = await found.key()
        if key is None:
            return self._work.file_gone(request, member)
        try:
            return await attachment(request, self._work.request_shelf.read(file, found), name_of(file, key))
        except LookupError:
            return self._work.file_gone(request, member)

    async def put(self, request: web.Request, member: Member) -> web.Response:
        """A file as the body of a request that a script sends. The answer is what is to be said, in words."""
        (name, body), found, say = incoming(request), await _found(request), self._work.say
        if not takes_files(found):
            return web.json_response({"said": say(member.language, "desk.wrong.late")}, status=409)
        try:
            why = await self._work.request_shelf.put(found, name, body, member.id, self._work.room.now())
        except OverflowError:
            return web.json_response(
                {"said": say(member.language, "desk.wrong.many_request_files")}, status=409
            )
        except LookupError:
            return web.json_response({"said": say(member.language, "desk.wrong.record_erased")}, status=409)
        if why:
            return web.json_response({"said": say(member.language, f"desk.file.{why}")}, status=422)
        return web.json_response({"said": say(member.language, "desk.done.upload")})


def takes_files(request: DataRequest) -> bool:
    """Whether files may be put in: what a customer asks for in a chat came without any."""
    return request.chat is None and request.state is RequestState.OPEN


async def request_files_part(work: Work, member: Member, request: DataRequest) -> str:
    """The files of a request, to be saved; none where its customer is erased."""
    key = await request.key()
    files = await RequestFile.of_request(request.id) if key else []
    if key is None or not files:
        return work.part("no_files", member)
    return "".join(
        work.part(
            "file",
            member,
            {
                "name": name_of(file, key),
                "about": work.say(
                    member.language, "desk.file.kept", size=FileSize(file.size), digest=file.sha256[:DIGITS]
                ),
                "path": f"/staff/request/{request.code}/file/{file.id}",
            },
        )
        for file in files
    )


def name_of(file: RequestFile, key: SubjectKey) -> str:
    """A name under which a file is safe to be shown and saved. Raises SealBroken."""
    return display_name(file.opened_name(key), Kind(file.mime))


async def _found(request: web.Request) -> DataRequest:
    found = await DataRequest.by_code(request.match_info["code"])
    if found is None:
        raise web.HTTPNotFound
    return found
