"""Settings: what is refused at start, in which words, and what never shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.settings import Settings, SettingsError, load_settings

TOKEN = "123456:test-token_A"
WEBHOOK = {
    "PUBLIC_URL": "https://chat.partyshop.example/",
    "TELEGRAM_BOT_TOKEN": TOKEN,
    "TELEGRAM_WEBHOOK_SECRET": "a-secret_1",
}
ZALO = {"ZALO_APP_ID": "1", "ZALO_APP_SECRET": "s", "ZALO_OA_SECRET": "s"}


def load(**env: str) -> Settings:
    return load_settings(env, env_file=None)


def problems(**env: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(**env)
    return error.value.problems


def test_without_any_setting_the_documented_defaults_hold() -> None:
    """The program starts with nothing set; the key ring alone has no default."""
    settings = load()
    assert settings.database_url.get_secret_value() == "sqlite://data/chatbot.db"
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8080, Path("data"))
    assert (settings.telegram_mode, settings.telegram_api_url) == ("polling", "https://api.telegram.org")
    assert (settings.log_format, settings.log_level) == ("console", "INFO")
    assert settings.keyring is None
    assert settings.frame_ancestors == ()


def test_an_https_address_makes_telegram_deliver_by_webhook() -> None:
    """The mode follows PUBLIC_URL, unless it is set."""
    assert load(**WEBHOOK).telegram_mode == "webhook"
    assert load(**WEBHOOK).public_url == "https://chat.partyshop.example"
    assert load(**WEBHOOK, TELEGRAM_MODE="polling").telegram_mode == "polling"
    assert load(PUBLIC_URL="http://127.0.0.1:8080").telegram_mode == "polling"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://secret-value@h/x"),
        ("DATABASE_URL", "postgres://secret-value@h:99999/x"),
        ("PORT", "secret-value"),
        ("PORT", "70000"),
        ("PUBLIC_URL", "partyshop.vn"),
        ("PUBLIC_URL", "https://user:secret-value@partyshop.vn"),
        ("TRUSTED_PROXY", "secret-value"),
        ("FRAME_ANCESTORS", "https://a.example; script-src *"),
        ("FRAME_ANCESTORS", "*"),
        ("TELEGRAM_BOT_TOKEN", "secret-value"),
        ("TELEGRAM_BOT_TOKEN", "1:secret/../value"),
        ("ZALO_VERIFIER", '"><script>'),
        ("SMS_URL", "secret-value"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_named_once_and_never_shown(name: str, value: str) -> None:
    """The line names the setting and what it must be; the value may be a secret."""
    lines = problems(**{name: value})
    assert [line.startswith(f"{name} must be ") for line in lines].count(True) == 1
    assert not any(value in line or "secret-value" in line for line in lines)


@pytest.mark.parametrize(
    ("env", "missing"),
    [
        ({"TELEGRAM_STAFF_CHAT": "-1001"}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_MODE": "polling"}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_API_URL": "http://127.0.0.1:9000"}, "TELEGRAM_BOT_TOKEN"),
        ({"SMTP_URL": "smtp://127.0.0.1:25"}, "MAIL_FROM"),
        ({"MAIL_FROM": "shop@example.vn"}, "SMTP_URL"),
        ({"STAFF_EMAIL": "shop@example.vn"}, "SMTP_URL"),
        ({"ZALO_OA_SECRET": "x"}, "ZALO_APP_ID"),
        ({**ZALO}, "PUBLIC_URL"),
        ({"ZALO_APP_ID": "1", "ZALO_OA_SECRET": "s", "PUBLIC_URL": "https://a.example"}, "ZALO_APP_SECRET"),
        ({"ZALO_OTP_TEMPLATE": "7"}, "ZALO_APP_ID"),
    ],
)
def test_a_setting_without_its_companion_is_refused_by_name(env: dict[str, str], missing: str) -> None:
    """Half a channel would fail later, and silently."""
    lines = problems(**env)
    assert all(line.split()[0] in env for line in lines)
    assert any(f"{missing} must be set" in line for line in lines), lines


@pytest.mark.parametrize("secret", ["", " ", "with blank", "x" * 257, "é", "a+b"])
def test_a_webhook_needs_a_secret_that_telegram_can_carry(secret: str) -> None:
    """1 to 256 characters out of A-Z a-z 0-9 _ - (Bot API, setWebhook)."""
    (line,) = problems(**{**WEBHOOK, "TELEGRAM_WEBHOOK_SECRET": secret})
    assert line.startswith("TELEGRAM_WEBHOOK_SECRET must be ")
    assert "A-Z a-z 0-9 _ -" in line


def test_webhooks_need_an_https_address() -> None:
    """Neither Telegram nor Zalo delivers to plain http."""
    http = {"PUBLIC_URL": "http://chat.partyshop.example"}
    assert problems(**{**WEBHOOK, **http, "TELEGRAM_MODE": "webhook"}) == [
        "TELEGRAM_MODE is webhook, so PUBLIC_URL must be an https address"
    ]
    assert problems(**ZALO, **http) == ["ZALO_APP_ID is set, so PUBLIC_URL must be an https address"]


def test_all_problems_are_told_at_once() -> None:
    """Wrong values and missing companions come in one list, a line each."""
    lines = problems(PORT="x", LOG_LEVEL="x", PUBLIC_URL="x", STAFF_EMAIL="shop@example.vn")
    assert len(lines) == 4
    assert all("\n" not in line for line in lines)


def test_complete_channels_are_taken() -> None:
    """Every setting together with its companions is accepted."""
    settings = load(
        **WEBHOOK,
        **ZALO,
        ZALO_OTP_TEMPLATE="7",
        TELEGRAM_STAFF_CHAT="-1001234567890",
        SMTP_URL="smtp://user:pass@127.0.0.1:25",
        MAIL_FROM="Partyshop.vn <shop@example.vn>",
        STAFF_EMAIL="staff@example.vn",
        SMS_URL="https://sms.example/send?key=1",
        TRUSTED_PROXY="127.0.0.1",
        FRAME_ANCESTORS="https://www.partyshop.example  http://localhost:3000",
        DATABASE_URL="postgres://u:p@127.0.0.1:5432/chatbot",
        log_level="debug",
    )
    assert settings.frame_ancestors == ("https://www.partyshop.example", "http://localhost:3000")
    assert settings.log_level == "DEBUG"
    assert settings.mail_from is not None
    assert settings.mail_from.email == "shop@example.vn"


def test_secrets_do_not_show() -> None:
    """Neither printing nor formatting the settings tells a secret; and they cannot be changed."""
    secrets = {
        "DATABASE_URL": "postgres://u:hidden-1@127.0.0.1/x",
        "TELEGRAM_BOT_TOKEN": "1:hidden-2",
        "TELEGRAM_WEBHOOK_SECRET": "hidden-3",
        "ZALO_APP_SECRET": "hidden-4",
        "ZALO_OA_SECRET": "hidden-5",
        "SMTP_URL": "smtp://u:hidden-6@127.0.0.1",
        "SMS_URL": "https://sms.example/?key=hidden-7",
    }
    settings = load(**{**WEBHOOK, **ZALO, "MAIL_FROM": "shop@example.vn", **secrets})
    assert "hidden" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_the_environment_goes_before_the_file_and_blank_means_not_set(tmp_path: Path) -> None:
    """An operator can override one line of .env, and an empty line of a template does no harm."""
    file = tmp_path / ".env"
    file.write_text("PORT=9000\nHOST=0.0.0.0\nPUBLIC_URL=\nOTHER_PROGRAM=1\n", encoding="utf-8")
    settings = load_settings({"PORT": "9001", "HOST": " "}, env_file=file)
    assert (settings.port, settings.host, settings.public_url) == (9001, "0.0.0.0", None)


def test_a_handed_in_environment_is_the_whole_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens to be set on the machine does not reach the demo or a test; by default it counts."""
    monkeypatch.setenv("PORT", "9000")
    assert load().port == 8080
    assert load_settings(env_file=None).port == 9000


