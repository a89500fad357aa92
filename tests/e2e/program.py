"""The real program, ``python -m chatbot serve``, as a process of its own, and other commands beside it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from tests.bot_api import TOKEN
from tests.commands import process_of

SECRET = "a-webhook-secret_for-tests-0123456789"
PUBLIC = "https://desk.partyshop.example"
"""Where customers would find the desk; a proxy in front of it would end TLS."""


class Program:
    """The program in a folder of its own. ``settings`` is the whole of its environment, but for what
    Python needs; ``lines`` holds all that it has ever printed."""

    def __init__(self, folder: Path, module: str = "chatbot", **settings: str) -> None:
        self.folder = folder
        self._module = module
        self.settings = {"DATA_DIR": str(folder / "data"), "PORT": "0", **settings}
        self.lines: list[str] = []
        self.url = ""
        self._process: Process | None = None
        self._readers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process:
            await self.kill()

    @property
    def said(self) -> str:
        """All that it has ever printed, on either stream."""
        return "\n".join(self.lines)

    @property
    def problems(self) -> list[str]:
        """The lines that tell of an error or a warning."""
        return [line for line in self.lines if re.search(r"error|warning|Traceback|Exception", line)]

    async def start(self, what: str = "serve", seconds: float = 20.0) -> None:
        """Start it, and wait until it says where it listens."""
        needed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        needed |= {"PYTHONPATH": str(Path(__file__).parents[2])}
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", self._module, *what.split()),
            env={**needed, **self.settings},
            cwd=self.folder,
            stdout=PIPE,
            stderr=PIPE,
            limit=2**24,
        )
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        streams = (stream for stream in (process.stdout, process.stderr) if stream)
        self._readers = [asyncio.create_task(self._read(stream, ready)) for stream in streams]
        await soon(lambda: ready.done() or process.returncode is not None, seconds, pause=0.01)
        assert ready.done(), self.said
        self.url = ready.result()

    async def kill(self) -> None:
        """End it as a power cut does."""
        await self._end(signal.SIGKILL, 5)

    async def terminate(self, seconds: float = 15.0) -> int:
        """Ask it to end, and return its exit code."""
        return await self._end(signal.SIGTERM, seconds)

    async def run(self, *words: str | Path) -> tuple[int, str, str]:
        """Run another command beside it, to its end: exit code, stdout and stderr."""
        code, out, err = await self._beside(words, lambda: False)
        assert code is not None
        return code, out, err

    async def cut_off(self, when: Callable[[], Awaitable[bool] | bool], *words: str | Path) -> bool:
        """Run another command beside it, and end it as a power cut does as soon as something is true; False
        where it came to its own end before."""
        code, _, _ = await self._beside(words, when)
        return code is None

    async def _beside(
        self, words: tuple[str | Path, ...], cut: Callable[[], Awaitable[bool] | bool]
    ) -> tuple[int | None, str, str]:
        with TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            process = process_of([str(word) for word in words], self.settings, self.folder, out, err)
            await asyncio.to_thread(process.start)
            await soon(lambda: process.exitcode is not None or cut(), seconds=30, pause=0.002)
            code = process.exitcode
            process.kill()
            await asyncio.to_thread(process.join)
            process.close()
            said, complained = (file.read_text("utf-8") if file.exists() else "" for file in (out, err))
        self.lines += [*said.splitlines(), *complained.splitlines()]
        return code, said, complained

    async def _read(self, stream: asyncio.StreamReader, ready: asyncio.Future[str]) -> None:
        async for raw in stream:
            line = raw.decode(errors="replace").rstrip("\n")
            self.lines.append(line)
            if (found := re.search(r"open at (http://\S+:\d+)", line)) and not ready.done():
                ready.set_result(found[1])

    async def _end(self, how: signal.Signals, seconds: float) -> int:
        process = self._process
        assert process
        if process.returncode is None:
            process.send_signal(how)
        async with asyncio.timeout(seconds):
            code = await process.wait()
            await asyncio.gather(*self._readers)
        self._process = None
        return code


async def soon(true: Callable[[], Awaitable[bool] | bool], seconds: float = 10.0, pause: float = 0.1) -> None:
    """Look again and again until something is true; fails after so many seconds."""
    async with asyncio.timeout(seconds):
        while True:
            found = true()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(pause)


def telegram_settings(api_url: str, mode: str) -> dict[str, str]:
    """The settings for a bot whose Bot API is at a stand-in."""
    settings = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api_url, "TELEGRAM_MODE": mode}
    return settings | ({"TELEGRAM_WEBHOOK_SECRET": SECRET} if mode == "webhook" else {})
