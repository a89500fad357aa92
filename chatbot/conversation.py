"""A conversation: named steps, each with the answer that it accepts and an explicit next step.

A step decides where to go with what is now known. It sends nothing, catches nothing, names no channel,
reads no clock, opens no transaction and starts no task.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from chatbot.answers import Answer, Invalid, Option
from chatbot.messages import Ability, About, Inbound, Kind, Person
from chatbot.shop import Shop

D = TypeVar("D")
V = TypeVar("V")


class Needs(StrEnum):
    """What must be known of the person before a conversation may go on."""

    ANYONE = "anyone"
    CONTACT = "contact"
    """A contact proven in this chat, also one of a record that waits to be erased."""
    PROVEN = "proven"
    """A contact proven in this chat; what waits to be erased is shut to it."""
    CUSTOMER = "customer"
    """Proven, and a record on file stands open."""
    FRESH = "fresh"
    """As before, and proven within the last ten minutes."""


class Say:
    """Words by their key, with parameters. A key without a dot belongs to the conversation. A parameter
    may itself be a ``Say`` with a whole key, or several as lines."""

    def __init__(self, key: str, **params: object) -> None:
        self.key = key
        self.params = params


class Paragraph(Say):
    """Words that begin a new paragraph, where they would otherwise be the next line."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A choice whose label is a text with parameters."""

    id: str
    label: Say


@dataclass(frozen=True, slots=True)
class LinkTo:
    """A link below the last words: the key of its label, and where it leads."""

    label: str
    url: str = field(repr=False)


class Go(Generic[D]):
    """Go on with a step (or ask the same one again), with this draft, after these words. After something was
    ``recorded`` there is no way back: it would be recorded again."""

    def __init__(self, step: Step[D, Any], draft: D, *says: Say, recorded: bool = False) -> None:
        self.step = step
        self.draft = draft
        self.says = says
        self.recorded = recorded


class Done:
    """The conversation is over, with these words.

    ``offer`` names conversations that fit next; ``then`` names one that begins at once.
    """

    def __init__(
        self,
        key: str | None = None,
        /,
        *more: Say,
        offer: Sequence[str] = (),
        link: LinkTo | None = None,
        then: str | None = None,
        **params: object,
    ) -> None:
        self.says = (*((Say(key, **params),) if key else ()), *more)
        self.offer = tuple(offer)
        self.link = link
        self.then = then


