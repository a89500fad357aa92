"""Gửi khiếu nại, as transcripts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chatbot.messages import FileRef
from chatbot.texts import Texts
from models.case import Case, Category, Remedy
from models.case_states import CaseState
from models.chat import Chat
from models.deadline import Deadline
from models.evidence import Evidence
from models.outgoing import Outgoing, State
from models.promises import Promise
from tests.chat import CustomerChat, Desk
from tests.conftest import Database

PHOTO = FileRef("handle", "ảnh chụp.jpg", "image/jpeg", 1000)
WORDS = "Số điện thoại của tôi bị dùng để quảng cáo cho cửa hàng khác."


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk over an open database."""
    return Desk()


async def to_evidence(chat: CustomerChat, category: str = "leaked") -> None:
    """Up to the question for proof."""
    await chat.says("/khieunai")
    await chat.presses(f"complaint.category.choice.{category}")
    await chat.says(WORDS)
    assert await chat.says("tuần trước") == ["complaint.evidence.ask"]


async def from_evidence_on(chat: CustomerChat) -> list[str]:
    """From there to the end, in the shortest way."""
    await chat.presses("complaint.evidence.choice.done")
    assert await chat.presses("complaint.remedy.choice.apology") == ["complaint.negotiate.ask"]
    await chat.presses("complaint.negotiate.choice.no")
    await chat.presses("complaint.priority.choice.unsaid")
    assert await chat.presses("complaint.second.choice.skip") == ["complaint.review.ask"]
    return await chat.presses("complaint.review.choice.send")


async def test_a_complaint_with_photos_sent_one_by_one(desk: Desk) -> None:
    """It has its number at once; the files are called received only when they are here."""
    chat = desk.chat(channel="messenger")
    await to_evidence(chat)
    for _ in range(2):
        assert await chat.sends(PHOTO) == ["complaint.noted", "complaint.evidence.ask"]
    said = await from_evidence_on(chat)
    assert said == ["complaint.filed", "complaint.keep_number", "complaint.evidence_is_fetched"]
    [case] = await Case.all().select_related("key")
    assert case.state is CaseState.WAITING
    assert case.opened().what == WORDS
    assert await Evidence.all().count() == 2
    promises = {one.promise: one for one in await Deadline.all()}
    assert set(promises) == {Promise.ACKNOWLEDGE, Promise.EVIDENCE}
    assert promises[Promise.ACKNOWLEDGE].met_at == case.filed_at


async def test_photos_that_come_before_their_question_are_kept(desk: Desk) -> None:
    """With the story, before it, or instead of the day."""
    chat = desk.chat(channel="messenger")
    await chat.says("/khieunai")
    await chat.presses("complaint.category.choice.leaked")
    assert await chat.sends(PHOTO) == ["complaint.noted", "complaint.details.ask"]
    assert (await chat.says("ngắn"))[0] == "answer.text.too_short"
    assert await chat.sends(PHOTO, text=WORDS) == ["complaint.when.ask"]
    assert await chat.sends(PHOTO) == ["complaint.noted", "complaint.when.ask"]
    await chat.presses("complaint.when.choice.skip")
    await from_evidence_on(chat)
    [case] = await Case.all().select_related("key")
    assert case.opened().what == WORDS
    assert await Evidence.all().count() == 3


async def test_what_may_be_proof_is_said_at_length_once(database: Database) -> None:
    """After each file a line is enough, which still counts them."""
    chat = Desk(texts=Texts).chat()
    for said in ("/khieunai", "3", WORDS, "1"):
        await chat.says(said)
    assert "ghi âm" in chat.last[-1].text
    for number in (1, 2):
        await chat.sends(PHOTO)
        assert "ghi âm" not in chat.last[-1].text
        assert f"Đã nhận: {number} trên 10 tệp" in chat.last[-1].text


@pytest.mark.parametrize("words", ["không", "ko", "Ko có", "bỏ qua", "không cần", "no"])
async def test_a_plain_no_is_no_second_contact(desk: Desk, words: str) -> None:
    """As well as the label of the button."""
    chat = desk.chat()
    await to_evidence(chat)
    for choice in (
        "evidence.choice.done",
        "remedy.choice.apology",
        "negotiate.choice.no",
        "priority.choice.no",
    ):
        await chat.presses(f"complaint.{choice}")
    assert await chat.says("09000") == ["answer.contact.invalid", "complaint.second.ask"]
    if words == "bỏ qua":  # the label is its id here
        words = "[complaint.second.choice.skip]"
    assert await chat.says(words) == ["complaint.review.ask"]


