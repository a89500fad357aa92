"""The staff's group, played through the Bot API stand-in by the real client: commands, buttons, strangers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chatbot.messages import Address
from handlers.staff import RECORDED
from models.case import Case
from models.case_entry import CaseEntry, Entry
from models.casework import hand_over, take
from models.chat import Chat
from models.database import run_tx
from models.event import Event, Tag
from models.outgoing import STAFF
from models.roles import MAY, Act, Role
from models.staff import UNREADABLE, StaffMember
from models.staff_link import unlink
from models.warning import ClockWarning
from tests.bot_api import BotApi
from tests.cases import PHONE, SECOND, WORDS, at, file_case
from tests.channels.group_desk import GROUP, PAGE, GroupDesk, strangers
from tests.conftest import Database
from tests.telegram_updates import person, supergroup, text_update

MAI, BINH, STRANGER = 1001, 1002, 1009
"""People by their Telegram ids."""
REFUSED = "Chỉ người trong danh sách nhân viên mới dùng được."
FILED = at("2026-10-05T10:00")


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[GroupDesk]:
    """A desk whose group is empty."""
    async with BotApi() as api, GroupDesk(api) as desk:
        yield desk


async def now(case: Case) -> Case:
    """The case as it is now."""
    found = await Case.load(case.id)
    assert found
    return found


# -- commands --------------------------------------------------------------------------------------


async def test_the_commands_are_registered_for_the_group_alone(desk: GroupDesk) -> None:
    """In every language, for the scope of this chat."""
    scopes = [call.params["scope"] for call in desk.api.calls("setMyCommands")]
    assert scopes == [{"type": "chat", "chat_id": int(GROUP)}] * 3


@pytest.mark.parametrize("command", ["/viec", "/queue", "/viec@PartyshopTestBot", "/Việc", "/queue now"])
async def test_the_queue_shows_what_is_due_first(desk: GroupDesk, command: str) -> None:
    """Of everybody, with what is due when and who has it by their initials."""
    mai, _ = await desk.member(MAI, "Nguyễn Thị Mai")
    late, early = await file_case(FILED + timedelta(days=2)), await file_case(FILED)
    await run_tx(lambda: take(early, mai, FILED))
    [told] = await desk.says(MAI, command)
    assert told.splitlines() == [
        "2 khiếu nại, yêu cầu đang mở, việc gấp trước:",
        f"{early.code} · Giải quyết khiếu nại: còn 10 ngày làm việc, đến hết ngày 19/10/2026."
        " Phụ trách: NTM.",
        f"{late.code} · Giải quyết khiếu nại: còn 12 ngày làm việc, đến hết ngày 21/10/2026."
        " Phụ trách: chưa ai nhận.",
    ]
    assert desk.buttons() == {"Mở trong phòng nhân viên": f"{PAGE}/staff"}


async def test_a_long_queue_is_one_message(desk: GroupDesk) -> None:
    """The first ten, and how many there are; an empty one says so."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    assert await desk.says(MAI, "/viec") == ["Hiện không có khiếu nại, yêu cầu nào đang mở."]
    for _ in range(12):
        await file_case(FILED)
    [told] = await desk.says(MAI, "/viec")
    assert len(re.findall(r"KN-2026-\d{6}-\w", told)) == 10
    assert told.startswith("12 khiếu nại")
    assert told.endswith("… và 2 khiếu nại, yêu cầu khác.")


