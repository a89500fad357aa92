"""``chatbot intent``: which intent the bot would understand, and how sure it is."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from chatbot.intents import Guess, Intents


def intent(
    text: Annotated[list[str] | None, typer.Argument(help="What the customer writes.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A CSV file with a column text.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the intent of TEXT and its score; with --file, of each row, as CSV text,intent,score.

    Several words of TEXT are one message. Exits with 2 where there is no text, or a file that cannot be read.
    """
    if (text is None) == (file is None):
        _refuse("give a text, or a CSV with --file")
    texts = _column(file) if file is not None else [_printable(" ".join(text or ()))]
    recognise = Intents.load().guess
    answers = [(each, recognise(each)[0]) for each in texts]
    if as_json:
        rows = [_row(each, best) for each, best in answers]
        out = json.dumps(rows if file is not None else rows[0], ensure_ascii=False) + "\n"
    elif file is None:
        out = "".join(f"{best.intent} {best.score:.3f}\n" for _, best in answers)
    else:
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("text", "intent", "score"))
        writer.writerows((each, best.intent, f"{best.score:.3f}") for each, best in answers)
        out = table.getvalue()
    typer.echo(out.encode(), nl=False)


def _row(text: str, best: Guess) -> dict[str, str | float]:
    return {"text": text, "intent": best.intent, "score": round(best.score, 3)}


def _column(file: Path) -> list[str]:
    """The column ``text`` of a CSV in UTF-8, with or without a byte order mark; a blank line is no row."""
    csv.field_size_limit(sys.maxsize)
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = [row for row in csv.reader(opened) if row]
    except OSError as error:
        _refuse(f"{_printable(str(file))}: {error.strerror}")
    except UnicodeDecodeError:
        _refuse(f"{_printable(str(file))}: this is not UTF-8")
    except (csv.Error, ValueError) as error:
        _refuse(f"{_printable(str(file))}: this is no CSV ({error})")
    header = [name.strip().casefold() for name in rows[0]] if rows else []
    if "text" not in header:
        _refuse(f"{_printable(str(file))}: there is no column named text")
    at = header.index("text")
    return [row[at] if at < len(row) else "" for row in rows[1:]]


def _printable(text: str) -> str:
    """Bytes of the command line that were no text become question marks, so that they can be printed."""
    return text.encode("utf-8", "replace").decode()


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"intent: {reason}", err=True)
    raise typer.Exit(2)