async def test_a_complaint_without_proof_is_kept_and_acknowledged(desk: Desk) -> None:
    """And it says what is missing; the promise of 10 days does not run yet."""
    chat = desk.chat()
    await to_evidence(chat)
    assert (await from_evidence_on(chat))[-1] == "complaint.without_evidence"
    assert await Deadline.filter(promise=Promise.RESOLVE).count() == 0


async def test_for_a_request_not_carried_out_the_register_is_the_proof(desk: Desk) -> None:
    """The 10 working days run at once, and the date and its reason are said."""
    chat = desk.chat()
    await to_evidence(chat, "request_not_done")
    said = await from_evidence_on(chat)
    assert said == ["complaint.filed", "complaint.keep_number", "case.due", "case.why", "case.receipt"]
    [resolve] = await Deadline.filter(promise=Promise.RESOLVE)
    assert resolve.promised_on == date(2026, 12, 9)  # received on Wednesday 25/11/2026


async def test_compensation_asks_for_an_amount(desk: Desk) -> None:
    """Whoever asks to negotiate has the clock of 7 working days from the complaint on."""
    chat = desk.chat()
    await to_evidence(chat)
    await chat.presses("complaint.evidence.choice.done")
    assert await chat.presses("complaint.remedy.choice.compensation") == ["complaint.amount.ask"]
    assert await chat.says("nhiều") == ["answer.money.invalid", "complaint.amount.ask"]
    assert await chat.says("1,5 triệu") == ["complaint.negotiate.ask"]
    await chat.presses("complaint.negotiate.choice.yes")
    await chat.presses("complaint.priority.choice.yes")
    assert await chat.says("09000") == ["answer.contact.invalid", "complaint.second.ask"]
    await chat.says("thuha.nguyen@example.com")
    await chat.presses("complaint.review.choice.send")
    [case] = await Case.all().select_related("key")
    statement = case.opened()
    assert (statement.remedy, statement.amount) == (Remedy.COMPENSATION, 1_500_000)
    assert statement.second_contact == "thuha.nguyen@example.com"
    assert (case.priority, case.negotiate, case.category) == (True, True, Category.LEAKED)
    [negotiate] = await Deadline.filter(promise=Promise.NEGOTIATE)
    assert negotiate.promised_on == date(2026, 12, 4)


async def test_the_review_shows_all_that_is_filed(database: Database) -> None:
    """Every answer in the words of its choice; what was skipped or does not apply is left out."""
    chat = Desk(texts=Texts).chat()
    for said in ("/khieunai", "3", WORDS, "1"):
        await chat.says(said)
    await chat.sends(PHOTO)
    for said in ("1", "4", "1,5 triệu", "1", "1", "0900 000 001"):
        await chat.says(said)
    assert chat.last[-1].text.split("\n\n")[-1].splitlines() == [
        "Khiếu nại về: Chuyển cho người khác hoặc bị lộ",
        f"Nội dung: {WORDS}",
        "Thời gian xảy ra: không nhớ rõ",
        "Tài liệu chứng minh: 1 tệp",
        "Mong muốn: Bồi thường",
        "Số tiền đề nghị: 1.500.000\N{NO-BREAK SPACE}₫",
        "Thương lượng: có",
        "Ưu tiên giải quyết: có",
        "Liên lạc thêm qua: 0900000001",
    ]
    for said in ("2", "5", "1"):  # change the remedy: no compensation, so no amount either
        await chat.says(said)
    assert "Mong muốn: Ngừng sử dụng dữ liệu\nThương lượng: có" in chat.last[-1].text


