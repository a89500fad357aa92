"""What a step accepts: a reply turns into a value, or into a reason why not.

An answer may offer choices beside what is typed: ``Code() | Choice(Otherwise)``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Generic, TypeVar

from chatbot import contacts
from chatbot.amounts import amount
from chatbot.folding import fold
from chatbot.messages import Ability, Contact, Field, FileRef, Inbound

V = TypeVar("V")
W = TypeVar("W")
E = TypeVar("E", bound=Enum)


class Invalid:
    """Say why, change nothing, ask again. A key without a dot belongs to the conversation."""

    def __init__(self, key: str, **params: object) -> None:
        self.key = key
        self.params = params


@dataclass(frozen=True, slots=True)
class Option:
    """A choice as it was shown to the customer."""

    id: str
    label: str


_NUMBERS = ("mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi")


_NO = frozenset(
    {"khong", "ko", "k", "kg", "khong co", "ko co", "khong can", "ko can", "khong cam on", "no", "none"}
)
"""How people say no, folded."""
_DONE = frozenset(
    {"xong", "het", "du", "chi vay", "chi the", "vay", "the", "tiep", "done", "finished", "that is all"}
)
"""How people say that they have sent all, folded."""
_SAID = {"no": _NO, "done": _DONE}
"""What these options are also called, whatever their label. A yes is not among them: what it brings about,
such as a consent, takes its own words."""
_BEFORE = frozenset({"da", "vang", "u", "ok", "oke", "roi", "yes", "then"})
_AFTER = frozenset({"a", "di", "nhe", "nha", "nhen", "da", "roi", "luon", "thoi", "shop", "please"})
"""Words of courtesy or haste around an answer, folded, which change nothing of it."""


def chosen(text: str, shown: Sequence[Option], *, free: bool = False, begun: bool = False) -> str | None:
    """The option that a typed text means: its number in digits, its label, with or without accents and words
    of courtesy, or its number in words (Vietnamese, up to ten), unless any words are an answer (``free``).
    With ``begun`` the first words of one label alone are enough; a plain no never is."""
    words = fold(text)
    if words.isdecimal() and len(words) < 3 and 1 <= int(words) <= len(shown):
        return shown[int(words) - 1].id
    labels = {option.id: fold(option.label) for option in shown}
    for said in (words, bare := _bare(words)):
        if named := next((option for option, label in labels.items() if said and label == said), None):
            return named
    if not free and words in _NUMBERS and _NUMBERS.index(words) < len(shown):
        return shown[_NUMBERS.index(words)].id
    for option, ways in _SAID.items():
        # Where any words are an answer, a plain no is one of them.
        if option in labels and not (free and option != "done") and (bare in ways or words in ways):
            return option
    started = [option for option, label in labels.items() if label.startswith(f"{bare} ")]
    return started[0] if begun and bare and bare not in _NO and len(started) == 1 else None


def _bare(words: str) -> str:
    """Folded words without those of courtesy around them."""
    said = words.split()
    while len(said) > 1 and said[0] in _BEFORE:
        said.pop(0)
    while len(said) > 1 and said[-1] in _AFTER:
        said.pop()
    return " ".join(said)


class Answer(Generic[V]):
    """Base of all answers. ``choices`` are the ids of the options offered, ``share`` is the ability by which
    a channel lets the sender hand over their own number, where one is wanted, ``secret`` keeps a code that is
    typed out of any history, ``free`` takes any words as they are: what is refused is too much or too little,
    and no other wish."""

    expects: ClassVar[Field] = Field.TEXT
    choices: tuple[str, ...] = ()
    share: Ability | None = None
    secret = False
    free = False

    @property
    def field(self) -> Field:
        """What kind of input fits."""
        return self.expects

    def pick(self, option: str) -> V:
        """The value of a chosen option."""
        raise NotImplementedError

    def read(self, message: Inbound) -> V | Invalid:
        """The value of a message that chose no option."""
        raise NotImplementedError

    def __or__(self, other: Answer[W]) -> Either[V, W]:
        return Either(self, other)


class Either(Answer[V | W], Generic[V, W]):
    """What the first answer accepts, and the choices of the second."""

    def __init__(self, typed: Answer[V], choice: Answer[W]) -> None:
        self.typed = typed
        self.choice = choice
        self.choices = choice.choices
        self.share = typed.share
        self.secret = typed.secret
        self.free = typed.free

    @property
    def field(self) -> Field:
        return self.typed.field

    def pick(self, option: str) -> V | W:
        return self.choice.pick(option)

    def read(self, message: Inbound) -> V | W | Invalid:
        typed = self.typed.read(message)
        said = self.choice.read(message) if isinstance(typed, Invalid) else typed
        return typed if isinstance(said, Invalid) else said


class Choice(Answer[E]):
    """One of the members of an enum; ``no`` is the one that a plain no means, whatever its label."""

    expects = Field.NONE

    def __init__(self, options: type[E], no: E | None = None) -> None:
        self.options = options
        self.no = no
        self.choices = tuple(option.value for option in options)

    def pick(self, option: str) -> E:
        return self.options(option)

    def read(self, message: Inbound) -> E | Invalid:
        if self.no and fold(message.text or "") in _NO:
            return self.no
        return Invalid("answer.choice.invalid")


class Listed(Answer[str]):
    """One of the options that the step itself lists (``listed=`` of the step); the value is its id."""

    expects = Field.NONE

    def pick(self, option: str) -> str:
        return option

    def read(self, message: Inbound) -> str | Invalid:
        return Invalid("answer.choice.invalid")


class Text(Answer[str]):
    """Words, of so many characters after trimming."""

    free = True

    def __init__(self, min: int = 1, max: int = 4000) -> None:
        self.min = min
        self.max = max

    def read(self, message: Inbound) -> str | Invalid:
        text = (message.text or "").strip()
        if not text:
            return Invalid("answer.text.empty")
        if len(text) < self.min:
            return Invalid("answer.text.too_short", min=self.min)
        if len(text) > self.max:
            return Invalid("answer.text.too_long", max=self.max)
        return text


@dataclass(frozen=True, slots=True)
class Note:
    """Words, files, or words with files."""

    text: str | None
    files: tuple[FileRef, ...]


class TextOrFiles(Answer[Note]):
    """Words, files, or both."""

    expects = Field.FILES
    free = True

    def __init__(self, max: int = 4000) -> None:
        self.max = max

    def read(self, message: Inbound) -> Note | Invalid:
        text = (message.text or "").strip() or None
        if text is None and not message.files:
            return Invalid("answer.text.empty")
        if text is not None and len(text) > self.max:
            return Invalid("answer.text.too_long", max=self.max)
        return Note(text, message.files)


class Files(TextOrFiles):
    """Files, perhaps with words; words alone are no answer."""

    free = False

    def read(self, message: Inbound) -> Note | Invalid:
        return super().read(message) if message.files else Invalid("answer.choice.invalid")


class Phone(Answer[str]):
    """A phone number that is typed, or that a form or card gives, normalised to E.164: a claim, never a
    proof. ``share`` has a form shown, where the channel has one."""

    expects = Field.PHONE

    def __init__(self, *, share: bool = False) -> None:
        self.share = Ability.PHONE_FORM if share else None

    def read(self, message: Inbound) -> str | Invalid:
        return contacts.phone(_given(message)) or Invalid("answer.phone.invalid")


def _given(message: Inbound) -> str:
    """What was typed, or the number that a form or card gives."""
    return message.contact.phone if message.contact else message.text or ""


class SharedPhone(Answer[str]):
    """The sender's own number, shared by means of the channel: the channel vouches for it."""

    expects = Field.NONE
    share = Ability.PROVES_PHONE

    def read(self, message: Inbound) -> str | Invalid:
        card: Contact | None = message.contact
        if card is None:
            return Invalid("answer.phone.not_shared")
        if not card.own:
            return Invalid("answer.phone.not_own")
        # The channel gives the number in its international form, sometimes without the plus.
        return contacts.phone(card.phone) or Invalid("answer.phone.invalid")


