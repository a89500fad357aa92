"""Every language says the same things, and Vietnamese in the shop's own manner."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from chatbot.shop import EXAMPLE, load_shop
from chatbot.texts import Texts

TEXTS = Texts.load()
KEYS = sorted(TEXTS.catalogues["vi"])
LOCALES = Path(__file__).parent.parent / "locales"


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_every_language_has_the_same_messages_and_placeholders(locale: str) -> None:
    """Nothing is left in another language, and no value is lost in translation."""
    assert sorted(TEXTS.catalogues[locale]) == KEYS
    for key, message in TEXTS.catalogues[locale].items():
        assert set(message.names) == set(TEXTS.catalogues["vi"][key].names), key


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_every_message_can_be_written(locale: str) -> None:
    """With its placeholders filled in, nothing of a template is left in any message."""
    for key, message in TEXTS.catalogues[locale].items():
        words = TEXTS.get(locale, key, **dict.fromkeys(message.names, "X"))
        assert words.strip() == words, key
        assert not set("{}") & set(words), key


def test_vietnamese_speaks_to_a_customer_as_quy_khach() -> None:
    """Never "bạn", never "anh/chị"; and "hủy" is spelt as everywhere else in the program: "huỷ"."""
    wrong = re.compile(r"\b(bạn|anh/chị|anh chị|hủy)\b")
    messages = TEXTS.catalogues["vi"].items()
    assert [key for key, message in messages if wrong.search(message.words.casefold())] == []


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_no_message_is_longer_than_a_chat_takes(locale: str) -> None:
    """The shortest limit among the channels is Zalo's 2000 characters; values need room as well."""
    assert [key for key, message in TEXTS.catalogues[locale].items() if len(message.words) > 1200] == []


def test_command_descriptions_fit_and_commands_are_plain() -> None:
    """Telegram takes 1-32 small letters, digits and underscores, and 256 characters to describe them."""
    for locale in TEXTS.locales:
        for key, words in TEXTS.domain(locale, "command").items():
            assert re.fullmatch(r"command\.[a-z0-9_]{1,32}", key)
            assert 1 <= len(words) <= 256


def test_messages_with_placeholders_carry_the_flag_of_their_format() -> None:
    """Translators' tools know by it that {braces} must stay as they are."""
    for file in sorted(LOCALES.glob("*/*.po")):
        for entry in file.read_text(encoding="utf-8").split("\n\n")[1:]:
            words = "".join(re.findall(r'^(?:msgstr )?"(.*)"$', entry, re.MULTILINE))
            assert ("#, python-brace-format" in entry) == bool(re.search(r"\{\w+\}", words)), (file, entry)


def test_the_policy_is_the_owners_word_for_word() -> None:
    """The shipped text is unchanged, and its eight sections together are all of its words."""
    file = EXAMPLE.parent / "policy.vi.txt"
    digest = "369a2be71794e48b4b6aa1706b61345cf3ba4c15f3918b5739ca904c09e38b6e"
    assert sha256(file.read_bytes()).hexdigest() == digest
    sections = load_shop().policy("vi")
    assert [section.number for section in sections] == list(range(1, 9))
    read = " ".join(f"{section.number}. {section.title}: {section.body}" for section in sections)
    heading, _, rest = file.read_text(encoding="utf-8").partition("\n")
    assert heading == "CHÍNH SÁCH BẢO MẬT THÔNG TIN"
    assert read.split() == rest.split()
    bullets = [line for section in sections for line in section.body.splitlines()]
    assert len(bullets) == rest.count("– ")
    assert all(line.startswith("– ") for line in bullets)


def test_the_english_policy_has_the_same_sections_and_names_itself_a_translation() -> None:
    """Whoever reads the English file knows which text binds."""
    shop = load_shop()
    assert [len(section.body.splitlines()) for section in shop.policy("en")] == [
        len(section.body.splitlines()) for section in shop.policy("vi")
    ]
    assert "translation" in (EXAMPLE.parent / "policy.en.txt").read_text(encoding="utf-8").splitlines()[0]
    assert "translation" in TEXTS.get("en", "policy.translation")