@pytest.mark.parametrize("command", ["/baocao", "/report@partyshoptestbot"])
async def test_the_figures_of_the_month(desk: GroupDesk, command: str) -> None:
    """What came, and what was answered; the same numbers as in the staff room."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    await file_case(FILED)
    await file_case(FILED - timedelta(days=20))
    assert await desk.says(MAI, command) == [
        "Tháng 10/2026: nhận 1, trả lời đúng hạn 0, trễ hạn 0. Thời gian trung vị: chưa có."
    ]


async def test_one_case_by_its_number(desk: GroupDesk) -> None:
    """However it is typed: a card with its buttons and the link to the staff room."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    case = await file_case(FILED)
    for typed in (f"/ca {case.code}", f"/case@PartyshopTestBot  {case.code.lower()}", "/ca 2026-1"):
        [told] = await desk.says(MAI, typed)
        assert told.splitlines() == [
            f"{case.code} · Yêu cầu sửa, xoá chưa được thực hiện",
            "đang giải quyết",
            "Giải quyết khiếu nại: còn 10 ngày làm việc, đến hết ngày 19/10/2026.",
            "Nhận được 0 ngày làm việc. Phụ trách: chưa ai nhận.",
            "Xem đầy đủ trong phòng nhân viên.",
        ]
    buttons = desk.buttons()
    assert list(buttons) == ["Đã nắm", "Nhận việc", "Chuyển", "Mở trong phòng nhân viên"]
    assert buttons["Mở trong phòng nhân viên"] == f"{PAGE}/staff/case/{case.code}"


async def test_a_case_that_is_over_has_no_buttons(desk: GroupDesk) -> None:
    """Only how it stands and the link."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    case = await file_case(FILED)
    await run_tx(lambda: case.withdraw(FILED))
    [told] = await desk.says(MAI, f"/ca {case.code}")
    assert "khách đã rút" in told
    assert list(desk.buttons()) == ["Mở trong phòng nhân viên"]


@pytest.mark.parametrize(
    "typed",
    ["x", "KN-2026-000999", "KN-2026-000001-Ω", "'; DROP TABLE", "٣" * 9, "9" * 4000, "KN-9999999999-1"],
)
async def test_a_number_that_is_none_is_said_so(desk: GroupDesk, typed: str) -> None:
    """Whatever stands there; nothing of it is repeated."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    assert await desk.says(MAI, f"/ca {typed}") == ["Không có khiếu nại hay yêu cầu nào với số này."]
    assert await desk.says(MAI, "/ca") == ["Xin gửi kèm số khiếu nại, ví dụ: /ca KN-2026-000123"]


