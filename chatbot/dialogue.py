"""One message in one chat: what it means. What becomes of it is ``flow.py``'s.

Works on a chat that is held by the transaction of the message; ``engine.py`` opens that and stores what
is found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from chatbot.answers import Invalid, chosen
from chatbot.conversation import Say
from chatbot.crypto import SealBroken
from chatbot.flow import Flow, value_of
from chatbot.folding import fold
from chatbot.messages import START, Field, Inbound
from chatbot.session import Below, Frame, Session, unpack
from chatbot.small_talk import SmallTalk, small_talk
from chatbot.speech import MORE
from models.delivery import Delivery, Fate
from models.event import Event, Tag
from models.keeping import period
from models.outgoing import Outgoing
from models.proof import Proof

CANCEL = frozenset(
    {
        "huy",
        "huy bo",
        "cancel",
        "stop",
        "never mind",
        "dung lai",
        "thoi",
        "thoi khong can",
        "thoi khong can nua",
        "khong can nua",
        "thoi khong lam nua",
        "khong lam nua",
        "khong lam tiep nua",
        "bo qua khong lam nua",
    }
)
"""“Bỏ qua” alone is not among them: it is the label of a choice."""
BACK = frozenset({"quay lai", "quaylai", "back"})
GO_ON = frozenset({"tiep tuc", "lam tiep", "tiep", "continue", "go on"})
"""Where no question is open and something waits: to that."""
PERSON = frozenset({"nhan vien", "nhanvien", "gap nhan vien", "staff"})

_NO_WISH = frozenset({"none", "greeting", "verify"})
"""Intents for which an open question is not left: what is typed there looks like these anyway."""

_CODE = re.compile(r"(?<!\d)\d(?:[\W_]*\d){3,7}(?![\W_]*\d)")
"""Four to eight digits, however they are grouped: a code, or one that was mistyped."""

CLOCKS_APART = timedelta(seconds=2)
"""How far a channel's clock may lag behind ours before its messages look older than our question."""