async def test_one_answer_is_changed_at_a_time(desk: Desk) -> None:
    """What was to be changed is asked, and the review comes back with all the rest as it was."""
    chat = desk.chat()
    await to_evidence(chat)
    await chat.sends(PHOTO)
    await chat.presses("complaint.evidence.choice.done")
    await chat.presses("complaint.remedy.choice.erase")
    await chat.presses("complaint.negotiate.choice.yes")
    await chat.presses("complaint.priority.choice.no")
    await chat.presses("complaint.second.choice.skip")
    for part, answer in (
        ("category", "complaint.category.choice.other"),
        ("details", "Cửa hàng gọi cho tôi lúc nửa đêm, nhiều lần."),
        ("when", "complaint.when.choice.skip"),
        ("evidence", "complaint.evidence.choice.done"),
        ("negotiate", "complaint.negotiate.choice.no"),
        ("priority", "complaint.priority.choice.yes"),
        ("second", "0900 000 001"),
    ):
        assert await chat.presses("complaint.review.choice.edit") == ["complaint.change.ask"]
        assert await chat.presses(f"complaint.change.choice.{part}") == [f"complaint.{part}.ask"]
        asks = chat.presses if answer.startswith("complaint.") else chat.says
        assert await asks(answer) == ["complaint.review.ask"]
    await chat.presses("complaint.review.choice.edit")
    assert await chat.presses("complaint.change.choice.review") == ["complaint.review.ask"]
    await chat.presses("complaint.review.choice.edit")
    await chat.presses("complaint.change.choice.remedy")
    assert await chat.presses("complaint.remedy.choice.compensation") == ["complaint.amount.ask"]
    assert await chat.says("500k") == ["complaint.review.ask"]
    await chat.presses("complaint.review.choice.send")
    [case] = await Case.all().select_related("key")
    statement = case.opened()
    assert (statement.what, statement.when) == ("Cửa hàng gọi cho tôi lúc nửa đêm, nhiều lần.", "")
    assert (statement.remedy, statement.amount) == (Remedy.COMPENSATION, 500_000)
    assert statement.second_contact == "+84900000001"
    assert (case.priority, case.negotiate, case.category) == (True, False, Category.OTHER)
    assert await Evidence.all().count() == 1


async def test_a_draft_survives_a_week_and_interruptions(desk: Desk) -> None:
    """What comes between is done, and the complaint goes on where it stood."""
    chat = desk.chat()
    await to_evidence(chat)
    await chat.sends(PHOTO, text="chụp hôm qua")
    desk.time.move(timedelta(days=6))
    assert "human.recorded" in await chat.says("nhân viên")
    assert await chat.presses("human.about.choice.done") == [
        "human.noted",
        "engine.resumed",
        "complaint.evidence.ask",
    ]
    await from_evidence_on(chat)
    [case] = await Case.all().select_related("key")
    assert case.opened().what == f"{WORDS}\n\nchụp hôm qua"


async def test_more_than_ten_files_are_refused_in_words(desk: Desk) -> None:
    """The tenth is taken, the eleventh is not, and it is said."""
    chat = desk.chat()
    await to_evidence(chat)
    for _ in range(10):
        assert (await chat.sends(PHOTO))[0] == "complaint.noted"
    assert (await chat.sends(PHOTO))[0] == "complaint.too_many"
    await from_evidence_on(chat)
    assert await Evidence.all().count() == 10


async def test_sending_twice_files_one_complaint(desk: Desk) -> None:
    """A second press on the same button is recognised as an old one."""
    chat = desk.chat()
    await to_evidence(chat)
    await from_evidence_on(chat)
    sent = await Outgoing.filter(state=State.QUEUED).order_by("-id").offset(2).first()
    found = await Chat.find(chat.address)
    assert sent
    assert found
    review = sent.opened(found.key)
    assert review
    assert await chat.delivers(chat.message(press=review.buttons[0].token)) == [
        "engine.stale_press",
        "menu.ask",
    ]
    assert await Case.all().count() == 1


async def test_numbers_are_given_in_order_with_a_check_character(desk: Desk) -> None:
    """However the number is typed, the case is found; a wrong character finds none."""
    codes = []
    for user in ("1", "2"):
        chat = desk.chat(user)
        await to_evidence(chat)
        await from_evidence_on(chat)
        codes.append((await Case.all().order_by("-number").first()).code)  # type: ignore[union-attr]
    assert [code[:14] for code in codes] == ["KN-2026-000001", "KN-2026-000002"]
    for typed in (codes[1], codes[1].lower(), codes[1].replace("-", " "), codes[1][:14], "2026-2"):
        found = await Case.by_code(typed)
        assert found is not None
        assert found.code == codes[1]
    wrong = codes[1][:-1] + ("A" if codes[1][-1] != "A" else "B")
    assert await Case.by_code(wrong) is None
    assert await Case.by_code("KN-2026-999999") is None
