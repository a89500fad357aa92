"""What both servers under load share: they tell what they have used, and end with their parent."""

from __future__ import annotations

import asyncio
import re
import resource
import sys
from pathlib import Path

from aiohttp import web


async def usage(_: web.Request) -> web.Response:
    """What this process has used so far: CPU seconds of all its threads, and MiB of memory at most."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return web.json_response({"cpu": used.ru_utime + used.ru_stime, "peak": _peak_kib(used) / 1024})


def _peak_kib(used: resource.struct_rusage) -> int:
    """``ru_maxrss`` counts what the parent held when it started us, too; Linux can say what is our own."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) if found else used.ru_maxrss


async def ends() -> None:
    """Returns when standard input is closed."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    await reader.read()
