"""Logs that cannot tell anything about a person.

Our own lines are structlog events with named values. An exception, wherever it comes from, is logged as its
type and its frames, never its message or its locals. Of what a library logs, only the template of a warning
is kept, without its arguments: those hold queries, updates and web addresses with tokens in them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePath
from traceback import walk_tb
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_FRAMES = 12
"""The innermost frames, which tell most; endless recursion has a thousand."""
_CAUSES = 5


def describe(error: BaseException) -> list[str]:
    """All that may be logged of an exception: a line each for it and for what led to it.

    A line is the type and, innermost first, the frames as ``file:line:function``.
    """
    return [_line(one) for one in islice(_chain(error), _CAUSES)]


def set_up_logs(log_format: Literal["console", "json"], level: str, stream: TextIO | None = None) -> None:
    """Send all logs to ``stream`` (stderr): ours from ``level`` on, those of libraries from WARNING on."""
    out = stream or sys.stderr
    render = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    finish: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_exceptions,
        render,
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,  # otherwise a second set-up would not reach loggers in use
    )
    handler = logging.StreamHandler(out)
    # On the handler, not on the loggers: a library that sets its own logger's level changes nothing.
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_Foreign(finish))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _Foreign(logging.Formatter):
    """A library's record without its arguments. One without arguments may be put together already, as
    asyncio's are, with the exception's message in it: of that, only where it was logged is kept."""

    def __init__(self, processors: list[Processor]) -> None:
        super().__init__()
        self._processors = processors

    def format(self, record: logging.LogRecord) -> str:
        where = f"{record.module}:{record.lineno}:{record.funcName}"
        template = record.msg if record.args and isinstance(record.msg, str) else "(message withheld)"
        event: Any = {"event": template, "logger": record.name, "where": where, "exc_info": record.exc_info}
        for process in self._processors:
            event = process(None, record.levelname.lower(), event)
        return str(event)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, those it groups, and what caused it or was being handled when it was raised."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _chain(one)
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _chain(before)


def _line(error: BaseException) -> str:
    frames = [
        f"{'/'.join(PurePath(frame.f_code.co_filename).parts[-2:])}:{number}:{frame.f_code.co_name}"
        for frame, number in walk_tb(error.__traceback__)
    ]
    kind = type(error)
    return " < ".join([f"{kind.__module__}.{kind.__qualname__}", *reversed(frames[-_FRAMES:])])


def _hide_exceptions(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Describe ``exc_info``, and any exception that was handed in as a value."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, tuple):
        raised = raised[1]
    for name, value in event.items():
        if isinstance(value, BaseException):
            event[name] = describe(value)
    if isinstance(raised, BaseException):
        event["raised"] = describe(raised)
    return event
