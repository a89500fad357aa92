"""Customers on Telegram and on Zalo who play a script, and what they hear, neutral as to its layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chatbot.contacts import phone as in_full
from chatbot.messages import Address
from models.chat import Chat
from models.evidence import Evidence, EvidenceState
from models.outgoing import STAFF, Outgoing, State
from models.package import Package, PackageState
from tests.bot_api import BotApi
from tests.channels.scripts import Elsewhere
from tests.chat import TEXTS
from tests.e2e.program import soon
from tests.evidence_files import png
from tests.zalo_desk import ZaloDesk
from tests.zalo_server import ZaloServer

ONLY_ZALO = tuple(TEXTS.get(locale, "complaint.falls_silent") for locale in TEXTS.locales)
"""What only a channel that falls silent says."""
ONLY_TELEGRAM = TEXTS.get("vi", "identity.way.choice.share")
"""What is offered only where a channel vouches for a number."""
MORE = tuple(TEXTS.get(locale, "engine.more") for locale in TEXTS.locales)


@dataclass(frozen=True)
class Heard:
    """One message: its words, the choices in their order, and the labels of its links."""

    words: str
    choices: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class Person(Protocol):
    """A person on one channel. Each verb returns when the desk has confirmed the message."""

    address: Address

    async def says(self, text: str) -> None: ...
    async def taps(self, label: str) -> None: ...
    async def sends(self, picture: bytes) -> None: ...
    def heard(self) -> list[Heard]: ...


class OnTelegram:
    """With the stand-in for the Bot API."""

    def __init__(self, api: BotApi, user: int) -> None:
        self._api, self._user = api, user
        self.address = Address("telegram", str(user))

    async def says(self, text: str) -> None:
        await self._api.push_text(self._user, text)
        await self._confirmed()

    async def taps(self, label: str) -> None:
        await self._api.press_label(self._user, label)
        await self._confirmed()

    async def sends(self, picture: bytes) -> None:
        await self._api.push_document(self._user, "anh.png", "image/png", picture)
        await self._confirmed()

    async def _confirmed(self) -> None:
        await soon(lambda: self._api.waiting == 0, pause=0.005)

    def heard(self) -> list[Heard]:
        found = []
        for call in self._api.messages(self._user):
            rows = (call.params.get("reply_markup") or {}).get("inline_keyboard", ())
            buttons = [button for row in rows for button in row]
            choices = tuple(one["text"] for one in buttons if "callback_data" in one)
            links = tuple(one["text"] for one in buttons if "url" in one)
            found.append(Heard(call.params["text"], choices, links))
        return found


class OnZalo:
    """With the stand-in for Zalo."""

    def __init__(self, zalo: ZaloServer, user: int) -> None:
        self._zalo, self._user = zalo, str(user)
        self.address = Address("zalo", str(user))

    async def says(self, text: str) -> None:
        assert await self._zalo.says(self._user, text) == 200

    async def taps(self, label: str) -> None:
        """The button below the newest message that has any; where it is further on, by "Xem thêm"."""
        while label not in (payloads := self._below()):
            count = len(self._zalo.to(self._user))
            await self.says(payloads[next(title for title in MORE if title in payloads)])
            await self._zalo.wait_until(lambda count=count: len(self._zalo.to(self._user)) > count)  # type: ignore[misc]
        await self.says(payloads[label])

    async def sends(self, picture: bytes) -> None:
        assert await self._zalo.sends_file(self._user, "anh.png", picture) == 200

    def _below(self) -> dict[str, str]:
        buttons = next(sent.buttons for sent in reversed(self._zalo.to(self._user)) if sent.buttons)
        return {button["title"]: button["payload"] for button in buttons}

    def heard(self) -> list[Heard]:
        """Without what "Xem thêm" shows anew, and without forms, which have no words."""
        found = []
        for sent in self._zalo.to(self._user):
            text, links = sent.text, ()
            if link := re.search(r"(?:\A|\n\n)([^\n]+): https://\S+\Z", text):
                text, links = text[: link.start()], (link[1],)  # type: ignore[assignment]
            choices = tuple(one["title"] for one in sent.buttons if one["title"] not in MORE)
            if len(choices) >= 4 and (lines := re.search(r"(?:\n\d+\. [^\n]+)+\Z", text)):
                text, choices = (
                    text[: lines.start()].rstrip(),
                    tuple(re.findall(r"\n\d+\. ([^\n]+)", lines[0])),
                )
            if text and text != TEXTS.get("vi", "engine.more_choices"):
                found.append(Heard(text, choices, links))
        return found


@dataclass
class Player:
    """Who plays a script. ``steps`` are those whose questions were open after a line. Of two players the
    contacts look alike once they are masked."""

    on: Person
    number: int
    desk: ZaloDesk
    zalo: ZaloServer
    steps: set[str] = field(default_factory=set)
    codes: list[str] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, str]:
        number = f"{self.number:04d}"
        return {
            "phone": f"090{number}001",
            "email": f"hoa{number}@example.com",
            "new": f"moi{number}@example.com",
        }

    async def plays(self, script: Sequence[str | Elsewhere]) -> list[list[Heard]]:
        """What is heard after each line; after the last one until nothing is left to be done."""
        said, told = [], 0
        for line in script:
            if not isinstance(line, str):
                await line(self.on.address, in_full(self.facts["phone"]) or "", self.desk.clock.now())
                continue
            await self._does(line)
            await soon(self._is_quiet, pause=0.005)
            self._note_codes()
            chat = await Chat.find(self.on.address)
            assert chat
            self.steps.add(f"{chat.conversation}.{chat.step}")
            heard = self.on.heard()
            said.append([self._neutral(one) for one in heard[told:]])
            told = len(heard)
        await self.desk.app.scheduler.run_all()
        await soon(self._is_quiet, pause=0.005)
        said[-1] += [self._neutral(one) for one in self.on.heard()[told:]]
        return said

    async def _does(self, line: str) -> None:
        if line == "<photo>":
            await self.on.sends(png(40, 30))
        elif line.startswith("["):
            await self.on.taps(line[1:-1])
        else:
            await self.on.says(line.format(**self.facts, code=(self.codes or ["?"])[-1]))

    def _note_codes(self) -> None:
        """The codes that have come since to one of the customer's contacts."""
        mails = [reply.code for to, reply in self.desk.email.sent if to in self.facts.values() and reply.code]
        texts = [code for to, code, _ in self.zalo.codes if to == f"84{self.facts['phone'][1:]}"]
        self.codes += [code for code in (*mails, *texts) if code not in self.codes]

    async def _is_quiet(self) -> bool:
        """Whether all is sent, and nothing under way of which a message comes by itself."""
        waiting = Outgoing.filter(state__in=[State.QUEUED, State.SENDING], decoy=False)
        made, fetched = Package.filter(state=PackageState.ASKED), Evidence.filter(state=EvidenceState.WAITING)
        return not (
            await made.exists() or await fetched.exists() or await waiting.exclude(outlet=STAFF).exists()
        )

    def _neutral(self, heard: Heard) -> Heard:
        words = heard.words
        for only in ONLY_ZALO:
            words = words.replace(only, "")
        choices = (one for one in heard.choices if one != ONLY_TELEGRAM)
        return Heard(self.alike(words), tuple(map(self.alike, choices)), heard.links)

    def alike(self, words: str) -> str:
        """Without what differs from one customer, or one minute, to the next."""
        words = re.sub(r"\b(KN|YC)-\d{4}-\d{6}-\w\b", r"\1-…", words)
        words = re.sub(r"\b(?:[0-9A-Z]{5}-){7}[0-9A-Z]{5}\b", "…", words)
        words = re.sub(r"\b\d{1,2}:\d{2}\b|\b\d+ kB\b", "…", words)
        for fact in self.facts.values():
            words = words.replace(fact, "…").replace(in_full(fact) or fact, "…")
        return " ".join(words.split())