async def test_other_words_are_the_groups_own(desk: GroupDesk) -> None:
    """Talk, edits, commands of other bots, other groups: no answer, nothing recorded, always 200."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    before = await Event.all().count()
    for words in ("viec", "ca KN-2026-000001", "/la", "/", "/viec@OtherBot", "/xemdulieu", "chào /viec"):
        assert await desk.says(MAI, words) == []
        assert await desk.says(STRANGER, words) == []
    await desk.api.push_in_group("-100999", MAI, "/viec")
    await desk.api.press_in_group("-100999", MAI, "take:KN-2026-000001")
    edited = text_update(MAI, "/viec", chat=supergroup(GROUP), edit_date=2)
    await desk.api.push({"edited_message": edited["message"]})
    assert await desk.told() == []
    assert await Event.all().count() == before
    assert set(desk.api.statuses) == {200}


# -- buttons ---------------------------------------------------------------------------------------


async def test_a_warning_is_taken_from_its_card(desk: GroupDesk) -> None:
    """Đã nắm silences that rung only; everybody sees who did it, and it is recorded."""
    mai, _ = await desk.member(MAI, "Nguyễn Thị Mai")
    case = await file_case(FILED)
    desk.time = at("2026-10-12T08:30")
    [card] = await desk.warned()
    assert "còn 5 ngày làm việc" in card
    assert list(desk.buttons()) == ["Đã nắm", "Nhận việc", "Chuyển", "Mở trong phòng nhân viên"]
    old = desk.buttons()["Đã nắm"]
    desk.later(minutes=5)
    assert await desk.taps(MAI, "Đã nắm") == f"{case.code}: NTM đã nắm."
    assert await desk.told() == [f"{case.code}: NTM đã nắm."]
    [warning] = await ClockWarning.filter(about=case.id)
    assert (warning.taken_by, warning.taken_at) == (mai, desk.time)
    assert await Event.filter(tag=Tag.WARNING_SEEN, case=case.id, member=mai).count() == 1
    desk.time = at("2026-10-12T17:00")
    assert await desk.warned() == [], "it was taken"
    desk.time = at("2026-10-14T08:30")
    [card] = await desk.warned()
    assert "còn 3 ngày làm việc" in card
    said = await desk.presses(MAI, old)
    assert said.startswith("Không còn lời nhắc nào chờ ở nút này.")
    assert await ClockWarning.filter(about=case.id, taken_at=None).count() == 1, "the newer rung still calls"


async def test_a_case_is_taken_and_handed_over(desk: GroupDesk) -> None:
    """To a colleague who is chosen; the timeline and the audit trail are those of the staff room."""
    mai, _ = await desk.member(MAI, "Nguyễn Thị Mai")
    bình, _ = await desk.member(BINH, "Trần Văn Bình", Role.LEAD)
    case = await file_case(FILED)
    await desk.says(MAI, f"/ca {case.code}")
    assert await desk.taps(MAI, "Nhận việc") == f"{case.code}: NTM đã nhận việc."
    assert await desk.told() == [f"{case.code}: NTM đã nhận việc."]
    assert (await now(case)).handler == mai
    assert await desk.taps(MAI, "Chuyển") == "Xin chọn người nhận ở tin vừa gửi."
    [asked] = await desk.told()
    assert asked.startswith(f"Chuyển {case.code} cho ai?")
    assert await desk.taps(MAI, "TVB · Trưởng nhóm") == f"{case.code}: NTM đã chuyển cho TVB."
    assert (await now(case)).handler == bình
    kinds = [entry.kind for entry in await CaseEntry.filter(case_id=case.id).order_by("id")]
    assert kinds == [Entry.TAKEN, Entry.HANDED_OVER]
    tags = [event.tag for event in await Event.filter(case=case.id).order_by("id")]
    assert tags == [Tag.CASE_TAKEN, Tag.CASE_HANDED_OVER]


async def test_of_two_who_take_a_case_the_first_wins(desk: GroupDesk) -> None:
    """Both at once: the second is told who has it; so is whoever presses an old button."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    await desk.member(BINH, "Trần Văn Bình")
    case = await file_case(FILED)
    press = f"take:{case.code}"
    await asyncio.gather(
        desk.api.press_in_group(GROUP, MAI, press), desk.api.press_in_group(GROUP, BINH, press)
    )
    await desk.api.wait_for("answerCallbackQuery", 2)
    first, second = sorted(
        (call.params["text"] for call in desk.api.calls("answerCallbackQuery")), key=lambda one: "Phụ" in one
    )
    assert re.fullmatch(rf"{case.code}: (NTM|TVB) đã nhận việc\.", first)
    assert second == f"{case.code}: đang giải quyết. Phụ trách: {first.split()[1]}."
    assert len(await desk.told()) == 1
    assert await Event.filter(tag=Tag.CASE_TAKEN, case=case.id).count() == 1


async def test_old_buttons_say_how_the_case_stands(desk: GroupDesk) -> None:
    """After it was handed over in the room, and after it has ended; nothing is changed."""
    mai, _ = await desk.member(MAI, "Nguyễn Thị Mai")
    bình, _ = await desk.member(BINH, "Trần Văn Bình")
    case = await file_case(FILED)
    await run_tx(lambda: take(case, mai, FILED))
    await desk.presses(MAI, f"give:{case.code}")
    await desk.told()
    choose = desk.buttons()["TVB · Nhân viên"]
    await run_tx(lambda: hand_over(case, mai, bình, FILED))
    stands = f"{case.code}: đang giải quyết. Phụ trách: TVB."
    assert await desk.presses(MAI, choose) == stands
    assert await desk.presses(MAI, f"give:{case.code}") == stands
    assert await desk.presses(MAI, f"take:{case.code}") == stands
    await run_tx(lambda: case.withdraw(FILED))
    assert await desk.presses(BINH, f"give:{case.code}") == f"{case.code}: khách đã rút. Phụ trách: TVB."
    assert (await now(case)).handler == bình


