"""Where a conversation stands between two messages: old buttons, time, and releases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chatbot.session import Frame, Session, pack
from models.chat import Chat
from models.event import Event, Tag
from tests.chat import CustomerChat, Desk
from tests.conftest import Database
from tests.trial import presses_token, session_of, tokens, trial_desk


@pytest.fixture
def desk(database: Database) -> Desk:
    return trial_desk()


@pytest.fixture
async def chat(desk: Desk) -> CustomerChat:
    """A chat that stands at the trial's second step."""
    chat = desk.chat()
    assert await chat.says("/trial") == ["menu.notice", "trial.title.ask"]
    assert await chat.says("Tiêu đề") == ["trial.pick.ask"]
    return chat


async def rewrite(chat: CustomerChat, state: bytes | None) -> Chat:
    """Put another state, or sealed nonsense, where the chat's conversation stands."""
    stored = await Chat.find(chat.address)
    assert stored
    stored.state = (
        stored.key.seal(state, f"chat.state:{stored.id}") if state is not None else b"\1nonsense" * 9
    )
    await stored.save(update_fields=["state"])
    return stored


# Buttons ------------------------------------------------------------------------------------------


async def test_a_button_is_good_until_another_question_is_asked(chat: CustomerChat) -> None:
    """Asked again in the same words, the question keeps its buttons; afterwards they are old."""
    first = tokens(chat)
    assert await chat.says("gì cơ") == ["answer.choice.invalid", "trial.pick.ask"]
    assert tokens(chat) == first
    assert await presses_token(chat, first[0]) == ["trial.note.ask"]
    assert await presses_token(chat, first[0]) == ["engine.stale_press", "trial.note.ask"]
    assert await chat.says("ghi chú") == ["trial.done"]
    assert await presses_token(chat, first[0]) == ["engine.stale_press", "menu.ask"]


async def test_a_button_of_another_chat_or_conversation_is_old(desk: Desk, chat: CustomerChat) -> None:
    """A token is good in the chat and for the question that it was made for."""
    other = desk.chat("other")
    await other.says("/ngonngu")
    assert await presses_token(chat, tokens(other)[0]) == ["engine.stale_press", "trial.pick.ask"]
    mine = tokens(chat)[0]
    await chat.says("/ngonngu")
    assert await presses_token(chat, mine) == ["engine.stale_press", "language.pick.ask"]


@pytest.mark.parametrize(
    "token",
    ["", ":", "0", "x:0", "{prompt}", "{prompt}:", "{prompt}:2", "{prompt}:-1", "{prompt}:01", "{prompt}: 0",
     "{prompt}:٠", "{prompt}:0x", "{prompt}:" + "9" * 5000, "{prompt}:²", "go", "go:", "go:nothing",
     "go:go:menu", "x" * 64, "\x00", "\ud800", "ô" * 32, "[]"],
)  # fmt: skip
async def test_a_token_that_we_never_made_is_an_old_button(chat: CustomerChat, token: str) -> None:
    """Whatever it holds: the question is asked again, and nothing fails."""
    prompt = (await session_of(chat)).prompt
    said = await presses_token(chat, token.replace("{prompt}", prompt))
    assert said in (["engine.stale_press", "trial.pick.ask"], ["answer.choice.invalid", "trial.pick.ask"])


async def test_tokens_fit_every_channel(chat: CustomerChat) -> None:
    """Telegram's callback_data holds 64 bytes (Bot API, InlineKeyboardButton)."""
    await chat.says("/menu")
    await chat.says("/chinhsach")
    for reply in chat.last:
        assert all(len(button.token.encode()) <= 64 for button in reply.buttons)


async def test_a_button_that_an_earlier_release_offered_is_old(chat: CustomerChat) -> None:
    """Its choice is there no longer: the question is asked again with those that are."""
    session = await session_of(chat)
    gone = replace(session.shown[0], id="gone", label="Đã bỏ")
    await rewrite(chat, pack(replace(session, shown=(*session.shown, gone))))
    assert await presses_token(chat, f"{session.prompt}:2") == ["engine.stale_press", "trial.pick.ask"]
    assert await chat.presses("trial.pick.choice.on") == ["trial.note.ask"]


# Time and releases --------------------------------------------------------------------------------


async def test_a_question_expires(desk: Desk, chat: CustomerChat) -> None:
    """A moment before it is answered as ever; from then on it is closed, said so, and the message means
    what it means without a question."""
    desk.time.move(timedelta(days=7) - timedelta(microseconds=1))
    assert await chat.says("?") == ["answer.choice.invalid", "trial.pick.ask"]
    token = tokens(chat)[0]
    desk.time.move(timedelta(days=7))
    assert await presses_token(chat, token) == ["engine.expired", "menu.ask"]
    await chat.says("/trial")
    desk.time.move(timedelta(days=7))
    assert await chat.says("chính sách") == ["engine.expired", "policy.choose.ask"]