class Email(Answer[str]):
    """An e-mail address, normalised to lower case."""

    expects = Field.EMAIL

    def read(self, message: Inbound) -> str | Invalid:
        return contacts.email(message.text or "") or Invalid("answer.email.invalid")


_NUMBER = re.compile(r"(?<!\w)[0-9](?: ?[0-9])*(?!\w)")
_NO_CODE = re.compile(
    r"\b(?:chua|khong|ko|k|hong) (?:nhan|thay|co|den|ve)\b"
    r"|\bno code\b|\bnot (?:received?|get|got|come)\b|\bt (?:received?|get|got|come)\b"
)


class Code(Answer[str]):
    """A one-time code of six digits, however they are grouped, alone or in a sentence."""

    expects = Field.CODE
    secret = True

    def read(self, message: Inbound) -> str | Invalid:
        words = fold(message.text or "")
        numbers: list[str] = [number.replace(" ", "") for number in _NUMBER.findall(words)]
        codes = [number for number in numbers if len(number) == 6]
        if len(codes) == 1:
            return codes[0]
        waits = not numbers and _NO_CODE.search(words)
        return Invalid("answer.code.not_here" if waits else "answer.code.invalid")


class AnyContact(Answer[str]):
    """A phone number or an e-mail address, normalised: a claim, never a proof."""

    expects = Field.TEXT

    def read(self, message: Inbound) -> str | Invalid:
        found = contacts.kind_of(_given(message))
        return found[1] if found else Invalid("answer.contact.invalid")


class ContactOrListed(Listed):
    """One of the options that the step lists, or a contact as ``AnyContact`` reads it."""

    def read(self, message: Inbound) -> str | Invalid:
        found = contacts.kind_of(_given(message))
        return found[1] if found else super().read(message)


class Money(Answer[int]):
    """An amount in đồng, as people write it: 1.500.000, 1500000đ, 1,5 triệu, 500k."""

    def read(self, message: Inbound) -> int | Invalid:
        return amount(message.text or "") or Invalid("answer.money.invalid")
