"""One message in one chat: what it means, what becomes of it, and what is said.

Works on a chat that is held by the transaction of the message; ``engine.py`` opens that and stores what
is found here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from chatbot.answers import Invalid, Option, chosen
from chatbot.conversation import (
    Conversation,
    Done,
    LinkTo,
    Needs,
    Outcome,
    Paragraph,
    Say,
    Step,
    ToChat,
    ToContact,
    ToStaff,
    Turn,
)
from chatbot.crypto import SealBroken
from chatbot.folding import fold
from chatbot.messages import Ability, Button, Field, Inbound, Kind, Link, Person, Reply
from chatbot.registry import Registry
from chatbot.session import Below, Frame, Session, unpack
from chatbot.shop import Shop
from chatbot.texts import Texts
from models.chat import Chat
from models.delivery import Delivery, Fate
from models.event import Event, Tag
from models.proof import Proof

CANCEL = frozenset({"huy", "huy bo", "cancel"})
BACK = frozenset({"quay lai", "quaylai", "back"})
PERSON = frozenset({"nhan vien", "nhanvien", "gap nhan vien", "staff"})

CLOCKS_APART = timedelta(seconds=2)
"""How far a channel's clock may lag behind ours before its messages look older than our question."""

_MOST_BELOW = 3
_MOST_BACK = 20
_MOST_CHAINED = 5
_START = "go:"


class Guess(Protocol):
    """An intent and how sure it is, from 0 to 1."""

    @property
    def intent(self) -> str: ...
    @property
    def score(self) -> float: ...


Understand = Callable[[str], Sequence[Guess]]


@dataclass(frozen=True, slots=True)
class World:
    """What every dialogue shares, put together once at start.

    ``sure`` is the score from which an intent is followed without asking. ``codes`` are the kinds of
    contact to which codes can be sent.
    """

    registry: Registry
    texts: Texts
    shop: Shop
    understand: Understand
    sure: float
    abilities: Mapping[str, frozenset[Ability]]
    codes: frozenset[Kind]
    page: str | None