def test_a_settings_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """A clear line instead of a traceback."""
    file = tmp_path / ".env"
    file.write_bytes("MAIL_FROM=Tiệm <shop@example.vn>\n".encode("utf-16"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings({}, env_file=file)


def test_a_key_ring_inside_the_data_is_refused(tmp_path: Path) -> None:
    """Also by way of a symbolic link, in either direction."""
    data, keys = tmp_path / "data", tmp_path / "keys"
    data.mkdir()
    keys.mkdir()
    (keys / "link").symlink_to(data, target_is_directory=True)
    (tmp_path / "data2").symlink_to(data, target_is_directory=True)
    for ring, folder in [
        (data / "ring.json", data),
        (keys / "link" / "ring.json", data),
        (data / "ring.json", tmp_path / "data2"),
        (keys / ".." / "data" / "deeper" / "ring.json", data),
    ]:
        (line,) = problems(KEYRING=str(ring), DATA_DIR=str(folder))
        assert line.startswith("KEYRING must lie outside DATA_DIR")
        (line,) = problems(KEYS_BACKUP=str(ring), DATA_DIR=str(folder))
        assert line.startswith("KEYS_BACKUP must lie outside DATA_DIR")
    assert load(KEYRING=str(keys / "ring.json"), DATA_DIR=str(data)).keyring == keys / "ring.json"