async def test_an_appeal_is_for_somebody_else(desk: GroupDesk) -> None:
    """Who decided first cannot take it, nor be given it, while somebody else could."""
    mai, _ = await desk.member(MAI, "Nguyễn Thị Mai")
    bình, _ = await desk.member(BINH, "Trần Văn Bình")
    case = await file_case(FILED)
    await Case.filter(id=case.id).update(first_handler=mai, round=2)
    assert "cần người khác nhận" in await desk.presses(MAI, f"take:{case.code}")
    await desk.presses(BINH, f"take:{case.code}")
    assert await desk.presses(BINH, f"give:{case.code}") == "Hiện không có ai khác để chuyển."
    assert (await now(case)).handler == bình


async def test_a_delivery_that_comes_twice_does_nothing_twice(desk: GroupDesk) -> None:
    """A command is answered once, a press acts once."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    case = await file_case(FILED)
    command = await desk.api.push_in_group(GROUP, MAI, "/viec")
    press = await desk.api.press_in_group(GROUP, MAI, f"take:{case.code}")
    assert len(await desk.told()) == 2
    for update in (command, press, command, press):
        await desk.api.push_raw(update)
    await desk.api.wait_for("answerCallbackQuery", 3)
    assert await desk.told() == []
    assert await Event.filter(tag=Tag.CASE_TAKEN).count() == 1


# -- who may -----------------------------------------------------------------------------------------


async def test_who_is_not_linked_can_do_nothing(desk: GroupDesk) -> None:
    """A customer of the bot, somebody unknown, an administrator who writes as the group: each is told how
    it is done, and recorded."""
    case = await file_case(FILED)
    await desk.private(STRANGER, "/start")
    chat = await Chat.get(channel="telegram")
    for verb in ("seen", "take", "give"):
        said = await desk.presses(STRANGER, f"{verb}:{case.code}")
        assert said.startswith(REFUSED)
        assert len(said) <= 200
    assert await desk.told() == []
    for command in ("/viec", f"/ca {case.code}", "/baocao"):
        told = await desk.says(STRANGER, command)
        assert [one[: len(REFUSED)] for one in told] in ([REFUSED], []), "twice before everybody, no more"
    assert [(event.chat, event.detail) for event in await strangers()] == [
        (chat.id, what) for what in ("seen", "take", "give", "viec", "ca", "baocao")
    ]
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    group = supergroup(GROUP)
    [told_to_unknown] = await desk.says(77, "/queue", **{"from": anonymous, "sender_chat": group})
    assert told_to_unknown.startswith(REFUSED)
    unknown = (await strangers())[-1]
    assert unknown.chat is None
    assert re.fullmatch(r"queue [0-9a-f]{64}", unknown.detail or "")
    assert (await now(case)).handler is None


async def test_a_stranger_cannot_fill_the_audit_trail(desk: GroupDesk) -> None:
    """What one tries is recorded so often in an hour; a press is answered all the same, and what another
    tries is recorded too."""
    for _ in range(RECORDED.most + 2):
        assert (await desk.presses(STRANGER, "take:KN-2026-000001")).startswith(REFUSED)
    await desk.says(STRANGER, "/viec")
    assert len(await strangers()) == RECORDED.most
    await desk.presses(STRANGER + 1, "take:KN-2026-000001")
    assert len(await strangers()) == RECORDED.most + 1


async def test_a_name_that_cannot_be_read_stops_no_command(desk: GroupDesk) -> None:
    """The queue and the case are told with a mark in its place."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    bình, _ = await desk.member(BINH, "Trần Văn Bình")
    case = await file_case(FILED)
    assert await run_tx(lambda: take(case, bình, desk.time))
    await StaffMember.filter(id=bình).update(name=b"broken")
    for command in ("/viec", f"/ca {case.code}"):
        [told] = await desk.says(MAI, command)
        assert case.code in told
        assert UNREADABLE in told


async def test_who_is_disabled_or_invited_anew_can_do_nothing_at_once(desk: GroupDesk) -> None:
    """Also where the link was made before; coming back takes a new one."""
    _, mai = await desk.member(MAI, "Nguyễn Thị Mai")
    _, bình = await desk.member(BINH, "Trần Văn Bình")
    case = await file_case(FILED)
    await run_tx(lambda: StaffMember.disable(mai, desk.time))
    await run_tx(lambda: StaffMember.renew(bình, desk.time))
    for user in (MAI, BINH):
        assert (await desk.presses(user, f"take:{case.code}")).startswith(REFUSED)
    await run_tx(lambda: StaffMember.renew(mai, desk.time))
    assert (await desk.presses(MAI, f"take:{case.code}")).startswith(REFUSED)
    assert await StaffMember.filter(chat__not_isnull=True).count() == 0


