"""A conversation made to try the engine with: a draft, a way back, and steps that can be made to fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import Any

from chatbot.answers import Choice, Note, Text, TextOrFiles
from chatbot.conversation import Conversation, Done, Go, Needs, Say, Turn
from chatbot.session import Session, unpack
from models.chat import Chat
from models.code import WRONG_GUESSES
from models.event import Event, Tag
from models.tally import Tally
from tests.chat import CustomerChat, Desk, Ids

COUNTED = "trial"
"""The key under which the step ``pick`` counts a guess."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the trial remembers."""

    title: str = ""
    note: str = ""
    picked: str = ""


class Pick(Enum):
    """Two ways on."""

    ON = "on"
    STAY = "stay"


@dataclass
class Fault:
    """What the step ``pick`` raises, before and after it has written; nothing while both are None."""

    before: Callable[[], BaseException] | None = None
    after: Callable[[], BaseException] | None = None


class TrialTexts(Ids):
    """Texts that need no catalogue for the trial conversations, which no customer meets."""

    def get(self, locale: str, key: str, **params: object) -> str:
        if key.startswith(("trial", "menu.choice.trial")):
            return f"[{key}]" + "".join(f" {value}" for value in params.values())
        return super().get(locale, key, **params)


def make_trial(
    name: str = "trial", fault: Fault | None = None, needs: Needs = Needs.ANYONE, was: str = "formerly"
) -> Conversation[Any]:
    """The conversation: title -> pick -> note -> (done)."""
    fault = fault or Fault()
    trial = Conversation(name, Draft, commands=(name,), expires=timedelta(days=7), needs=needs)

    @trial.step(Text(min=2, max=4000))
    async def title(turn: Turn[Draft], text: str) -> Go[Draft]:
        return Go(pick, replace(turn.draft, title=text))

    async def so_far(turn: Turn[Draft]) -> Mapping[str, object]:
        return {"title": turn.draft.title}

    @trial.step(Choice(Pick), show=so_far, was=(was,))
    async def pick(turn: Turn[Draft], picked: Pick) -> Go[Draft]:
        if fault.before:
            raise fault.before()
        turn.outlast(lambda: Tally.charge(WRONG_GUESSES, COUNTED, turn.wall))
        await Tally.charge(WRONG_GUESSES, COUNTED, turn.wall)
        await Event.record(Tag.PERSON_WANTED, turn.now, chat=turn.chat, detail="trial")
        turn.tell_staff(Say("trial.told"))
        if fault.after:
            raise fault.after()
        return Go(note if picked is Pick.ON else pick, replace(turn.draft, picked=picked.value))

    @trial.step(TextOrFiles(max=200_000))
    async def note(turn: Turn[Draft], said: Note) -> Done:
        return Done("done", title=turn.draft.title, note=said.text or "", files=len(said.files))

    return trial


def trial_desk(*more: Conversation[Any], **settings: Any) -> Desk:
    """A desk that also has these conversations; a plain trial where none is named."""
    return Desk(more=more or (make_trial(),), texts=TrialTexts, **settings)


async def session_of(chat: CustomerChat) -> Session:
    """Where a chat's conversation stands."""
    stored = await Chat.find(chat.address)
    assert stored
    state = stored.opened_state()
    return unpack(state) if state else Session()


def tokens(chat: CustomerChat) -> list[str]:
    """The tokens of the buttons under the last message."""
    return [button.token for button in chat.last[-1].buttons]


async def presses_token(chat: CustomerChat, token: str) -> list[str]:
    """Press a button by its token."""
    return await chat.delivers(chat.message(press=token))