class Dialogue(Flow):
    """The handling of one message; ``heard`` is how it reads in the customer's own history."""

    async def take(self) -> None:
        """Take the message: find what it means and do that."""
        if self.chat.proven:
            self.person = await Proof.person(self.chat, self.now, self.wall)
            if not self.person.contacts:  # idled out: whoever writes now may be somebody else
                if await Proof.end(self.chat, self.now):
                    await Event.record(Tag.PROOF_ENDED, self.now, chat=self.chat.id)
                await Outgoing.hide(self.chat)
        await self._greet()
        await self._load()
        self.heard = self._heard()
        await self._meaning(self.message)
        self.speech.close()

    async def _greet(self) -> None:
        """The first words of a chat: who processes what and why (Law 19/2023 Art. 17)."""
        if self.chat.noticed_at is None:
            self.chat.noticed_at = self.now
            shop = self.world.shop
            kept = period(shop.retention_years)
            self.speech.say(Say("menu.notice", shop=shop.name, email=shop.email, retention=kept))
            self.speech.close()

    async def _load(self) -> None:
        try:
            stored = self.chat.opened_state()
            session = Session() if stored is None else unpack(stored)
            if session.frame:
                self.place(session.frame)
        except (ValueError, SealBroken):
            await self.not_resumable(f"{self.chat.conversation}.{self.chat.step}")
        else:
            expires = self.chat.expires_at if session.frame or session.below else None
            expired = expires is not None and expires <= self.now
            self.session = Session() if expired else session
            if expired:
                self.speech.say(Say("engine.expired"))

    async def _meaning(self, message: Inbound) -> None:
        text = message.text or ""
        # A command may carry a payload, which nobody needs: "/start abc".
        words = fold(text.split(maxsplit=1)[0] if text.startswith("/") else text)
        if message.edited:
            await Delivery.keep(message, Fate.EDITED, self.chat)
            await self.again(Say("engine.edited"))
        elif message.press and message.press.startswith(MORE):
            await self._more(message, message.press.removeprefix(MORE))
        elif message.press and message.press.startswith(START):
            await self.start(message.press.removeprefix(START), message)
        elif words in CANCEL:
            await self.cancel()
        elif words in BACK or (words in GO_ON and self.session.frame is None and self.session.below):
            await self.back()
        elif words in PERSON:
            await self.start(self.world.registry.person, message)
        elif text.startswith("/"):
            name = self.world.registry.by_command(text)
            await (self.start(name, message) if name else self.again(Say("engine.not_understood")))
        elif small_talk(text) is SmallTalk.WHO and not message.files:
            await self.again(Say("engine.who", shop=self.world.shop.name))
        elif self.session.frame is None:
            await self._idle(message)
        else:
            await self._answer(self.session.frame, message)

    async def _more(self, message: Inbound, rest: str) -> None:
        """Show further choices of what is open, or say that it is open no longer."""
        prompt, _, first = rest.partition(":")
        choices, frame = self.choices(), self.session.frame
        asked = self.session.prompt if frame else ""
        if prompt != asked or not re.fullmatch("[0-9]{1,3}", first) or int(first) >= len(choices):
            await (self.again(Say("engine.stale_press")) if frame else self._idle(message))
        else:
            expects = self.place(frame)[1].answer.field if frame else Field.NONE
            self.speech.say(Say("engine.more_choices"))
            self.speech.close(buttons=choices, expects=expects, prompt=prompt, first=int(first))

    async def _idle(self, message: Inbound) -> None:
        """No question is open: free text picks a conversation, or the menu is shown."""
        registry = self.world.registry
        if message.press:
            if not self.speech.begun:  # otherwise it has just been said what became of the question
                self.speech.say(Say("engine.stale_press"))
            return await self.start(registry.menu, message)
        text = (message.text or "").strip()
        if message.files and await self._overheard(registry.conversations, message):
            return None
        if message.files:
            self.speech.say(Say("engine.files_not_needed"))
        elif not text:
            self.speech.say(Say("engine.unsupported"))
        if not text:
            return await self.start(registry.menu, message)
        if way := self._offered(message):
            return await self.start(way, message)
        if name := registry.by_words(text):
            return await self.start(name, message)
        if small_talk(text) is SmallTalk.THANKS:
            self.speech.say(Say("engine.thanks"))
            return self._offer(registry.menu)
        guesses = self.world.understand(text)
        best = guesses[0]
        name = registry.by_intent(best.intent)
        if best.score >= self.world.sure and name and not (self.person.frozen and name == registry.menu):
            return await self.start(name, message)
        if await self._overheard(registry.conversations, message):
            return None
        if self.person.frozen:  # "tôi đổi ý rồi", "bao giờ xoá xong"
            return await self._frozen(self.person.frozen)
        likely = [name for guess in guesses[:2] if (name := registry.by_intent(guess.intent))]
        if likely and best.intent != "none":
            self.speech.say(Say("engine.did_you_mean"))
            return self._offer(*likely, registry.menu)
        self.speech.say(Say("engine.not_understood"))
        waiting = self.session.below[-1].conversation if self.session.below else registry.menu
        return await self.start(waiting, message)

    async def _overheard(self, names: Iterable[str], message: Inbound) -> bool:
        """Whether one of these conversations waited for this message, and took it."""
        for name in names:
            conversation = self.world.registry.conversations[name]
            outcome = await conversation.overhear(self.turn(conversation.blank(), message))
            if outcome is not None:
                await self.settle(conversation, None, outcome)
                return True
        return False

    def _offer(self, *names: str) -> None:
        self.offer(self.ways_on(names))

    def _offered(self, message: Inbound) -> str | None:
        """The conversation that a number or a label takes among the ways on that were shown last."""
        if self.asked_at and message.at + CLOCKS_APART < self.asked_at:
            return None
        way = chosen(message.text or "", self.session.offered)
        return way.removeprefix(START) if way else None

    async def _answer(self, frame: Frame, message: Inbound) -> None:
        """A question is open: the message is its answer, unless it comes too late or is none."""
        conversation, step, draft = self.place(frame)
        if step.answer.secret and message.press is None:
            self.heard = _CODE.sub("••••••", self.heard)
        if message.press is None and self.asked_at and message.at + CLOCKS_APART < self.asked_at:
            await Delivery.keep(message, Fate.LATE, self.chat)
            return await self.again(Say("engine.late"))
        if message.files and step.answer.field is not Field.FILES:
            if not (message.text or "").strip():
                return await self.again(Say("engine.files_not_needed"))
            self.speech.say(Say("engine.files_not_needed"))
        option = self._option(message)
        if message.press and option is None:
            return await self.again(Say("engine.stale_press"))
        value = value_of(step, message, option)
        if isinstance(value, Invalid):
            reason = Say(value.key, **value.params)
            return await self._no_answer(conversation.name, message, reason, free=step.answer.free)
        if not self.known(conversation.needs):
            return await self.prove(Below(conversation.name, frame, self.session.trail, message, option))
        return await self.settle(conversation, step, await step.run(self.turn(draft, message), value))

    async def _no_answer(self, name: str, message: Inbound, reason: Say, *, free: bool) -> None:
        """What is no answer to the open question may be another wish; if it is not, that is said."""
        text = message.text or ""
        if command := self.world.registry.by_words(text):
            return await self.start(command, message)
        best = self.world.understand(text)[0]
        sure = len(text.split()) > 1 and best.score >= self.world.sure and best.intent not in _NO_WISH
        if sure and not free:
            if best.intent == "cancel":
                return await self.cancel()
            wanted = self.world.registry.by_intent(best.intent)
            if wanted and wanted != name:
                return await self.start(wanted, message)
        if not free and await self._overheard([name], message):
            return None
        return await self.again(reason)

    def _heard(self) -> str:
        """The message as the customer's own history shows it."""
        message = self.message
        if message.press is None:
            return message.text or ""
        if message.press.startswith(MORE):
            return self.speech.words("engine.more")
        name = message.press.removeprefix(START)
        if name != message.press:
            if self.session.frame is None and name in [one.conversation for one in self.session.below]:
                return self.speech.words("engine.go_on")
            known = name in self.world.registry.conversations
            return self.speech.words(f"menu.choice.{name}") if known else ""
        option = self._option(message)
        return next((one.label for one in self.session.shown if one.id == option), "")

    def _option(self, message: Inbound) -> str | None:
        """The option of the open question that a reply means: by its button, its label or its number."""
        shown, frame = self.session.shown, self.session.frame
        if message.press is None:
            text = message.text or ""
            free = frame is not None and self.place(frame)[1].answer.free
            # The first words of a label are also those of another wish: "xem", "khiếu nại".
            begun = not free and self.world.registry.by_words(text) is None
            return chosen(text, shown, free=free, begun=begun)
        tokens = {f"{self.session.prompt}:{number}": option.id for number, option in enumerate(shown)}
        return tokens.get(message.press)