async def test_who_unlinks_can_do_nothing(desk: GroupDesk) -> None:
    """From the next press on."""
    mai, _ = await desk.member(MAI, "Nguyễn Thị Mai")
    assert await desk.says(MAI, "/viec") == ["Hiện không có khiếu nại, yêu cầu nào đang mở."]
    assert await run_tx(lambda: unlink(mai, desk.time))
    [told] = await desk.says(MAI, "/viec")
    assert told.startswith(REFUSED)


async def test_a_role_that_may_not_handle_cases(desk: GroupDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sees the queue, as in the staff room, and nothing else."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    case = await file_case(FILED)
    monkeypatch.setitem(MAY, Role.AGENT, frozenset({Act.OPEN_RECORD}))
    assert await desk.presses(MAI, f"take:{case.code}") == "Vai trò này không được làm việc đó."
    assert await desk.says(MAI, f"/ca {case.code}") == ["Vai trò này không được làm việc đó."]
    assert len(await desk.says(MAI, "/viec")) == 1
    assert (await now(case)).handler is None


async def test_nobody_is_given_a_case_who_cannot_take_it(desk: GroupDesk) -> None:
    """Somebody disabled meanwhile, somebody of a role that may not, oneself, nobody at all."""
    mai, _ = await desk.member(MAI, "Nguyễn Thị Mai")
    bình, login = await desk.member(BINH, "Trần Văn Bình")
    await desk.member(1003, "Lê Văn Cường")
    case = await file_case(FILED)
    await run_tx(lambda: take(case, mai, FILED))
    await desk.presses(MAI, f"give:{case.code}")
    await run_tx(lambda: StaffMember.disable(login, desk.time))
    for to in (bình.hex, mai.hex, "0" * 32, "x", "'; --"):
        assert "Xin chọn người khác" in await desk.presses(MAI, f"give:{case.code}:{to}")
    assert (await now(case)).handler == mai


async def test_colleagues_who_look_alike_are_not_offered(desk: GroupDesk) -> None:
    """By initials and role nobody could tell them apart: the staff room can."""
    mai, _ = await desk.member(MAI, "Nguyễn Thị Mai")
    await desk.member(BINH, "Trần Văn Bình")
    await desk.member(1003, "Trương Vĩnh Bảo")
    await desk.member(1004, "Tô Văn Ba", Role.LEAD)
    case = await file_case(FILED)
    await run_tx(lambda: take(case, mai, FILED))
    await desk.presses(MAI, f"give:{case.code}")
    [asked] = await desk.told()
    assert "phòng nhân viên" in asked
    assert set(desk.buttons()) == {"TVB · Trưởng nhóm", "Mở trong phòng nhân viên"}


@pytest.mark.parametrize(
    "data",
    [
        *(
            "",
            "take",
            "take:",
            "take:KN-2026-000999-X",
            "take:x:y:z",
            "give::",
            "drop:KN-2026-000001",
            "go:menu",
        ),
        *(
            "seen:{code}",
            "seen:{code}:",
            "seen:{code}:1",
            "seen:{code}:99999999999999999",
            "seen:{code}:-123456789",
        ),
        *("seen:{code}:٣٣٣٣٣٣٣٣٣٣", "\ud800", "take:\0", "🎈" * 16),
    ],
)
async def test_a_forged_button_changes_nothing(desk: GroupDesk, data: str) -> None:
    """And is answered; never is there a 5xx."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    case = await file_case(FILED)
    before = await Event.all().count()
    await desk.api.press_in_group(GROUP, MAI, data.format(code=case.code))
    assert desk.api.statuses[-1] in (200, 400)
    assert await desk.told() == []
    assert await Event.all().count() == before
    assert await Case.filter(handler__not_isnull=True).count() == 0


# -- trouble -----------------------------------------------------------------------------------------


async def test_a_bug_is_told_and_changes_nothing(desk: GroupDesk) -> None:
    """The press is answered so, the command before everybody; both are confirmed, neither is done."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    case = await file_case(FILED)
    desk.unfit = True
    assert "lỗi hệ thống" in await desk.presses(MAI, f"take:{case.code}")
    [told] = await desk.says(MAI, "/viec")
    assert "lỗi hệ thống" in told
    assert (await now(case)).handler is None
    assert await Event.filter(tag=Tag.MESSAGE_FAILED, detail=STAFF).count() == 2


async def test_in_an_outage_nothing_is_confirmed(desk: GroupDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Telegram is answered 503 and brings the press again, which then counts once."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    case = await file_case(FILED)

    async def down(*_: object) -> bool:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr("models.delivery.Delivery.register", down)
        await desk.api.press_in_group(GROUP, MAI, f"take:{case.code}")
        assert desk.api.statuses[-1] == 503
        assert desk.api.calls("answerCallbackQuery") == []
    await desk.api.deliver()
    assert desk.api.statuses[-1] == 200
    assert await desk.told() == [f"{case.code}: NTM đã nhận việc."]


async def test_whole_lives_leave_nothing_personal_in_the_group(desk: GroupDesk) -> None:
    """Neither of customers, their words and files, nor the full name of a colleague: in warnings, cards,
    queues, answers, refusals and what is told of customers' own messages."""
    await desk.member(MAI, "Nguyễn Thị Mai")
    await desk.member(BINH, "Trần Văn Bình", Role.LEAD)
    name, words, paper = "Phạm Hoàng Yến", "Tôi tên Phạm Hoàng Yến, gọi 0900000042", "phạm-hoàng-yến.pdf"
    customer = {**person(2001), "first_name": name, "username": "hoangyen"}
    await desk.api.push_text(2001, "/khieunai", **{"from": customer})
    for text in ("1", words + ", yen@example.com", "hôm kia"):
        await desk.api.push_text(2001, text, **{"from": customer})
    for number in range(3):
        await file_case(FILED, negotiate=True, user=str(number))
    chat = await Chat.find(Address("telegram", "2001"))
    assert chat
    await Case.filter(number=1).update(chat=chat.id)
    cases = await Case.all()
    while desk.time < at("2026-10-22T09:00"):
        await desk.watch.sweep(desk.time)
        for case in cases:
            for user, press in ((MAI, "take:{}"), (MAI, "give:{}"), (STRANGER, "take:{}")):
                await desk.api.press_in_group(GROUP, user, press.format(case.code))
            await desk.api.push_in_group(GROUP, BINH, f"/ca {case.code}")
        await desk.api.push_in_group(GROUP, BINH, "/viec")
        await desk.api.push_in_group(GROUP, BINH, "/baocao")
        for text in ("/theodoi", "1", words):
            await desk.api.push_text(2001, text, **{"from": customer})
        await desk.api.push_document(2001, paper, "application/pdf", b"%PDF", caption=words)
        for text in ("nhân viên", words):
            await desk.api.push_text(2001, text, **{"from": customer})
        desk.later(days=2, hours=3)
    await desk.told()
    calls = [call for call in desk.api.sent if str(call.params.get("chat_id")) == GROUP]
    sent = str([*calls, *desk.api.calls("answerCallbackQuery")]).casefold()
    assert len(calls) > 30
    personal = {*re.findall(r"\w{5,}", WORDS), *re.findall(r"\w{4,}", words), *re.findall(r"\w{4,}", name)}
    personal |= {"Yến", "Bích", PHONE[3:], "0900000042", SECOND, "yen@example.com", "hoangyen", paper}
    personal |= {"Thị Mai", "Văn Bình"}
    assert [one for one in sorted(personal) if one.casefold() in sent] == []
    for told in ("đã trả lời: 2 tin, 1 tệp", "chờ gặp nhân viên", "ntm đã nhận việc", "tháng 10"):
        assert told in sent, "or nothing was looked at"
