"""The transcript of the README and the examples of CONTRIBUTING.md are played, not believed."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from chatbot.conversation import Conversation
from chatbot.messages import Reply
from chatbot.texts import Texts
from models.outgoing import Outgoing
from tests.chat import CustomerChat, Desk, Ids, code_for
from tests.conftest import Database
from tests.documents import ROOT, blocks, section
from tests.people import PHONE, put_on_file

LOCALES = ROOT / "locales"
FRENCH = 'msgid "language.pick.choice.fr"\nmsgstr "Français"\n'
CONVERSATION = section("CONTRIBUTING.md", "## Add a conversation")


@pytest.mark.parametrize(("number", "customer", "language"), [(0, "Khách", "vi"), (1, "Customer", "en")])
async def test_the_transcript_of_the_readme_is_the_truth(
    database: Database, number: int, customer: str, language: str
) -> None:
    """Said line by line, the desk answers what stands there; ``…`` is what was left out."""
    desk = Desk(texts=Texts)
    await put_on_file(desk.time.now())
    chat = desk.chat(language=language)
    written = blocks(section("README.md", "## What it looks like"), "text")[number].splitlines()
    indent = re.match(r"\w+ +", written[0])
    assert indent
    said: list[str] = []
    expected: list[str] = []
    for line in written:
        who, words = line[: indent.end()].strip(), line[indent.end() :]
        if who == customer:
            assert _follows(expected, said), (expected, said)
            asked = await code_for(PHONE) if re.fullmatch(r"\d{6}", words) else words
            said, expected = await _answer(chat, asked), []
        elif who:
            expected.append("Shop " + words)
        else:
            expected.append(words)
    assert len(said) > 10
    assert _follows(expected, said), (expected, said)


async def _answer(chat: CustomerChat, asked: str) -> list[str]:
    await chat.desk.engine().receive(chat.message(text=asked))
    return [line for reply in await chat.replies() for line in _lines(reply)]


def _lines(reply: Reply) -> list[str]:
    buttons = " ".join(f"[{button.label}]" for button in reply.buttons)
    return [
        "Shop " + reply.text.splitlines()[0],
        *reply.text.splitlines()[1:],
        *([buttons] if buttons else []),
    ]


def _follows(expected: list[str], said: list[str]) -> bool:
    """Whether what is written is what was said, where ``…`` stands for any number of lines."""
    pattern = [r"(?:.*\n)*?" if line in ("…", "Shop …") else re.escape(line) + r"\n" for line in expected]
    return re.fullmatch("".join(pattern), "".join(f"{line}\n" for line in said)) is not None


async def test_the_example_of_a_conversation_works(database: Database, tmp_path: Path) -> None:
    """Its code is loaded, its texts are read, and its transcript passes on the engine."""
    code, transcript = blocks(CONVERSATION, "python")
    (words,) = blocks(CONVERSATION, "po")
    feedback: Conversation[Any] = _module(code, tmp_path / "feedback.py").feedback
    name = 'msgid "menu.choice.feedback"\nmsgstr "Góp ý"\n'
    more = {
        f"{locale}/{file}": one
        for locale in ("vi", "en")
        for file, one in (("feedback.po", words), ("menu.po", name))
    }
    texts = _texts(tmp_path, more)
    play: dict[str, Any] = {"Desk": Desk}
    exec(compile(transcript, "CONTRIBUTING.md", "exec"), play)
    desk = Desk(more=(feedback,), texts=lambda _: Ids(texts.catalogues))  # type: ignore[arg-type]
    await play["test_an_opinion_can_be_changed_before_it_is_sent"](desk)
    assert await Outgoing.filter(outlet="staff").count() == 1


async def test_every_text_of_the_example_can_be_said(database: Database, tmp_path: Path) -> None:
    """The catalogue holds what the conversation asks for, by the rules by which the engine finds it."""
    feedback = _module(blocks(CONVERSATION, "python")[0], tmp_path / "feedback.py").feedback
    asked = {f"feedback.{step.name}.ask" for step in feedback.steps} | {"feedback.thanks"}
    asked |= {f"feedback.{step.name}.choice.{one}" for step in feedback.steps for one in step.answer.choices}
    asked |= {"feedback.stars.one_to_five", "feedback.told.goods", "feedback.told.service"}
    assert set(re.findall(r'msgid "(.+)"', blocks(CONVERSATION, "po")[0])) == asked


async def test_a_locale_is_a_folder(database: Database, tmp_path: Path) -> None:
    """A copy of the English folder under another name is a language of the desk, without code."""
    texts = _texts(tmp_path, {"vi/language.po": FRENCH, "en/language.po": FRENCH}, copy="fr")
    assert texts.locales == ("vi", "en", "fr")
    desk = Desk(texts=lambda _: Texts(texts.catalogues))  # type: ignore[arg-type]
    chat = desk.chat()
    await _answer(chat, "/ngonngu")
    assert "[Français]" in " ".join(f"[{button.label}]" for button in chat.last[-1].buttons)
    assert (await _answer(chat, "Français"))[0] == "Shop " + texts.get("fr", "language.changed")
    assert texts.get("fr", "language.changed") != texts.get("vi", "language.changed")
    fresh = await _answer(desk.chat("3", language="fr"), "/menu")
    assert (
        fresh[0]
        == "Shop " + texts.get("fr", "menu.notice", shop="Partyshop.vn", email="", retention=1).split("\n")[0]
    )


def test_a_locale_that_lacks_a_message_is_refused(tmp_path: Path) -> None:
    """Nobody finds out from a customer."""
    with pytest.raises(ValueError, match=r"fr: language\.pick\.choice\.fr is not translated"):
        _texts(tmp_path, {"vi/language.po": FRENCH}, copy="fr")


def _module(code: str, path: Path) -> Any:
    path.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("documented_feedback", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look their annotations up
    spec.loader.exec_module(module)
    return module


def _texts(folder: Path, more: dict[str, str], copy: str | None = None) -> Texts:
    """The program's own catalogues with messages added to some files, and perhaps a locale added that
    is a copy of the English one."""
    root = folder / "locales"
    shutil.copytree(LOCALES, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name, words in more.items():
        with (root / name).open("a", encoding="utf-8") as file:
            file.write("\n" + words)
    if copy:
        shutil.copytree(root / "en", root / copy)
    return Texts.load(root)
