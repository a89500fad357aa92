"""What customers write is understood, or asked about; whatever is typed, an answer comes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
import tomllib
import tracemalloc
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chatbot import wording
from chatbot.commands.intent import intent
from chatbot.intents import NONE, THRESHOLD, Intents
from tests.properties import tries

DATA = Path(__file__).parent / "data"
PHRASES: dict[str, list[str]] = {
    name: entry["phrases"]
    for name, entry in tomllib.loads(
        (resources.files("chatbot") / "data" / "intents.toml").read_text("utf-8")
    ).items()
}


def best(text: str) -> str:
    return Intents.load().guess(text)[0].intent


def labelled(name: str) -> list[tuple[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return [(row["text"], row["intent"]) for row in csv.DictReader(file)]


def measured(name: str) -> tuple[float, float]:
    """The share that is right, and the share that is wrong and yet at or over the threshold."""
    rows = labelled(name)
    guesses = [(Intents.load().guess(text)[0], right) for text, right in rows]
    right = sum(guess.intent == label for guess, label in guesses)
    bold = sum(guess.intent != label and guess.score >= THRESHOLD for guess, label in guesses)
    return right / len(rows), bold / len(rows)


@pytest.mark.parametrize(
    ("name", "least", "most_bold"),
    [("intents_dev.csv", 0.97, 0.015), ("intents_fresh.csv", 0.95, 0.015)],
)
def test_messages_that_were_not_taught_are_understood(name: str, least: float, most_bold: float) -> None:
    """Accuracy on collected messages stays up, and hardly any mistake is made with confidence."""
    accuracy, bold = measured(name)
    assert accuracy >= least
    assert bold <= most_bold


def test_collected_messages_know_no_other_labels() -> None:
    """The labels of the collected messages are the intents of the phrase file."""
    assert {label for _, label in labelled("intents_dev.csv")} == set(PHRASES)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("đừng xoá, chỉ muốn sửa", "edit_data"),
        ("dung xoa, chi muon sua thoi", "edit_data"),
        ("không phải sửa, tôi muốn xoá hết", "delete_data"),
        ("tôi không muốn khiếu nại nữa", "withdraw_case"),
        ("đừng gọi quảng cáo nữa", "object_marketing"),
        ("don't delete my data, I just want to change my phone number", "edit_data"),
    ],
)
def test_what_is_denied_is_not_wanted(text: str, meant: str) -> None:
    """A request that is denied is not the one that is understood."""
    assert best(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("xem thông tin của tôi rồi xoá luôn", "view_data"),
        ("tải dữ liệu của tôi về rồi hãy xoá", "export_data"),
        ("trước khi xoá dữ liệu, gửi tôi bản sao", "export_data"),
        ("Trước khi xoá thì cho tôi xem thông tin của tôi đã", "view_data"),
        ("xoá tài khoản sau khi gửi tôi bản sao dữ liệu", "export_data"),
        ("show me my data and then delete it", "view_data"),
    ],
)
def test_of_two_wishes_the_first_to_happen_is_understood(text: str, meant: str) -> None:
    """Of two requests the one that is to happen first counts, wherever it stands."""
    assert best(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("xoa du lieu cua toi", "delete_data"),
        ("XOÁ DỮ LIỆU CỦA TÔI!!!", "delete_data"),
        ("xoas duwx lieeuj cuar tooi", "delete_data"),
        ("xoa1 du74 lie65u cu3a to6i", "delete_data"),
        ("xoadulieu", "delete_data"),
        ("xóa dử liệu củ tôi", "delete_data"),
        ("xo\u0301a dữ liệu của tôi", "delete_data"),
        ("sửa số điện thoại", "edit_data"),
        ("suwar soos ddienej thoaij", "edit_data"),
        ("mk mún gặp nv", "talk_to_staff"),
        ("xem tt cua mik", "view_data"),
        ("ko mun nhan qc nx", "object_marketing"),
        ("gapwj nhaan vieen", "talk_to_staff"),
    ],
)
def test_careless_typing_is_read(text: str, meant: str) -> None:
    """No accents, texting short forms, raw Telex and VNI, typos and joined words are all understood."""
    assert best(text) == meant


@pytest.mark.parametrize("text", ["482913", " 482 913 ", "４８２９１３", "007001", "\ufeff482-913."])
def test_six_digits_are_a_code(text: str) -> None:
    """A bare 6-digit code is proof of identity."""
    guess = Intents.load().guess(text)[0]
    assert (guess.intent, guess.score) == ("verify", 1.0)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("KN-2026-0012", "track_case"),
        ("KN-2026-000123-X", "track_case"),
        ("kn 20260012", "track_case"),
        ("rút hồ sơ KN-2026-0012", "withdraw_case"),
        ("gửi thêm bằng chứng cho KN-2026-0012", "add_evidence"),
    ],
)
def test_a_case_number_alone_asks_how_the_case_stands(text: str, meant: str) -> None:
    """A bare case number is followed up; beside another request that request counts."""
    assert best(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "xoá đơn hàng",
        "huỷ đơn hàng giúp em",
        "khiếu nại về hàng vỡ",
        "shop có tuyển cộng tác viên không",
        "mã giảm giá của em đâu",
        "xuất hoá đơn đỏ cho công ty",
        "cảm ơn shop nhiều",
        "bong bóng số 5 giá bao nhiêu",
        "track my order",
        "wqrtp zxcvb mnbvc",
        "",
        "   ",
        "😂😂😂",
        "\0\0",
        "日本語",
    ],
)
def test_shop_talk_and_nonsense_start_nothing(text: str) -> None:
    """Goods, thanks, nonsense and nothing at all are no request, bait words or not."""
    assert best(text) == NONE


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("chào shop", "greeting"),
        ("chào shop, cho mình xem thông tin của mình nhé", "view_data"),
        ("dạ em chào shop ạ, em muốn gặp nhân viên ạ, cảm ơn", "talk_to_staff"),
        ("hello, please delete my account, thank you", "delete_data"),
    ],
)
def test_politeness_beside_a_request_does_not_count(text: str, meant: str) -> None:
    """A greeting is one only when it stands alone."""
    assert best(text) == meant


def test_guesses_come_sorted_and_sum_to_one() -> None:
    """Where the recogniser is unsure, every intent is there, the likeliest first."""
    guesses = Intents.load().guess("thông tin khiếu nại nhân viên ngôn ngữ")
    assert {guess.intent for guess in guesses} == set(PHRASES)
    assert [guess.score for guess in guesses] == sorted((guess.score for guess in guesses), reverse=True)
    assert sum(guess.score for guess in guesses) == pytest.approx(1)


def test_every_phrase_means_one_thing() -> None:
    """No phrase stands, in the same words, under two intents."""
    meanings: dict[tuple[str, ...], set[str]] = {}
    for name, phrases in PHRASES.items():
        for phrase in phrases:
            meanings.setdefault(tuple(wording.request(wording.words(phrase))), set()).add(name)
    assert [said for said, names in meanings.items() if len(names) > 1] == []


def test_what_is_taught_is_understood() -> None:
    """Each phrase of the file gets its own intent with certainty."""
    wrong = [(p, best(p)) for name, phrases in PHRASES.items() for p in phrases if best(p) != name]
    assert wrong == []


def test_learning_again_gives_the_same_scores() -> None:
    """Learning again gives the very same scores."""
    again = Intents(PHRASES)
    for text, _ in labelled("intents_fresh.csv"):
        assert again.guess(text) == Intents.load().guess(text)


@given(st.text(max_size=300))
@settings(max_examples=tries(200), deadline=None)
def test_any_text_gets_an_answer(text: str) -> None:
    """Whatever is typed, there is a known intent with a score from 0 to 1."""
    first = Intents.load().guess(text)[0]
    assert first.intent in PHRASES
    assert 0 <= first.score <= 1


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "x@" * 500_000, "xoá " * 200_000, "khong " * 200_000, "\ufdfa" * 300_000]
)
def test_an_endless_message_costs_no_more_than_a_long_one(text: str) -> None:
    """A megabyte is answered in milliseconds."""
    Intents.load()
    before = time.perf_counter()
    Intents.load().guess(text)
    assert time.perf_counter() - before < 0.25


def test_the_recogniser_is_small() -> None:
    """What is learnt takes a few megabytes."""
    tracemalloc.start()
    kept = Intents(PHRASES)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.guess("xoá dữ liệu")[0].intent == "delete_data"
    assert size < 8_000_000


app = typer.Typer()
app.command()(intent)


def test_the_command_prints_intent_and_score() -> None:
    """Words without quotes are one message; --json gives the same for programs."""
    shown = CliRunner().invoke(app, ["xoá", "dữ", "liệu", "của", "tôi"])
    assert (shown.exit_code, shown.stdout) == (0, "delete_data 1.000\n")
    found = json.loads(CliRunner().invoke(app, ["xoá dữ liệu của tôi", "--json"]).stdout)
    assert found == {"text": "xoá dữ liệu của tôi", "intent": "delete_data", "score": 1.0}


def test_the_command_answers_each_row_of_a_file(tmp_path: Path) -> None:
    """Each row comes back in order with its text unchanged, be it empty, huge or of several lines."""
    texts = ["xoá dữ liệu", "", 'a "b", c\nd', "x" * 300_000, "\0", "=1+1", "gặp nhân viên"]
    file = tmp_path / "in.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened, quoting=csv.QUOTE_ALL)
        writer.writerow(("id", " Text "))
        writer.writerows(enumerate(texts))
    shown = CliRunner().invoke(app, ["--file", str(file)])
    rows = list(csv.DictReader(shown.stdout.splitlines(keepends=True)))
    assert shown.exit_code == 0
    assert [row["text"] for row in rows] == texts
    assert rows[0]["intent"] == "delete_data"
    assert rows[-1]["intent"] == "talk_to_staff"
    assert all(0 <= float(row["score"]) <= 1 for row in rows)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"", "no column named text"),
        (b"words,label\nx,y\n", "no column named text"),
        (b"\xff\xfet\0e\0x\0t\0", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """The command exits with 2 and says in one line what is wrong with the file."""
    file = tmp_path / "in.csv"
    if content is not None:
        file.write_bytes(content)
    shown = CliRunner().invoke(app, ["--file", str(file)])
    assert shown.exit_code == 2
    assert Counter(shown.stderr)["\n"] == 1
    assert reason in shown.stderr


@pytest.mark.parametrize("arguments", [[], ["xoá", "--file", "x.csv"]])
def test_a_text_or_a_file_is_needed(arguments: list[str]) -> None:
    """Neither, or both, is wrong usage."""
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_a_broken_argument_can_still_be_printed() -> None:
    """Bytes of the command line that are no UTF-8 do not stop the answer."""
    code = "import typer; from chatbot.commands.intent import intent; typer.run(intent)"
    arguments: list[str | bytes] = [sys.executable, "-c", code, "--json", b"\xff\xfe xo\xc3"]
    done = subprocess.run(arguments, capture_output=True, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["intent"] in PHRASES
