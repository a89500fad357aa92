"""The table of conversations: which there are, and what begins each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatbot.conversation import Conversation
from chatbot.folding import fold


class Registry:
    """Conversations by name, command and intent. ``menu``, ``identity``, ``person`` and ``keep`` are those
    that the engine itself falls back on: what can be done, who one is, somebody to talk to, and how one
    keeps a record that waits to be erased.

    ``intents`` are the names by which free text is understood.
    """

    def __init__(
        self,
        conversations: Sequence[Conversation[Any]],
        *,
        menu: str,
        identity: str,
        person: str,
        keep: str,
    ) -> None:
        self.conversations = {conversation.name: conversation for conversation in conversations}
        self.menu = menu
        self.identity = identity
        self.person = person
        self.keep = keep
        self._commands = {
            command: conversation.name for conversation in conversations for command in conversation.commands
        }
        self._intents = {
            intent: conversation.name for conversation in conversations for intent in conversation.intents
        }

    def by_command(self, text: str) -> str | None:
        """The conversation of a command such as ``/menu``, whatever stands behind it."""
        word = text[1:].split(maxsplit=1)[0] if text[1:].strip() else ""
        return self._commands.get(fold(word).replace(" ", ""))

    def by_words(self, text: str) -> str | None:
        """The conversation whose command was written as plain words: "trợ giúp" for /trogiup."""
        return self._commands.get(fold(text).replace(" ", ""))

    def by_intent(self, intent: str) -> str | None:
        """The conversation that serves an intent."""
        return self._intents.get(intent)
