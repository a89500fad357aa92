"""Whatever a message holds: it is answered, and nothing in it is a template, a statement or a place."""

from __future__ import annotations

from time import process_time
from unicodedata import normalize

import pytest

from chatbot.messages import Contact, FileRef
from models.chat import Chat
from models.delivery import Delivery, Fate
from models.outgoing import Outgoing, State
from models.proof import Proof
from models.wish import Wish
from tests.chat import CustomerChat, Desk
from tests.conftest import Database
from tests.trial import trial_desk

HOSTILE = {
    "nul": "Tiêu\x00đề",
    "lone surrogates": "\ud83d Tiêu đề \udc00",
    "a hundred kB": "ă" * 50_000,
    "many words": "ab " * 33_000,
    "right to left": "\u202eềđ uêiT\u202c \u200f\u2067x",
    "placeholders": "{x} {0} {title} {email!r} {0.__class__} %s %(x)s ${x} {{",
    "statement": "'; DROP TABLE chat; -- \" ? $1 %",
    "markup": "<script>alert(1)</script> *b* _i_ [a](javascript:x) `c` &amp;",
    "keys": "[trial.done] [engine.failed]",
    "marks": "e" + "\u0301" * 2000,
    "joiners": "\u200b\u200d\ufeff\u2060ab",
    "tags": "\U000e0041\U000e0042ab",
    "control": "a\x07\x1b[31m\x85\u2028b",
    "digits": "9" * 5000,
    "unassigned": "\ufdd0\uffff\U0010ffffab",
}
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


@pytest.fixture
def desk(database: Database) -> Desk:
    return trial_desk()


@pytest.fixture
def chat(desk: Desk) -> CustomerChat:
    return desk.chat()


@hostile
async def test_hostile_text_is_words_like_any_other(chat: CustomerChat, text: str) -> None:
    """Without a question, as an answer, as a note, and edited: nothing fails, and it comes back as it was,
    but for what is longer than any channel lets through."""
    stored = normalize("NFC", text[:8_000].encode("utf-8", "replace").decode())
    await chat.says("/menu")
    assert (await chat.says(text))[-1] in ("menu.ask", "engine.did_you_mean", "identity.way.ask")
    await chat.says("/trial")
    long = len(stored.strip()) > 4000
    assert (await chat.says(text))[0] == ("answer.text.too_long" if long else "trial.pick.ask")
    if not long:
        await chat.says("1")
        await chat.says(text)
        assert chat.last[-1].text == f"[trial.done] {stored.strip()} {stored.strip()} 0"
    edited = chat.message(text=text, edited=True)
    assert (await chat.delivers(edited))[0] == "engine.edited"
    assert (await (await Delivery.get(delivery=edited.delivery)).opened()).text == stored
    assert await Delivery.filter(fate=Fate.FAILED).count() == 0


@hostile
async def test_hostile_names_and_numbers_are_stored_like_any_other(chat: CustomerChat, text: str) -> None:
    """Of files, of contact cards, of albums, of buttons, and of the device's language."""
    await chat.says("/nhanvien")
    file = FileRef(text, text, text)
    extras = {"group": text, "language": text, "network": text}
    assert (await chat.delivers(chat.message(files=(file,), **extras)))[0] == "human.kept"
    await chat.delivers(chat.message(contact=Contact(text, own=True), edited=True, **extras))
    await chat.delivers(chat.message(press=text, edited=True, **extras))
    await chat.delivers(chat.message(press=text, **extras))
    assert await Delivery.filter(fate=Fate.FAILED).count() == 0
    stored, wish = await Chat.find(chat.address), await Wish.all().first()
    assert stored
    assert wish
    assert len(wish.opened(stored).files) == 1


async def test_what_is_longer_than_any_message_is_cut_before_it_is_composed(chat: CustomerChat) -> None:
    """Composing marks takes the square of their number; nor is more than that kept in the history."""
    began = process_time()
    await chat.says("a" + "\u0315\u0300" * 50_000)
    assert process_time() - began < 2
    stored = await Chat.find(chat.address)
    assert stored
    rows = [row for row in await Outgoing.history(stored, 0, 100) if row.state is State.OWN]
    kept = [own.text for row in rows if (own := row.opened_own(stored.key))]
    assert 7_900 < max(map(len, kept)) <= 8_000


@hostile
async def test_hostile_text_proves_nothing(chat: CustomerChat, text: str) -> None:
    """At every question of the proof it is refused and the question asked again, unless it can be read as
    another wish ("quit", "x ... email")."""
    for way, question in (("phone", "identity.phone.ask"), ("email", "identity.email.ask")):
        await chat.says("/xacminh")
        await chat.presses(f"identity.way.choice.{way}")
        assert (await chat.says(text))[-1] in (question, "engine.cancelled", "identity.way.ask")
    await chat.says("/xacminh")
    await chat.presses("identity.way.choice.email")
    await chat.says("thuha@example.com")
    said = await chat.says(text)
    assert said == ["engine.cancelled"] or said[-1] in ("identity.code.ask", "identity.way.ask")
    assert not await Proof.exists()
    assert await Delivery.filter(fate=Fate.FAILED).count() == 0


async def test_labels_typed_in_any_form_mean_the_choice(desk: Desk) -> None:
    """Composed or decomposed, without accents, by number, with full-width digits."""
    for number, typed in enumerate(
        ("Chính sách", normalize("NFD", "CHÍNH SÁCH"), "chinh sach", "  chính   sách!!")
    ):
        chat = desk.chat(str(number))
        assert (await chat.says(typed))[1:] == ["policy.choose.ask"]
        assert await chat.says(("2", "２", " 2. ", "②")[number]) == ["policy.read.ask"]
