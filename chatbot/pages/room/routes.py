"""The pages on cases and requests, each with the act that it takes."""

from __future__ import annotations

from aiohttp import web

from chatbot.pages.room.base import Member
from chatbot.pages.room.case_acts import CaseActs
from chatbot.pages.room.case_files import CaseFiles
from chatbot.pages.room.case_page import CasePage
from chatbot.pages.room.claims import Claims
from chatbot.pages.room.deciding import Deciding
from chatbot.pages.room.entering_complaint import EnteringComplaint
from chatbot.pages.room.entering_request import EnteringRequest
from chatbot.pages.room.guard import Page, signed_in
from chatbot.pages.room.holds import HOLDS, Holds
from chatbot.pages.room.live import Live
from chatbot.pages.room.queue_page import QueuePage
from chatbot.pages.room.record import RecordPage
from chatbot.pages.room.request_files import RequestFiles
from chatbot.pages.room.request_page import ACTS, RequestPage
from chatbot.pages.room.retention import RETENTION, RetentionPage
from chatbot.pages.room.wishes import Answered, Wishes
from chatbot.pages.room.work import Work
from models.roles import Act

CASE = "/staff/case/{code}"
CLAIM = "/staff/contacts/{claim}"
REQUEST = "/staff/request/{code}"
WISH = "/staff/wish/{wish}"


def work_routes(work: Work, live: Live) -> list[web.RouteDef]:
    """The queue and everything below ``/staff/case``, ``request``, ``contacts``, ``holds``, ``retention``,
    ``wish`` and ``enter``."""
    wishes, claims, holds, letters = Wishes(work), Claims(work), Holds(work), RequestFiles(work)
    retention = RetentionPage(work)
    queue, page = QueuePage(work, wishes, claims, holds, retention), CasePage(work)
    acts, deciding = CaseActs(work, page), Deciding(work, page)
    files, record = CaseFiles(work, page), RecordPage(work, page)
    asked, complaint, data_request = RequestPage(work), EnteringComplaint(work), EnteringRequest(work)

    async def answer(request: web.Request, member: Member) -> web.StreamResponse:
        done = await wishes.answer(request, member)
        if isinstance(done, Answered):
            return await queue.page(request, member, said=done.said, typed=done.typed, status=done.status)
        return done

    def get(path: str, show: Page, may: Act | None = None) -> web.RouteDef:
        return web.get(path, signed_in(work.room, show, may=may))

    def post(path: str, do: Page, may: Act) -> web.RouteDef:
        return web.post(path, signed_in(work.room, do, may=may))

    verbs = {
        "take": acts.take,
        "hand_over": acts.hand_over,
        "ask": acts.ask,
        "note": acts.note,
        "accept": acts.accept,
        "breach": acts.breach,
        "seen": acts.seen,
        "by_hand": acts.by_hand,
        "decide": deciding.decide,
        "approve": deciding.approve,
        "decline": deciding.decline,
    }
    return [
        get("/staff", queue.show),
        get("/staff/live", live.of(queue.region)),
        get("/staff/find", queue.find),
        get("/staff/enter", complaint.ask, Act.ENTER_CASE),
        post("/staff/enter", complaint.enter, Act.ENTER_CASE),
        get("/staff/enter/request", data_request.ask, Act.ENTER_CASE),
        post("/staff/enter/request", data_request.enter, Act.ENTER_CASE),
        post(WISH, answer, Act.HANDLE_CASE),
        get(WISH + r"/file/{number:\d{1,3}}", wishes.file, Act.HANDLE_CASE),
        get("/staff/contacts", claims.list, Act.APPROVE_CONTACT),
        get(CLAIM, claims.show, Act.APPROVE_CONTACT),
        post(f"{CLAIM}/compare", claims.compare, Act.APPROVE_CONTACT),
        post(f"{CLAIM}/approve", claims.of("approve", claims.approve), Act.APPROVE_CONTACT),
        post(f"{CLAIM}/refuse", claims.of("refuse", claims.refuse), Act.APPROVE_CONTACT),
        get(HOLDS, holds.show, Act.HOLD),
        post(f"{HOLDS}/find", holds.find, Act.HOLD),
        post(f"{HOLDS}/put", holds.put, Act.HOLD),
        post(HOLDS + "/{hold}/lift", holds.lift, Act.HOLD),
        get(RETENTION, retention.show, Act.ALLOW_ERASING),
        post(f"{RETENTION}/allow", retention.allow, Act.ALLOW_ERASING),
        get(CASE, page.show, Act.HANDLE_CASE),
        get(f"{CASE}/live", live.of(page.region), Act.HANDLE_CASE),
        get(CASE + "/file/{file}", files.save, Act.HANDLE_CASE),
        post(f"{CASE}/file", files.put, Act.HANDLE_CASE),
        post(f"{CASE}/preview", deciding.preview, Act.HANDLE_CASE),
        post(f"{CASE}/record", record.open, Act.OPEN_RECORD),
        get(REQUEST, asked.show, Act.HANDLE_CASE),
        get(REQUEST + "/file/{file}", letters.save, Act.HANDLE_CASE),
        post(f"{REQUEST}/file", letters.put, Act.HANDLE_CASE),
        *[post(f"{REQUEST}/{act}", asked.of(act), Act.HANDLE_CASE) for act in ACTS],
        *[post(f"{CASE}/{act}", acts.of(act, verb), Act.HANDLE_CASE) for act, verb in verbs.items()],
    ]
