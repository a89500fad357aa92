"""``chatbot WORDS`` as a process of its own, forked from one where everything is imported already."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from chatbot.__main__ import main

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["chatbot.__main__", "chatbot.app", "chatbot.demo", __name__])


def process_of(
    words: list[str], settings: Mapping[str, str], folder: Path, out: Path, err: Path
) -> ForkServerProcess:
    """The program, not started: in this folder, with these settings and no others, and standard output and
    error in these files."""
    return PROCESSES.Process(target=_be_it, args=(words, dict(settings), folder, out, err))


def _be_it(words: list[str], settings: dict[str, str], folder: Path, out: Path, err: Path) -> None:
    for descriptor, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), descriptor)
    os.chdir(folder)
    for name in set(os.environ) - {"PATH", "HOME", "LANG"}:
        del os.environ[name]
    os.environ.update(settings)
    main(words)
