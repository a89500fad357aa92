"""Where a conversation goes: begun, interrupted, gone on with, ended, and each time what is asked next.

The half of a dialogue that ``dialogue.py``, which finds out what a message means, calls.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chatbot.answers import Invalid, Option
from chatbot.conversation import (
    Conversation,
    Done,
    Labelled,
    LinkTo,
    Needs,
    Notice,
    Outcome,
    Paragraph,
    Say,
    Step,
    Turn,
)
from chatbot.frozen import waiting
from chatbot.messages import START, Button, Field, Inbound, Person
from chatbot.session import Below, Frame, Session
from chatbot.speech import Speech
from chatbot.world import World
from models.chat import Chat
from models.erasure import Erasure
from models.event import Event, Tag
from models.proof import FRESH, Proof

_MOST_BELOW = 3
_MOST_BACK = 20
_MOST_CHAINED = 5


class Flow:
    """The course of one message. ``speech`` and ``notices`` are what is to be sent for it;
    ``lasting`` what must be written even if it fails."""

    def __init__(self, world: World, chat: Chat, message: Inbound, now: datetime, wall: datetime) -> None:
        self.world = world
        self.chat = chat
        self.message = message
        self.now = now
        self.wall = wall
        self.session = Session()
        self.person = Person()
        self.speech = Speech(world.texts, chat.language)
        self.notices: list[Notice] = []
        self.lasting: list[Callable[[], Any]] = []
        self.private = False
        self.heard = message.text or ""
        self.asked_at = chat.asked_at
        self._chained = 0

    @property
    def expires_at(self) -> datetime | None:
        """When the session is closed unless an answer comes: what waits is not lost with a question that
        is open for a shorter time. None where nothing is open and nothing waits."""
        frame, known = self.session.frame, self.world.registry.conversations
        names = {*((frame.conversation,) if frame else ()), *(one.conversation for one in self.session.below)}
        lives = [known[name].expires for name in names if name in known]
        return self.now + max(lives, default=timedelta(0)) if names else None

    async def start(self, name: str, message: Inbound) -> None:
        """Begin a conversation; what it interrupts is taken up again afterwards, if it is worth it."""
        conversation = self.world.registry.conversations.get(name)
        if self.session.frame and conversation is None:
            return await self.again(Say("engine.stale_press"))
        if self.session.frame:
            self._suspend(self.session.frame)
        if any(below.conversation == name and below.frame for below in self.session.below):
            return await self._take_up(name, conversation)
        if conversation is None:
            return await self.again(Say("engine.stale_press"))
        if not self.known(conversation.needs):
            return await self.prove(Below(name, message=message))
        self.session = replace(self.session, frame=None, trail=(), shown=(), prompt="")
        turn = self.turn(conversation.blank(), message)
        return await self.settle(conversation, None, await conversation.open(turn))

    async def _take_up(self, name: str, conversation: Conversation[Any] | None) -> None:
        """What is asked for waits already, with what was typed for it: go on with that."""
        below = self.session.below
        last = [one for one in below if one.conversation == name]
        if conversation and not self.known(conversation.needs):
            return await self.prove(last[-1])
        self.session = replace(self.session, below=(*(one for one in below if one not in last), *last))
        return await self._resume(Done())

    def _suspend(self, frame: Frame) -> None:
        conversation, _, draft = self.place(frame)
        if conversation.resumes and draft != conversation.blank():
            self._wait(Below(frame.conversation, frame, self.session.trail))

    def _wait(self, below: Below) -> None:
        """Let something wait until what interrupts it is over: once, however often it is asked for."""
        others = tuple(one for one in self.session.below if one.conversation != below.conversation)
        self.session = replace(self.session, frame=None, below=(*others, below)[-_MOST_BELOW:])

    async def prove(self, interrupted: Below) -> None:
        """Ask who this is, and go on afterwards with the very message that was interrupted; somebody
        proven whom the shop holds nothing on, or whose record waits to be erased, is told so."""
        if self.person.frozen:
            return await self._frozen(self.person.frozen)
        if self.person.contacts and not any(proven.records for proven in self.person.contacts):
            self.session = replace(self.session, frame=None)
            self.speech.say(Say("engine.nothing_held", shop=self.world.shop.name))
            return await self.finish(Done())
        self._wait(interrupted)
        self.speech.say(Say("engine.must_prove_again" if self.person.record else "engine.must_prove"))
        return await self.start(self.world.registry.identity, self.message)

    async def _frozen(self, record: UUID) -> None:
        """The record waits to be erased: until when, and that it can still be kept, is all there is to say.
        What was asked or drafted about it is dropped."""
        self.session = replace(self.session, frame=None)
        self.speech.say(waiting(await Erasure.get_or_none(id=record), self.now))
        return await self.finish(Done(offer=(self.world.registry.keep,)))

    async def settle(
        self, conversation: Conversation[Any], step: Step[Any, Any] | None, outcome: Outcome[Any]
    ) -> None:
        if isinstance(outcome, Invalid):
            prefix = "" if "." in outcome.key or step is None else f"{conversation.name}.{step.name}."
            return await self.again(Say(prefix + outcome.key, **outcome.params))
        for number, say in enumerate(outcome.says):
            self.speech.say(say, conversation.name, joined=number > 0 and not isinstance(say, Paragraph))
        if isinstance(outcome, Done):
            if step is None and outcome.offer and self._drafts():
                return self._beside(outcome)
            return await self.finish(outcome)
        here = self.session.frame
        frame = Frame(conversation.name, outcome.step.name, conversation.pack(outcome.draft))
        trail = self.session.trail
        if here and here.conversation == conversation.name and here.step != frame.step:
            trail = () if outcome.recorded else (*trail, here)[-_MOST_BACK:]
        same = here is not None and (here.conversation, here.step) == (frame.conversation, frame.step)
        self.session = replace(self.session, frame=frame, trail=trail)
        if same and self.message.group and self.message.group == self.session.group:
            return None  # the rest of an album: its first piece was answered
        self.session = replace(self.session, group=self.message.group or "")
        return await self._ask(conversation, outcome.step, outcome.draft, anew=not same)

    def _drafts(self) -> tuple[Below, ...]:
        """What waits with a draft; without what has only waited, with its message, for a proof."""
        return tuple(one for one in self.session.below if one.frame and not one.message)

    def _beside(self, done: Done) -> None:
        """What asks nothing itself (menu, help) is shown beside what waits: to repeat the open question
        below it would leave its buttons above the last message, where a channel shows none."""
        self.session = replace(self.session, below=self._drafts())
        self.offer(self.ways_on(done.offer), done.link)

    def offer(self, ways: tuple[Button, ...], link: LinkTo | None = None) -> None:
        """Complete the message with ways on, which a press, a number or a label takes."""
        self.session = replace(self.session, offered=tuple(Option(one.token, one.label) for one in ways))
        self.asked_at = self.now
        self.speech.close(buttons=ways, link=link, expects=Field.NONE)

    def ways_on(self, names: Sequence[str]) -> tuple[Button, ...]:
        """Buttons that start conversations, and one that goes on with what waits."""
        if not self.session.below:
            return self.speech.offers(names)
        waiting = self.session.below[-1].conversation
        others = self.speech.offers([name for name in names if name != waiting])
        return (*others, Button(START + waiting, self.speech.words("engine.go_on")))

    async def finish(self, done: Done) -> None:
        """A conversation is over: begin the next, take up what it had interrupted, or offer the menu."""
        self.session = replace(self.session, frame=None, trail=(), shown=(), prompt="")
        self._chained += 1
        if done.then or self.session.below:
            self.person = await Proof.person(self.chat, self.now, self.wall)
        if done.then and self._chained < _MOST_CHAINED:
            return await self.start(done.then, self.message)
        if self.session.below and self._chained < _MOST_CHAINED:
            return await self._resume(done)
        return self.offer(self.speech.offers(done.offer or (self.world.registry.menu,)), done.link)

    async def _resume(self, done: Done) -> None:
        below = self.session.below[-1]
        self.session = replace(self.session, below=self.session.below[:-1])
        waiting = self.world.registry.conversations.get(below.conversation)
        if waiting is None:
            return await self._lost(below.conversation)
        if not self.known(waiting.needs):
            return await self.finish(done)
        offers = () if below.message else self.speech.offers(done.offer)
        if offers or done.link:
            self.speech.close(buttons=offers, link=done.link, expects=Field.NONE)
        if below.frame is None:
            return await self.start(below.conversation, below.message or self.message)
        try:
            conversation, step, draft = self.place(below.frame)
        except ValueError:
            return await self._lost(f"{below.conversation}.{below.frame.step}")
        self.session = replace(self.session, frame=below.frame, trail=below.trail)
        if below.message:
            value = value_of(step, below.message, below.option)
            if isinstance(value, Invalid):
                return await self.again(Say(value.key, **value.params))
            outcome = await step.run(self.turn(draft, below.message), value)
            return await self.settle(conversation, step, outcome)
        self.speech.say(Say("engine.resumed"))
        return await self._ask(conversation, step, draft, anew=True)

    async def _lost(self, place: str) -> None:
        """The place to go on from is gone: say so, and offer the menu."""
        await self.not_resumable(place)
        await self.finish(Done())

    async def cancel(self) -> None:
        # What waited for the cancelled conversation has no message to go on with any more.
        drafts = self._drafts()
        if self.session.frame is None and not drafts:
            self.speech.say(Say("engine.nothing_to_cancel"))
            return await self.finish(Done())
        self.speech.say(Say("engine.cancelled"))
        self.session = replace(self.session, below=drafts if self.session.frame else drafts[:-1])
        return await self.finish(Done())

    async def back(self) -> None:
        if self.session.frame is None and self.session.below:
            return await self.start(self.session.below[-1].conversation, self.message)
        if not self.session.trail:
            return await self.again(Say("engine.back_at_start"))
        *trail, frame = self.session.trail
        try:
            conversation, step, draft = self.place(frame)
        except ValueError:  # where one stands now is good, so only the way back is lost
            self.session = replace(self.session, trail=())
            return await self.again(Say("engine.back_at_start"))
        self.session = replace(self.session, frame=frame, trail=tuple(trail))
        return await self._ask(conversation, step, draft, anew=True)

    async def again(self, say: Say) -> None:
        """Say something and ask the open question again, or show the menu where none is open."""
        frame = self.session.frame
        if frame is None:
            self.speech.say(say)
            return await self.start(self.world.registry.menu, self.message)
        conversation, step, draft = self.place(frame)
        self.speech.say(say, conversation.name)
        return await self._ask(conversation, step, draft, anew=False)

    async def _ask(
        self, conversation: Conversation[Any], step: Step[Any, Any], draft: Any, *, anew: bool
    ) -> None:
        """Ask a step's question. Asked again, it keeps its token, so that its buttons stay good."""
        if self.person.frozen and not self.known(conversation.needs):
            await self._frozen(self.person.frozen)
            return
        turn = self.turn(draft, self.message)
        params = await step.show(turn) if step.show else {}
        prefix = f"{conversation.name}.{step.name}"
        listed = await step.listed(turn) if step.listed else ()
        options = tuple(self._option_of(prefix, one) for one in (*listed, *step.answer.choices))
        prompt = self.session.prompt
        if anew or not prompt or options != self.session.shown:
            prompt = secrets.token_urlsafe(6)
            self.asked_at = self.now
        self.session = replace(self.session, prompt=prompt, shown=options, offered=())
        self.speech.say(Say(f"{prefix}.ask", **params))
        share = self.speech.words(f"{prefix}.share") if step.answer.share in turn.abilities else None
        self.speech.close(buttons=self.choices(), expects=step.answer.field, share=share, prompt=prompt)

    def choices(self) -> tuple[Button, ...]:
        """The buttons of the open question, or the ways on that were offered last."""
        if self.session.frame is None:
            return tuple(Button(one.id, one.label) for one in self.session.offered)
        prompt = self.session.prompt
        return tuple(
            Button(f"{prompt}:{number}", option.label) for number, option in enumerate(self.session.shown)
        )

    def _option_of(self, prefix: str, one: Option | Labelled | str) -> Option:
        match one:
            case str():
                return Option(one, self.speech.words(f"{prefix}.choice.{one}"))
            case Labelled(id, say):
                return Option(id, self.speech.words(say.key, **say.params))
        return one

    async def not_resumable(self, place: str) -> None:
        """A session that cannot be gone on with is never met with silence."""
        await Event.record(Tag.SESSION_NOT_RESUMABLE, self.now, chat=self.chat.id, detail=place[:80])
        self.session = Session()
        self.speech.say(Say("engine.not_resumable"))

    def known(self, needs: Needs) -> bool:
        match needs:
            case Needs.ANYONE:
                return True
            case Needs.CONTACT:
                return bool(self.person.contacts)
            case Needs.PROVEN:
                return bool(self.person.contacts) and not self.person.frozen
            case Needs.CUSTOMER:
                return self.person.record is not None
            case Needs.FRESH:
                return self.person.proven_since(self.now - FRESH)

    def place(self, frame: Frame) -> tuple[Conversation[Any], Step[Any, Any], Any]:
        """The conversation, step and draft of a frame. Raises ValueError for what is there no longer."""
        conversation = self.world.registry.conversations.get(frame.conversation)
        step = conversation.find(frame.step) if conversation else None
        if conversation is None or step is None:
            raise ValueError("no such step")
        return conversation, step, conversation.unpack(frame.draft)

    def turn(self, draft: Any, message: Inbound) -> Turn[Any]:
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
            letters=self.world.letters,
            message=message,
            shop=self.world.shop,
            page=self.world.page,
            speak=self._set_language,
            keep_private=self._keep_private,
            words=lambda say: self.speech.words(say.key, **say.params),
            notices=self.notices,
            lasting=self.lasting,
        )

    def _keep_private(self) -> None:
        self.private = True

    def _set_language(self, language: str) -> None:
        self.chat.language = self.speech.language = language


def value_of(step: Step[Any, Any], message: Inbound, option: str | None) -> Any:
    """The value of a reply, by the option that it chose or by what it says; Invalid where it has none."""
    if option is None:
        return step.answer.read(message)
    if step.listed is None and option not in step.answer.choices:
        return Invalid("engine.stale_press")  # an earlier release offered it
    return step.answer.pick(option)