async def test_what_waits_outlives_the_question_that_interrupted_it(desk: Desk, chat: CustomerChat) -> None:
    """A draft of seven days is not lost with a question that is open for an hour."""
    await chat.says("/ngonngu")
    desk.time.move(timedelta(days=6))
    assert await chat.presses("language.pick.choice.vi") == [
        "language.changed",
        "engine.resumed",
        "trial.pick.ask",
    ]


async def test_what_waits_in_a_conversation_that_is_gone_is_met_with_words(
    desk: Desk, chat: CustomerChat
) -> None:
    """The button that goes on with it says that it cannot be gone on with."""
    await chat.says("/menu")
    desk.more = ()
    assert await chat.presses("engine.go_on") == ["engine.not_resumable"]


def _undecodable(session: Session, **change: str) -> bytes:
    assert session.frame
    return pack(replace(session, frame=replace(session.frame, **change)))


AS_EVER = {"text": "1"}, ["engine.not_understood", "menu.ask"]
BROKEN = ("conversation", "step", "draft", "draft type", "json", "bytes", "shape", "seal", "empty")


@pytest.mark.parametrize(
    ("broken", "message", "then"),
    [
        *((broken, *AS_EVER) for broken in BROKEN),
        ("step", {"text": "huỷ"}, ["engine.nothing_to_cancel"]),
        ("step", {"text": "quay lại"}, ["engine.back_at_start", "menu.ask"]),
        ("step", {"text": "/chinhsach"}, ["policy.choose.ask"]),
        ("step", {"press": "go:policy"}, ["policy.choose.ask"]),
        ("step", {"press": "old:0"}, ["menu.ask"]),
        ("step", {}, ["engine.unsupported", "menu.ask"]),
    ],
)
async def test_a_session_that_cannot_be_gone_on_with_is_never_met_with_silence(
    chat: CustomerChat, broken: str, message: dict[str, str], then: list[str]
) -> None:
    """Said so, recorded, and the message means what it means without a question; the next one is as ever."""
    session = await session_of(chat)
    states = {
        "conversation": _undecodable(session, conversation="removed"),
        "step": _undecodable(session, step="removed"),
        "draft": _undecodable(session, draft="{"),
        "draft type": _undecodable(session, draft='{"title": {"no": "text"}}'),
        "json": b"{",
        "bytes": b"\xff\xfe\x00",
        "shape": b'{"frame": 5}',
        "seal": None,
        "empty": b"",
    }
    stored = await rewrite(chat, states[broken])
    assert await chat.delivers(chat.message(**message)) == ["engine.not_resumable", *then]
    event = await Event.get(tag=Tag.SESSION_NOT_RESUMABLE)
    assert (event.chat, event.detail) == (stored.id, "trial.pick")
    assert await chat.says("/menu") == ["menu.ask"]
    assert await Event.filter(tag=Tag.SESSION_NOT_RESUMABLE).count() == 1


async def test_a_renamed_step_goes_on_under_its_new_name(chat: CustomerChat) -> None:
    """``was=`` holds the name that the stored session knows."""
    await rewrite(chat, _undecodable(await session_of(chat), step="formerly"))
    assert await chat.says("?") == ["answer.choice.invalid", "trial.pick.ask"]
    assert await chat.presses("trial.pick.choice.on") == ["trial.note.ask"]


async def test_a_draft_of_an_earlier_release_lacks_fields_and_has_others(chat: CustomerChat) -> None:
    """New fields take their defaults, removed ones are passed over."""
    draft = '{"title": "Cũ", "removed": true}'
    await rewrite(chat, _undecodable(await session_of(chat), draft=draft))
    assert await chat.says("1") == ["trial.note.ask"]
    await chat.says("ghi chú")
    assert chat.last[-1].text == "[trial.done] Cũ ghi chú 0"


async def test_what_waited_and_is_there_no_longer_is_said_to_be_gone(chat: CustomerChat) -> None:
    """The one below as well as the one above."""
    await chat.says("/ngonngu")
    session = await session_of(chat)
    below = replace(session.below[0], frame=Frame("trial", "removed", "{}"))
    await rewrite(chat, pack(replace(session, below=(below,))))
    assert await chat.presses("language.pick.choice.vi") == ["language.changed", "engine.not_resumable"]
    assert (await Event.get(tag=Tag.SESSION_NOT_RESUMABLE)).detail == "trial.removed"


async def test_a_way_back_that_is_there_no_longer_loses_nothing_else(chat: CustomerChat) -> None:
    """Where one stands now is good."""
    session = await session_of(chat)
    await rewrite(chat, pack(replace(session, trail=(Frame("trial", "removed", "{}"),))))
    assert await chat.says("quay lại") == ["engine.back_at_start", "trial.pick.ask"]
    assert await chat.presses("trial.pick.choice.on") == ["trial.note.ask"]