class Dialogue:
    """The handling of one message. ``replies`` and ``notices`` are what is to be sent for it;
    ``lasting`` what must be written even if it fails; ``heard`` how it reads in a history."""

    def __init__(self, world: World, chat: Chat, message: Inbound, now: datetime, wall: datetime) -> None:
        self.world = world
        self.chat = chat
        self.message = message
        self.now = now
        self.wall = wall
        self.session = Session()
        self.person = Person()
        self.replies: list[Reply] = []
        self.notices: list[ToChat | ToStaff | ToContact] = []
        self.lasting: list[Callable[[], Any]] = []
        self.secret = False
        self.heard = message.text or ""
        self.asked_at = chat.asked_at
        self.expires_at: datetime | None = None
        self._said: list[str] = []
        self._chained = 0

    # What came in ------------------------------------------------------------------------------

    async def take(self) -> None:
        """Take the message: find what it means and do that."""
        if self.chat.proven:
            self.person = await Proof.person(self.chat, self.wall)
        await self._greet()
        await self._load()
        self.heard = self._heard()
        await self._meaning(self.message)
        self._speak(Reply("", expects=Field.TEXT))

    async def _greet(self) -> None:
        """The first words of a chat: who processes what and why (Law 19/2023 Art. 17)."""
        if self.chat.noticed_at is None:
            self.chat.noticed_at = self.now
            shop = self.world.shop
            period = timedelta(days=365) * shop.retention_years
            self._say(Say("menu.notice", shop=shop.name, email=shop.email, retention=period))
            self._speak(Reply(""))

    async def _load(self) -> None:
        try:
            stored = self.chat.opened_state()
            session = Session() if stored is None else unpack(stored)
            if session.frame:
                self._place(session.frame)
        except (ValueError, SealBroken):
            await self._not_resumable(f"{self.chat.conversation}.{self.chat.step}")
        else:
            expired = session.frame and self.chat.expires_at and self.chat.expires_at <= self.now
            self.session = Session() if expired else session
            if expired:
                self._say(Say("engine.expired"))

    async def _not_resumable(self, place: str) -> None:
        """A session that cannot be gone on with is never met with silence."""
        await Event.record(Tag.SESSION_NOT_RESUMABLE, self.now, chat=self.chat.id, detail=place[:80])
        self.session = Session()
        self._say(Say("engine.not_resumable"))

    async def _meaning(self, message: Inbound) -> None:
        text = message.text or ""
        # A command may carry a payload, which nobody needs: "/start abc".
        words = fold(text.split(maxsplit=1)[0] if text.startswith("/") else text)
        if message.edited:
            await Delivery.keep(message, Fate.EDITED, self.chat)
            await self._again(Say("engine.edited"))
        elif message.press and message.press.startswith(_START):
            await self._start(message.press.removeprefix(_START), message)
        elif words in CANCEL:
            await self._cancel()
        elif words in BACK:
            await self._back()
        elif words in PERSON:
            await self._start(self.world.registry.person, message)
        elif text.startswith("/"):
            name = self.world.registry.by_command(text)
            await (self._start(name, message) if name else self._again(Say("engine.not_understood")))
        elif self.session.frame is None:
            await self._idle(message)
        else:
            await self._answer(self.session.frame, message)

    async def _idle(self, message: Inbound) -> None:
        """No question is open: free text picks a conversation, or the menu is shown."""
        registry = self.world.registry
        if message.press:
            if not self._said:  # otherwise it has just been said what became of the question
                self._say(Say("engine.stale_press"))
            return await self._start(registry.menu, message)
        text = (message.text or "").strip()
        if message.files:
            self._say(Say("engine.files_not_needed"))
        elif not text:
            self._say(Say("engine.unsupported"))
        if not text:
            return await self._start(registry.menu, message)
        if name := registry.by_words(text):
            return await self._start(name, message)
        guesses = self.world.understand(text)
        best = guesses[0]
        name = registry.by_intent(best.intent)
        if best.score >= self.world.sure and name:
            return await self._start(name, message)
        if best.score >= self.world.sure and best.intent != "none":
            self._say(Say("engine.not_here", email=self.world.shop.email))
            return await self._start(registry.menu, message)
        likely = [name for guess in guesses[:2] if (name := registry.by_intent(guess.intent))]
        if likely and best.intent != "none":
            self._say(Say("engine.did_you_mean"))
            return self._speak(Reply("", buttons=self._offers([*likely, registry.menu]), expects=Field.NONE))
        self._say(Say("engine.not_understood"))
        return await self._start(registry.menu, message)

    async def _answer(self, frame: Frame, message: Inbound) -> None:
        """A question is open: the message is its answer, unless it comes too late or is none."""
        conversation, step, draft = self._place(frame)
        self.secret = step.answer.secret
        if message.press is None and self.asked_at and message.at + CLOCKS_APART < self.asked_at:
            await Delivery.keep(message, Fate.LATE, self.chat)
            return await self._again(Say("engine.late"))
        if message.files and step.answer.field is not Field.FILES:
            if not (message.text or "").strip():
                return await self._again(Say("engine.files_not_needed"))
            self._say(Say("engine.files_not_needed"))
        option = self._option(message)
        if message.press and option is None:
            return await self._again(Say("engine.stale_press"))
        value = _value(step, message, option)
        if isinstance(value, Invalid):
            # What is no answer may name another conversation.
            name = self.world.registry.by_words(message.text or "")
            return await (self._start(name, message) if name else self._again(Say(value.key, **value.params)))
        if not self._known(conversation.needs):
            return await self._prove(Below(conversation.name, frame, self.session.trail, message, option))
        return await self._settle(conversation, step, await step.run(self._turn(draft, message), value))

    def _heard(self) -> str:
        """The message as the customer's own history shows it."""
        message = self.message
        if message.press is None:
            return message.text or ""
        name = message.press.removeprefix(_START)
        if name != message.press:
            known = name in self.world.registry.conversations
            return self._words(Say(f"menu.choice.{name}")) if known else ""
        option = self._option(message)
        return next((one.label for one in self.session.shown if one.id == option), "")

    def _option(self, message: Inbound) -> str | None:
        """The option of the open question that a reply means: by its button, its label or its number."""
        shown = self.session.shown
        if message.press is None:
            return chosen(message.text or "", shown)
        tokens = {f"{self.session.prompt}:{number}": option.id for number, option in enumerate(shown)}
        return tokens.get(message.press)

    # What becomes of it ------------------------------------------------------------------------

    async def _start(self, name: str, message: Inbound) -> None:
        """Begin a conversation; what it interrupts is taken up again afterwards, if it is worth it."""
        conversation = self.world.registry.conversations.get(name)
        if conversation is None:
            return await self._again(Say("engine.stale_press"))
        if self.session.frame and self.session.frame.conversation != name:
            self._suspend(self.session.frame)
        if not self._known(conversation.needs):
            return await self._prove(Below(name, message=message))
        self.session = replace(self.session, frame=None, trail=(), shown=(), prompt="")
        turn = self._turn(conversation.blank(), message)
        return await self._settle(conversation, None, await conversation.open(turn))

    def _suspend(self, frame: Frame) -> None:
        conversation, _, draft = self._place(frame)
        if conversation.resumes and draft != conversation.blank():
            self._wait(Below(frame.conversation, frame, self.session.trail))

    def _wait(self, below: Below) -> None:
        """Let something wait until what interrupts it is over: once, however often it is asked for."""
        others = tuple(one for one in self.session.below if one.conversation != below.conversation)
        self.session = replace(self.session, frame=None, below=(*others, below)[-_MOST_BELOW:])

    async def _prove(self, interrupted: Below) -> None:
        """Ask who this is, and go on afterwards with the very message that was interrupted; somebody
        proven whom the shop holds nothing on is told so."""
        if self.person.contacts and not any(proven.records for proven in self.person.contacts):
            self.session = replace(self.session, frame=None)
            self._say(Say("engine.nothing_held", shop=self.world.shop.name))
            return await self._finish(Done())
        self._wait(interrupted)
        self._say(Say("engine.must_prove"))
        return await self._start(self.world.registry.identity, self.message)

    async def _settle(
        self, conversation: Conversation[Any], step: Step[Any, Any] | None, outcome: Outcome[Any]
    ) -> None:
        if isinstance(outcome, Invalid):
            prefix = "" if "." in outcome.key or step is None else f"{conversation.name}.{step.name}."
            return await self._again(Say(prefix + outcome.key, **outcome.params))
        for number, say in enumerate(outcome.says):
            self._say(say, conversation.name, joined=number > 0 and not isinstance(say, Paragraph))
        if isinstance(outcome, Done):
            return await self._finish(outcome)
        here = self.session.frame
        frame = Frame(conversation.name, outcome.step.name, conversation.pack(outcome.draft))
        trail = self.session.trail
        if here and here.conversation == conversation.name and here.step != frame.step:
            trail = (*trail, here)[-_MOST_BACK:]
        same = here is not None and (here.conversation, here.step) == (frame.conversation, frame.step)
        self.session = replace(self.session, frame=frame, trail=trail)
        return await self._ask(conversation, outcome.step, outcome.draft, anew=not same)

    async def _finish(self, done: Done) -> None:
        """A conversation is over: begin the next, take up what it had interrupted, or offer the menu."""
        self.session = replace(self.session, frame=None, trail=(), shown=(), prompt="")
        self._chained += 1
        if done.then or self.session.below:
            self.person = await Proof.person(self.chat, self.wall)
        if done.then and self._chained < _MOST_CHAINED:
            return await self._start(done.then, self.message)
        if self.session.below and self._chained < _MOST_CHAINED:
            return await self._resume(done)
        link = self._link(done.link)
        offer = done.offer or (self.world.registry.menu,)
        return self._speak(Reply("", buttons=self._offers(offer), link=link, expects=Field.NONE))

    async def _resume(self, done: Done) -> None:
        below = self.session.below[-1]
        self.session = replace(self.session, below=self.session.below[:-1])
        waiting = self.world.registry.conversations.get(below.conversation)
        if waiting is None:
            return await self._lost(below.conversation)
        if not self._known(waiting.needs):
            return await self._finish(done)
        offers = () if below.message else self._offers(done.offer)
        if offers or done.link:
            self._speak(Reply("", buttons=offers, link=self._link(done.link), expects=Field.NONE))
        if below.frame is None:
            return await self._start(below.conversation, below.message or self.message)
        try:
            conversation, step, draft = self._place(below.frame)
        except ValueError:
            return await self._lost(f"{below.conversation}.{below.frame.step}")
        self.session = replace(self.session, frame=below.frame, trail=below.trail)
        if below.message:
            value = _value(step, below.message, below.option)
            if isinstance(value, Invalid):
                return await self._again(Say(value.key, **value.params))
            outcome = await step.run(self._turn(draft, below.message), value)
            return await self._settle(conversation, step, outcome)
        self._say(Say("engine.resumed"))
        return await self._ask(conversation, step, draft, anew=True)

    async def _lost(self, place: str) -> None:
        """The place to go on from is gone: say so, and offer the menu."""
        await self._not_resumable(place)
        await self._finish(Done())

    async def _cancel(self) -> None:
        if self.session.frame is None:
            self._say(Say("engine.nothing_to_cancel"))
            return await self._finish(Done())
        self._say(Say("engine.cancelled"))
        # What waited for the cancelled conversation has no message to go on with any more.
        below = tuple(one for one in self.session.below if one.frame and not one.message)
        self.session = replace(self.session, below=below)
        return await self._finish(Done())

    async def _back(self) -> None:
        if not self.session.trail:
            return await self._again(Say("engine.back_at_start"))
        *trail, frame = self.session.trail
        try:
            conversation, step, draft = self._place(frame)
        except ValueError:  # where one stands now is good, so only the way back is lost
            self.session = replace(self.session, trail=())
            return await self._again(Say("engine.back_at_start"))
        self.session = replace(self.session, frame=frame, trail=tuple(trail))
        return await self._ask(conversation, step, draft, anew=True)

    # What is said ------------------------------------------------------------------------------

    async def _again(self, say: Say) -> None:
        """Say something and ask the open question again, or show the menu where none is open."""
        frame = self.session.frame
        if frame is None:
            self._say(say)
            return await self._start(self.world.registry.menu, self.message)
        conversation, step, draft = self._place(frame)
        self._say(say, conversation.name)
        return await self._ask(conversation, step, draft, anew=False)

    async def _ask(
        self, conversation: Conversation[Any], step: Step[Any, Any], draft: Any, *, anew: bool
    ) -> None:
        """Ask a step's question. Asked again, it keeps its token, so that its buttons stay good."""
        turn = self._turn(draft, self.message)
        params = await step.show(turn) if step.show else {}
        prefix = f"{conversation.name}.{step.name}"
        listed = await step.listed(turn) if step.listed else ()
        options = tuple(
            Option(one, self._words(Say(f"{prefix}.choice.{one}"))) if isinstance(one, str) else one
            for one in (*listed, *step.answer.choices)
        )
        prompt = self.session.prompt
        if anew or not prompt or options != self.session.shown:
            prompt = secrets.token_urlsafe(6)
            self.asked_at = self.now
        self.session = replace(self.session, prompt=prompt, shown=options)
        # What waits below is not lost with a question that is open for a shorter time.
        names = {conversation.name, *(below.conversation for below in self.session.below)}
        lives = (one.expires for name, one in self.world.registry.conversations.items() if name in names)
        self.expires_at = self.now + max(lives)
        self._say(Say(f"{prefix}.ask", **params))
        share = self._words(Say(f"{prefix}.share")) if step.answer.share else None
        buttons = tuple(Button(f"{prompt}:{number}", option.label) for number, option in enumerate(options))
        self._speak(Reply("", buttons=buttons, expects=step.answer.field, share=share))

    def _say(self, say: Say, conversation: str = "", *, joined: bool = False) -> None:
        """Add words to the message being put together: a paragraph, or a line of the last one."""
        key = say.key if "." in say.key else f"{conversation}.{say.key}"
        words = self._words(Say(key, **say.params))
        if joined and self._said:
            self._said[-1] += "\n" + words
        else:
            self._said.append(words)

    def _speak(self, reply: Reply) -> None:
        """Close the message being put together and queue it."""
        if self._said or reply.buttons or reply.link:
            self.replies.append(replace(reply, text="\n\n".join(self._said)))
            self._said = []

    def _words(self, say: Say) -> str:
        return self.world.texts.get(self.chat.language, say.key, **say.params)

    def _offers(self, names: Sequence[str]) -> tuple[Button, ...]:
        return tuple(
            Button(_START + name, self._words(Say(f"menu.choice.{name}"))) for name in dict.fromkeys(names)
        )

    def _link(self, link: LinkTo | None) -> Link | None:
        return Link(self._words(Say(link.label)), link.url) if link else None

    # Small helps -------------------------------------------------------------------------------

    def _known(self, needs: Needs) -> bool:
        match needs:
            case Needs.ANYONE:
                return True
            case Needs.PROVEN:
                return bool(self.person.contacts)
            case Needs.CUSTOMER:
                return self.person.record is not None

    def _place(self, frame: Frame) -> tuple[Conversation[Any], Step[Any, Any], Any]:
        """The conversation, step and draft of a frame. Raises ValueError for what is there no longer."""
        conversation = self.world.registry.conversations.get(frame.conversation)
        step = conversation.find(frame.step) if conversation else None
        if conversation is None or step is None:
            raise ValueError("no such step")
        return conversation, step, conversation.unpack(frame.draft)

    def _turn(self, draft: Any, message: Inbound) -> Turn[Any]:
        return Turn(
            draft=draft,
            now=self.now,
            wall=self.wall,
            chat=self.chat.id,
            language=self.chat.language,
            languages=self.world.texts.locales,
            person=self.person,
            abilities=self.world.abilities[self.chat.channel],
            codes=self.world.codes,
            message=message,
            shop=self.world.shop,
            page=self.world.page,
            speak=self._set_language,
            notices=self.notices,
            lasting=self.lasting,
        )

    def _set_language(self, language: str) -> None:
        self.chat.language = language


def _value(step: Step[Any, Any], message: Inbound, option: str | None) -> Any:
    """The value of a reply, by the option that it chose or by what it says; Invalid where it has none."""
    if option is None:
        return step.answer.read(message)
    if step.listed is None and option not in step.answer.choices:
        return Invalid("engine.stale_press")  # an earlier release offered it
    return step.answer.pick(option)
