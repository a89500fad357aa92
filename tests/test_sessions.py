"""A session that any release has stored goes on in this one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chatbot.session import unpack
from handlers import CONVERSATIONS
from models.chat import Chat
from models.database import run_tx
from models.delivery import Delivery, Fate
from models.wish import Wish
from tests.chat import CustomerChat, Desk
from tests.conftest import Database
from tests.people import put_on_file
from tests.sessions.making import HERE, LISTED, PROMPT, VERSION, WISH

FILES = sorted(HERE.glob("*/*.json"))
STATES = {file: file.read_bytes().rstrip() for file in FILES}
stored_sessions = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")


async def standing_at(desk: Desk, state: bytes, user: str) -> CustomerChat:
    """A chat whose conversation stands where a release has stored it."""
    chat = desk.chat(user)
    await chat.says("/start")
    stored = await Chat.find(chat.address)
    assert stored
    frame = unpack(state).frame
    assert frame
    now = desk.time.now()
    until = now + timedelta(hours=1)
    await run_tx(lambda: stored.keep(frame.conversation, frame.step, state, now, until, now))
    await Wish.create(id=WISH, chat=stored, wished_at=now)
    return chat


@stored_sessions
async def test_a_stored_session_goes_on(database: Database, file: Path) -> None:
    """Whatever is typed, the step answers or asks again; its first button is good; one can go back."""
    desk = Desk()
    await put_on_file(desk.time.now())
    for message in ({"text": "gì cơ ạ?"}, {"press": f"{PROMPT}:0"}, {"text": "quay lại"}, {"text": "000000"}):
        if "press" in message and b'"shown"' not in STATES[file]:
            continue  # a question without buttons
        await Wish.all().delete()
        chat = await standing_at(desk, STATES[file], str(message))
        said = await chat.delivers(chat.message(**message))
        assert said
        assert not {"engine.not_resumable", "engine.failed", "engine.stale_press"} & set(said)
        assert await Delivery.filter(fate=Fate.FAILED).count() == 0


def test_every_step_of_this_release_has_a_stored_session() -> None:
    """For a step that has none: ``python -m tests.sessions``."""
    steps = {f"{one.name}.{step.name}" for one in CONVERSATIONS for step in one.steps}
    assert steps <= {file.stem for file in FILES if file.parent.name == VERSION}
    assert set(LISTED) == {
        f"{one.name}.{step.name}" for one in CONVERSATIONS for step in one.steps if step.listed
    }
