"""Cases that were filed in a chat, as the transcripts of their status need them."""

from __future__ import annotations

from uuid import UUID

from chatbot.messages import FileRef, Kind, Person, Proven
from models.case import Case, Category, Compensation, Decision, Statement, Verdict
from models.case_entry import CaseEntry, Entry
from models.case_states import CaseState
from models.chat import Chat
from models.database import run_tx
from models.keys import SYSTEM, SubjectKey
from models.outgoing import STAFF, Outgoing
from models.reply import CaseReply
from tests.chat import SHOP, CustomerChat, Desk
from tests.people import PHONE_E164

PHOTO = FileRef("handle", "căn cước Nguyễn Văn Kín.jpg", "image/jpeg", 1000)
WORDS = "Số điện thoại của tôi bị dùng để quảng cáo cho cửa hàng khác."
ADDED = "Hôm qua họ lại gọi cho mẹ tôi."
WHY = "Tôi không đồng ý vì họ vẫn còn gọi mỗi ngày."
QUESTION = "Quý khách có ảnh chụp cuộc gọi không?"
DECISION = Decision(
    Verdict.PARTLY, "Đã tìm thấy lỗi ở khâu giao hàng.", "Đã dừng gửi.", Compensation.AMOUNT, 500_000
)
OWNER = Person((Proven(UUID(int=9), Kind.PHONE, PHONE_E164),))

WAITING = ["status.state.waiting", "status.due.evidence", "status.days_left"]
RUNNING = ["status.state.running", "status.due.resolve", "status.days_left"]
TOLD = ["case.receipt", "status.verify", "status.filed", "status.timeline", "status.entry.filed"]
ACT = "status.act.ask"


async def filed(chat: CustomerChat, person: Person | None = None) -> Case:
    """A case filed in a chat."""
    await chat.says("/start")
    stored = await Chat.find(chat.address)
    assert stored
    now = chat.desk.time.now()

    async def file() -> Case:
        case = await Case.file(
            Statement(WORDS),
            category=Category.LEAKED,
            chat=stored.id,
            person=person or Person(),
            priority=False,
            negotiate=False,
            arrived=now,
            calendar=SHOP.calendar,
        )
        await CaseEntry.add(case, Entry.FILED, now)
        return case

    return await run_tx(file)


async def brought_to(desk: Desk, case: Case, state: CaseState) -> Case:
    """A case as staff, the sender and the customer would have brought it there."""
    now = desk.time.now()

    async def moves() -> None:
        if state in (CaseState.RUNNING, CaseState.DECIDED, CaseState.ANSWERED, CaseState.CLOSED):
            await case.prove(now, SHOP.calendar)
        if state in (CaseState.DECIDED, CaseState.ANSWERED, CaseState.CLOSED):
            assert await case.decide(DECISION, now)
        if state in (CaseState.ANSWERED, CaseState.CLOSED):
            assert await case.deliver(now)
        if state is CaseState.CLOSED:
            assert await case.accept(now)
        if state is CaseState.WITHDRAWN:
            assert await case.withdraw(now)

    await run_tx(moves)
    return case


async def asked(desk: Desk, case: Case, words: str = QUESTION) -> None:
    """Staff ask something."""
    await run_tx(lambda: CaseEntry.add(case, Entry.STAFF_ASKED, desk.time.now(), words=words))


async def told_to_staff() -> list[str]:
    """What staff were told, in order."""
    key = await SubjectKey.of(SYSTEM)
    replies = [row.opened(key) for row in await Outgoing.filter(outlet=STAFF).order_by("id")]
    return [reply.text for reply in replies if reply]


async def gathered(case: Case) -> tuple[int, int, int]:
    """How many texts, photos and other files staff will be told of."""
    reply = await CaseReply.get(case_id=case.id)
    return reply.texts, reply.photos, reply.files


async def entries(case: Case) -> list[tuple[Entry, str | None]]:
    """The timeline with its words."""
    return [(entry.kind, entry.opened(case)) for entry in await CaseEntry.timeline(case)]


def labels(chat: CustomerChat) -> list[str]:
    """The buttons under what was said last, short."""
    return [button.label.rpartition(".")[2].rstrip("]") for reply in chat.last for button in reply.buttons]