@dataclass(frozen=True, slots=True)
class ToChat:
    """Words for a chat, in its own language, with a link below them where there is one; with ``about`` they
    must arrive. What is ``private`` is hidden again when the proof of that chat ends."""

    chat: UUID
    say: Say
    about: About | None = None
    link: LinkTo | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A button below words for staff: what a press of it comes back as (at most 64 bytes), and its label."""

    press: str
    label: Say


@dataclass(frozen=True, slots=True)
class ToStaff:
    """Words for staff. They must hold no personal data: they may stand in a chat group.

    A ``gathered`` one is dropped while one like it is on its way or was told of late: anybody can cause
    very many of them. ``page`` is the path of the page in the staff room that shows more, ``offers`` what
    can be done at once where staff are told by something that has buttons.
    """

    say: Say
    gathered: bool = False
    page: str | None = None
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class ToContact:
    """Words for a phone number or e-mail address.

    A ``code`` is never sent twice, and wiped once sent. A ``decoy`` is written and never sent; ``delay``
    holds the sending back. With ``about`` they must arrive. ``language`` is the reader's and ``subject``
    whose key seals them, where that is not whoever caused them.
    """

    kind: Kind
    value: str = field(repr=False)
    say: Say
    code: bool = False
    decoy: bool = False
    delay: timedelta = timedelta(0)
    about: About | None = None
    language: str | None = None
    subject: UUID | None = None
    link: LinkTo | None = None


Notice = ToChat | ToStaff | ToContact
Tell = Callable[[Notice, datetime, datetime], Awaitable[None]]
"""Have somebody told, given now and the real time, in the running transaction: what a sweep is handed."""


@dataclass(frozen=True)
class Turn(Generic[D]):
    """What a step knows: the draft, who writes, what they wrote, and what the channel can do.

    ``now`` follows the desk's clock; ``wall`` is real time, for idle times and rate limits. ``codes``
    are the kinds of contact to which one-time codes can be sent, ``letters`` those that can be written to.
    ``page`` is the address of our own
    pages, where they can be reached from outside; ``speak`` makes a language the chat's own;
    ``keep_private`` has what is said hidden again when the proof ends, ``words`` gives a text as the customer
    reads it, for what is stored of it.
    """

    draft: D
    now: datetime
    wall: datetime
    chat: UUID
    language: str
    languages: tuple[str, ...]
    person: Person
    abilities: frozenset[Ability]
    codes: frozenset[Kind]
    letters: frozenset[Kind]
    message: Inbound
    shop: Shop
    page: str | None
    speak: Callable[[str], None]
    keep_private: Callable[[], None]
    words: Callable[[Say], str]
    notices: list[Notice] = field(default_factory=list)
    lasting: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    def tell_chat(self, chat: UUID, say: Say, about: About | None = None) -> None:
        """Have a chat told, as ``ToChat`` says, once this message is stored."""
        self.notices.append(ToChat(chat, say, about))

    def tell_staff(
        self, say: Say, *, gathered: bool = False, page: str | None = None, offers: tuple[Offer, ...] = ()
    ) -> None:
        """Have staff told, as ``ToStaff`` says."""
        self.notices.append(ToStaff(say, gathered, page, offers))

    def tell_contact(
        self,
        kind: Kind,
        value: str,
        say: Say,
        *,
        code: bool = False,
        decoy: bool = False,
        delay: timedelta = timedelta(0),
        link: LinkTo | None = None,
    ) -> None:
        """Have words sent to a phone number or e-mail address, where this desk can."""
        if kind in (self.codes if code else self.letters):
            self.notices.append(ToContact(kind, value, say, code, decoy, delay, link=link))

    def outlast(self, effect: Callable[[], Awaitable[object]]) -> None:
        """Name a write that is to be made again should this step fail and be rolled back: a guess
        that was counted stays counted."""
        self.lasting.append(effect)

    def personal(self, value: str, mask: Callable[[str], str]) -> str:
        """A personal value in full where messages stay on our own server, masked everywhere else."""
        return value if Ability.OWN_SERVER in self.abilities else mask(value)


Outcome = Go[D] | Done | Invalid
Run = Callable[[Turn[D], V], Awaitable[Outcome[D]]]
Show = Callable[[Turn[D]], Awaitable[Mapping[str, object]]]
List = Callable[[Turn[D]], Awaitable[Sequence[Option | Labelled | str]]]


@dataclass(frozen=True)
class Step(Generic[D, V]):
    """One question and what becomes of its answer. ``show`` gives the parameters of the question,
    ``listed`` the options of a ``Listed`` answer, in words or by the id of a text; ``was`` holds the
    names that the step had before."""

    name: str
    answer: Answer[V]
    run: Run[D, V]
    show: Show[D] | None
    listed: List[D] | None
    was: tuple[str, ...]


class Conversation(Generic[D]):
    """A conversation by its name, which is stored and therefore never changed without ``was``.

    ``commands`` and ``intents`` begin it. ``expires`` is how long an open question waits. ``resumes``
    says whether it is taken up again after something else came between.
    """

    def __init__(
        self,
        name: str,
        draft: type[D],
        *,
        needs: Needs = Needs.ANYONE,
        expires: timedelta = timedelta(hours=1),
        commands: Sequence[str] = (),
        intents: Sequence[str] = (),
        resumes: bool = True,
    ) -> None:
        self.name = name
        self.blank = draft
        self.needs = needs
        self.expires = expires
        self.commands = tuple(commands)
        self.intents = tuple(intents)
        self.resumes = resumes
        self.steps: list[Step[D, Any]] = []
        self._opening: Callable[[Turn[D]], Awaitable[Go[D] | Done]] | None = None
        self._overhearing: Callable[[Turn[D]], Awaitable[Outcome[D] | None]] | None = None
        self._codec = TypeAdapter(draft)

    def step(
        self,
        answer: Answer[V],
        *,
        show: Show[D] | None = None,
        listed: List[D] | None = None,
        was: Sequence[str] = (),
    ) -> Callable[[Run[D, V]], Step[D, V]]:
        """Make a function the next step; its name is the step's name."""

        def add(run: Run[D, V]) -> Step[D, V]:
            step = Step(run.__name__, answer, run, show, listed, tuple(was))
            self.steps.append(step)
            return step

        return add

    def opening(self, run: Callable[[Turn[D]], Awaitable[Go[D] | Done]]) -> None:
        """Make a function decide how the conversation begins; without one it is the first step."""
        self._opening = run

    async def open(self, turn: Turn[D]) -> Go[D] | Done:
        """How the conversation begins."""
        return await self._opening(turn) if self._opening else Go(self.steps[0], turn.draft)

    def overhearing(self, run: Callable[[Turn[D]], Awaitable[Outcome[D] | None]]) -> None:
        """Make a function take what was sent without being asked for here and means nothing else, where
        the conversation waits for it; None where it does not."""
        self._overhearing = run

    async def overhear(self, turn: Turn[D]) -> Outcome[D] | None:
        """What becomes of such a message; None where nothing waits for it."""
        return await self._overhearing(turn) if self._overhearing else None

    def find(self, name: str) -> Step[D, Any] | None:
        """The step of a name, also of one that it had before."""
        return next((step for step in self.steps if name == step.name or name in step.was), None)

    def pack(self, draft: D) -> str:
        """A draft as it is stored."""
        return self._codec.dump_json(draft).decode()

    def unpack(self, packed: str) -> D:
        """A stored draft. Raises ValueError where it fits no longer."""
        return self._codec.validate_json(packed)
