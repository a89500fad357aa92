"""What is said in answer to one message: words are gathered into as few messages as possible."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.conversation import LinkTo, Say
from chatbot.messages import START, Button, Field, Link, Reply
from chatbot.texts import Texts


def in_words(texts: Texts, language: str, say: Say) -> str:
    """The words of a ``Say`` whose parameters may be such themselves. Raises KeyError."""
    params = {name: _param(texts, language, value) for name, value in say.params.items()}
    return texts.get(language, say.key, **params)


def _param(texts: Texts, language: str, value: object) -> object:
    match value:
        case Say():
            return in_words(texts, language, value)
        case tuple():
            return "\n".join(in_words(texts, language, line) for line in value)
    return value


class Speech:
    """Puts messages together, in one language. ``replies`` are those that are complete."""

    def __init__(self, texts: Texts, language: str) -> None:
        self._texts = texts
        self.language = language
        self.replies: list[Reply] = []
        self._said: list[str] = []

    @property
    def begun(self) -> bool:
        """Whether something has been said that is not sent yet."""
        return bool(self._said)

    def say(self, say: Say, conversation: str = "", *, joined: bool = False) -> None:
        """Add words to the message being put together: a paragraph, or a line of the last one."""
        key = say.key if "." in say.key else f"{conversation}.{say.key}"
        words = self.words(key, **say.params)
        if joined and self._said:
            self._said[-1] += "\n" + words
        else:
            self._said.append(words)

    def close(
        self,
        *,
        buttons: tuple[Button, ...] = (),
        link: LinkTo | None = None,
        expects: Field = Field.TEXT,
        share: str | None = None,
    ) -> None:
        """Complete the message being put together, unless there is nothing to say."""
        if self._said or buttons or link:
            shown = Link(self.words(link.label), link.url) if link else None
            self.replies.append(Reply("\n\n".join(self._said), buttons, shown, expects, share))
            self._said = []

    def words(self, key: str, **params: object) -> str:
        """The words of a text. Raises KeyError."""
        return in_words(self._texts, self.language, Say(key, **params))

    def offers(self, names: Sequence[str]) -> tuple[Button, ...]:
        """Buttons that start conversations."""
        return tuple(Button(START + name, self.words(f"menu.choice.{name}")) for name in dict.fromkeys(names))
