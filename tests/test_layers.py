"""Who may import whom, who may read the clock, and who may start a task.

The table is the rule; CONTRIBUTING.md says it in words. A new part gets a line here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layers import May, Unused, violations

ROOT = Path(__file__).parent.parent

NOUNS = (
    "chatbot.messages chatbot.values chatbot.contacts chatbot.masking chatbot.birthdays chatbot.folding"
    " chatbot.amounts chatbot.clock chatbot.workdays.* chatbot.logs"
)
NO_WIRE = "telegram.* aiohttp.* httpx.*"
NO_STATE = "tortoise.* chatbot.clock chatbot.workdays.*"

DIALOGUE = (
    "chatbot.answers chatbot.conversation chatbot.registry chatbot.session chatbot.shop chatbot.texts"
    " chatbot.world chatbot.speech chatbot.notices"
)
SENDING = "chatbot.channels chatbot.outcome chatbot.pacing chatbot.texts"

PARTS = {
    # the nouns: nothing of ours, and one library each
    "chatbot.messages": May("", libraries=""),
    "chatbot.values": May("", libraries=""),
    "chatbot.folding": May("", libraries=""),
    "chatbot.clock": May("", libraries=""),
    "chatbot.workdays.*": May("chatbot.clock", libraries=""),
    "chatbot.crypto": May("", libraries="cryptography.*"),
    "chatbot.certificate": May("chatbot.crypto chatbot.folding", libraries=""),
    "chatbot.cleaning": May("", libraries=""),
    "chatbot.contacts": May(
        "chatbot.cleaning chatbot.messages", libraries="phonenumbers.* email_validator.*"
    ),
    "chatbot.masking": May("chatbot.messages", libraries=""),
    "chatbot.amounts": May("chatbot.folding", libraries=""),
    "chatbot.birthdays": May("chatbot.cleaning chatbot.folding", libraries=""),
    # what a conversation is made of
    "chatbot.answers": May(NOUNS, never=f"{NO_WIRE} {NO_STATE}"),
    "chatbot.conversation": May(f"{NOUNS} chatbot.answers chatbot.shop", never=f"{NO_WIRE} {NO_STATE}"),
    "chatbot.staff_turn": May(f"{NOUNS} chatbot.conversation chatbot.shop", never=f"{NO_WIRE} {NO_STATE}"),
    # what is true
    "models.*": May(f"{NOUNS} chatbot.certificate chatbot.crypto", never=NO_WIRE),
    # what the service does
    "chatbot.case_words": May(f"{NOUNS} chatbot.certificate chatbot.conversation models.*", never=NO_WIRE),
    "chatbot.frozen": May("chatbot.conversation models.*", never=NO_WIRE),
    "chatbot.request_words": May("chatbot.conversation chatbot.shop", never=f"{NO_WIRE} {NO_STATE}"),
    "handlers.*": May(
        f"{NOUNS} chatbot.answers chatbot.certificate chatbot.cleaning chatbot.conversation"
        " chatbot.staff_turn chatbot.case_words chatbot.frozen chatbot.request_words chatbot.shop models.*",
        never=f"{NO_WIRE} os.*",
    ),
    # the outside
    "chatbot.channels.*": May("chatbot.messages", never="tortoise.*"),
    "chatbot.pages.*": May(
        f"{NOUNS} chatbot.texts chatbot.shop chatbot.case_words chatbot.certificate chatbot.inspection"
        " chatbot.request_words"
        " chatbot.signatures models.*"
    ),
    # it says of any page of the room that no key opens what is asked for
    "chatbot.pages.room.guard": May(f"{NOUNS} chatbot.pages.* chatbot.crypto models.*"),
    # the machine: knows that conversations and channels exist, not which
    "chatbot.session": May(f"{NOUNS} chatbot.answers"),
    "chatbot.registry": May(f"{NOUNS} chatbot.conversation"),
    "chatbot.world": May(f"{NOUNS} chatbot.registry chatbot.shop chatbot.texts"),
    "chatbot.speech": May(f"{NOUNS} chatbot.conversation chatbot.texts"),
    "chatbot.notices": May(f"{NOUNS} chatbot.conversation chatbot.speech chatbot.texts models.*"),
    "chatbot.flow": May(f"{NOUNS} {DIALOGUE} chatbot.frozen models.*", never=NO_WIRE),
    "chatbot.dialogue": May(
        f"{NOUNS} {DIALOGUE} chatbot.flow chatbot.small_talk chatbot.crypto models.*", never=NO_WIRE
    ),
    "chatbot.engine": May(f"{NOUNS} {DIALOGUE} chatbot.dialogue chatbot.crypto models.*", never=NO_WIRE),
    "chatbot.staff_engine": May(
        f"{NOUNS} {DIALOGUE} chatbot.engine chatbot.staff_turn models.*", never=NO_WIRE
    ),
    "chatbot.pacing": May("chatbot.channels"),
    "chatbot.outcome": May(f"{NOUNS} chatbot.channels models.*", never=NO_WIRE),
    "chatbot.attempt": May(f"{NOUNS} {SENDING} chatbot.crypto models.*", never=NO_WIRE),
    "chatbot.sender": May(f"{NOUNS} {SENDING} chatbot.attempt models.*", never=NO_WIRE),
    "chatbot.signatures": May("", libraries=""),
    "chatbot.inspection": May("chatbot.signatures models.evidence", libraries="imagesize olefile"),
    "chatbot.vault": May("chatbot.crypto", libraries=""),
    "chatbot.scheduler": May(f"{NOUNS} models.*", never=NO_WIRE),
    # all else in chatbot/ serves these; only app names handlers and channels, only the command line names app
    "chatbot.*": May(
        "chatbot.* models.*", never="handlers.* chatbot.app chatbot.commands.* chatbot.__main__"
    ),
    "chatbot.app": May("*", never="chatbot.commands.* chatbot.__main__"),
    "chatbot.demo": May("*", never="chatbot.commands.* chatbot.__main__"),
    "chatbot.commands.*": May("*", never="chatbot.__main__"),
    "chatbot.__main__": May("*"),
}

UNUSED = (
    Unused(
        "datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today"
        " time.time time.time_ns time.localtime time.gmtime tortoise.timezone.now *.auto_now *.auto_now_add",
        inside="chatbot.* handlers.* models.*",
        but="chatbot.clock",
    ),
    Unused(
        "*.create_task *.ensure_future *.gather *.TaskGroup *.run_coroutine_threadsafe",
        inside="handlers.* models.*",
        # These two shield a transaction from cancellation by giving it a task of its own.
        but="models.database models.sqlite_engine",
    ),
)


def test_every_import_keeps_to_its_layer() -> None:
    """A part imports what the table allows it and nothing else; only clock.py reads the clock."""
    assert violations(ROOT, PARTS, UNUSED) == []


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("chatbot/messages.py", "import chatbot.clock"),
        ("chatbot/clock.py", "import babel"),
        ("chatbot/answers.py", "from models.customer import Customer"),
        ("chatbot/conversation.py", "from tortoise import fields"),
        ("models/customer.py", "from chatbot.texts import say"),
        ("models/customer.py", "from chatbot import texts"),
        ("handlers/menu.py", "from chatbot.channels import telegram"),
        ("handlers/menu.py", "import os.path"),
        ("handlers/menu.py", "def step():\n    from aiohttp import web"),
        (
            "handlers/menu.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import chatbot.sender",
        ),
        ("handlers/staff/queue.py", "from chatbot.engine import receive as take"),
        ("chatbot/channels/telegram.py", "from ..engine import receive"),
        ("chatbot/channels/telegram.py", "from .. import engine"),
        ("chatbot/channels/__init__.py", "from ..engine import receive"),
        ("chatbot/pages/room.py", "from handlers import menu"),
        ("chatbot/engine.py", "from handlers.menu import menu"),
        ("chatbot/sender.py", "from chatbot.channels.telegram import Telegram"),
        ("chatbot/texts.py", "import handlers"),
        ("chatbot/texts.py", "from chatbot.app import build"),
        ("chatbot/app.py", "from chatbot.__main__ import main"),
    ],
)
def test_a_planted_import_is_found(tmp_path: Path, file: str, code: str) -> None:
    """However it is written: absolute, relative, renamed, inside a function, or for types only."""
    _plant(tmp_path, file, code)
    assert len(violations(tmp_path, PARTS, UNUSED)) == 1


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("handlers/menu.py", "from datetime import datetime\ndatetime.now()"),
        ("handlers/menu.py", "from datetime import datetime as d\nmake(default=d.utcnow)"),
        ("models/customer.py", "import datetime\ndatetime.date.today()"),
        ("models/customer.py", "fields.DatetimeField(auto_now_add=True)"),
        ("chatbot/engine.py", "import datetime as dt\ndt.datetime.now(dt.UTC)"),
        ("chatbot/sender.py", "from time import time\ntime()"),
        ("chatbot/pages/room.py", "import time as t\nt.time()"),
        ("models/customer.py", "import asyncio\nasyncio.create_task(x)"),
        ("handlers/menu.py", "from asyncio import gather\ngather(x)"),
        ("handlers/sweeps.py", "loop.create_task(x)"),
    ],
)
def test_a_planted_clock_or_task_is_found(tmp_path: Path, file: str, code: str) -> None:
    """Also under another name, or where the function is only handed on."""
    _plant(tmp_path, file, code)
    assert len(violations(tmp_path, PARTS, UNUSED)) == 1


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("chatbot/clock.py", "from datetime import datetime\ndatetime.now()"),
        ("chatbot/sender.py", "import asyncio, time\nasyncio.create_task(x)\ntime.monotonic()"),
        ("chatbot/sender.py", "from chatbot.channels import Channel"),
        ("models/database.py", "import asyncio\nasyncio.create_task(x)"),
        ("models/migrations/0001_initial.py", "fields.DatetimeField(auto_now_add=False)"),
        (
            "models/customer.py",
            "from . import keys\nfrom datetime import datetime\ndatetime.fromtimestamp(0)",
        ),
        ("handlers/menu.py", "from chatbot.messages import Inbound\nfrom models.customer import Customer"),
        ("chatbot/app.py", "import handlers.menu, chatbot.channels.telegram, aiohttp"),
        ("chatbot/__main__.py", "from chatbot.app import build"),
    ],
)
def test_what_is_allowed_passes(tmp_path: Path, file: str, code: str) -> None:
    """The checker does not cry wolf."""
    _plant(tmp_path, file, code)
    assert violations(tmp_path, PARTS, UNUSED) == []


def _plant(root: Path, file: str, code: str) -> None:
    for name in ("texts", "engine", "app", "channels/telegram"):
        module = root / "chatbot" / f"{name}.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.touch()
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(code, encoding="utf-8")
