"""Settings from the environment or a ``.env`` file: frozen, checked at start, secrets hidden in repr.

Each field is the setting of the same name in capitals. Its ``description`` completes the sentence
"NAME must be ..."; that sentence is the whole complaint when a value is wrong, so no value is ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, EmailStr, Field, NameEmail, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

_WEB_ADDRESS = "a web address such as https://chat.partyshop.example"


class SettingsError(Exception):
    """The program cannot start as it is set up: one line per problem in ``problems``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _web_address(value: str) -> str:
    """Without the last slash, so that paths can be put behind it."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError
    if parts.username or parts.password or re.search(r"[\s;,'\"]", value) or parts.port == 0:
        raise ValueError
    return value.rstrip("/")


def _secret(*schemes: str) -> AfterValidator:
    """An address that may hold a password or a token."""

    def check(value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in schemes or not (parts.netloc or parts.path):
            raise ValueError
        if parts.scheme != "sqlite" and (not parts.hostname or parts.port == 0):
            raise ValueError
        return value

    return AfterValidator(check)


def _matching(pattern: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, value.get_secret_value()):
            raise ValueError
        return value

    return AfterValidator(check)


def _origins(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _default_mode(given: dict[str, Any]) -> Literal["webhook", "polling"]:
    return "webhook" if (given.get("public_url") or "").startswith("https://") else "polling"


WebAddress = Annotated[str, AfterValidator(_web_address)]
Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")]


class Settings(BaseSettings):
    """What the operator decides. Made by ``load_settings``, which also checks what belongs together."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", str_strip_whitespace=True, hide_input_in_errors=True
    )

    database_url: Annotated[SecretStr, _secret("sqlite", "postgres")] = Field(
        SecretStr("sqlite://data/chatbot.db"),
        description="sqlite://FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    )
    data_dir: Path = Field(Path("data"), description="a folder")
    host: str = Field("127.0.0.1", description="an address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="a whole number from 0 to 65535")
    public_url: WebAddress | None = Field(None, description=_WEB_ADDRESS)
    trusted_proxy: IPv4Network | IPv6Network | None = Field(
        None, description="the address or network of the proxy in front, such as 127.0.0.1 or 10.0.0.0/8"
    )
    frame_ancestors: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_origins)] = Field(
        (),
        description="the origins that may embed the chat, parted by blanks, such as https://www.partyshop.vn",
    )

    telegram_bot_token: Annotated[SecretStr, _matching(r"[0-9]+:[A-Za-z0-9_-]+")] | None = Field(
        None, description="a bot token from BotFather: digits, a colon, letters"
    )
    telegram_api_url: WebAddress = Field("https://api.telegram.org", description=_WEB_ADDRESS)
    telegram_mode: Literal["webhook", "polling"] = Field(
        default_factory=_default_mode, description="webhook or polling"
    )
    telegram_webhook_secret: Annotated[SecretStr, _matching(r"[A-Za-z0-9_-]{1,256}")] | None = Field(
        None, description="1 to 256 characters out of A-Z a-z 0-9 _ -"
    )
    telegram_staff_chat: str | None = Field(
        None, pattern=r"^-?[0-9]{1,20}$", description="the number of a group, such as -1001234567890"
    )

    zalo_app_id: str | None = Field(None, pattern=r"^[0-9]+$", description="digits")
    zalo_app_secret: SecretStr | None = Field(None, min_length=1, description="the app's secret key")
    zalo_oa_secret: SecretStr | None = Field(None, min_length=1, description="the OA's secret key")
    zalo_api_url: WebAddress = Field("https://openapi.zalo.me", description=_WEB_ADDRESS)
    zalo_oauth_url: WebAddress = Field("https://oauth.zaloapp.com", description=_WEB_ADDRESS)
    zalo_zns_url: WebAddress = Field("https://business.openapi.zalo.me", description=_WEB_ADDRESS)
    zalo_otp_template: str | None = Field(None, pattern=r"^[0-9]+$", description="digits")
    zalo_buttons: bool = Field(True, description="true or false")
    zalo_form: bool = Field(True, description="true or false")
    zalo_pays: bool = Field(False, description="true or false")
    zalo_verifier: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="the code in the verification tag: letters, digits, _ and -",
    )

    smtp_url: Annotated[SecretStr, _secret("smtp", "smtps")] | None = Field(
        None, description="smtp://USER:PASSWORD@HOST:PORT, or smtps:// for TLS from the start"
    )
    mail_from: NameEmail | None = Field(
        None, description="an e-mail address such as Partyshop.vn <partyshop@example.vn>"
    )
    staff_email: EmailStr | None = Field(None, description="an e-mail address")
    sms_url: Annotated[SecretStr, _secret("http", "https")] | None = Field(
        None, description="the web address of the SMS gateway"
    )

    changes_url: Annotated[SecretStr, _secret("http", "https")] | None = Field(
        None, description="the web address that takes the changes for the shop's other systems"
    )
    changes_secret: SecretStr | None = Field(
        None, min_length=16, description="at least 16 characters, which the receiver knows too"
    )

    keyring: Path | None = Field(None, description="the file of the key ring")
    keys_backup: Path | None = Field(None, description="the file for the backup of the keys")
    shop_file: Path | None = Field(None, description="a TOML file")
    log_format: Literal["console", "json"] = Field("console", description="console or json")
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR"
    )


_COMPANIONS = {
    "TELEGRAM_API_URL": ["TELEGRAM_BOT_TOKEN"],
    "TELEGRAM_MODE": ["TELEGRAM_BOT_TOKEN"],
    "TELEGRAM_WEBHOOK_SECRET": ["TELEGRAM_BOT_TOKEN"],
    "TELEGRAM_STAFF_CHAT": ["TELEGRAM_BOT_TOKEN"],
    "ZALO_APP_ID": ["ZALO_APP_SECRET", "ZALO_OA_SECRET", "PUBLIC_URL"],
    "ZALO_APP_SECRET": ["ZALO_APP_ID"],
    "ZALO_OA_SECRET": ["ZALO_APP_ID"],
    "ZALO_API_URL": ["ZALO_APP_ID"],
    "ZALO_OAUTH_URL": ["ZALO_APP_ID"],
    "ZALO_ZNS_URL": ["ZALO_OTP_TEMPLATE"],
    "ZALO_OTP_TEMPLATE": ["ZALO_APP_ID"],
    "ZALO_BUTTONS": ["ZALO_APP_ID"],
    "ZALO_PAYS": ["ZALO_APP_ID"],
    "ZALO_VERIFIER": ["PUBLIC_URL"],
    "SMTP_URL": ["MAIL_FROM"],
    "MAIL_FROM": ["SMTP_URL"],
    "STAFF_EMAIL": ["SMTP_URL"],
    "CHANGES_URL": ["CHANGES_SECRET"],
    "CHANGES_SECRET": ["CHANGES_URL"],
}
"""What is useless without what: a setting of one channel without these is refused."""


def load_settings(env: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")) -> Settings:
    """Read and check the settings: ``env`` (by default the process's) goes before ``env_file``.

    A setting that is empty or blank counts as not set. Raises SettingsError with all problems.
    """
    environment = EnvSettingsSource(Settings)
    if env is not None:
        environment.env_vars = {name.lower(): value for name, value in env.items()}
    try:
        file = DotEnvSettingsSource(Settings, env_file=env_file)
    except UnicodeDecodeError:
        raise SettingsError([f"{env_file} must be text in UTF-8"]) from None
    for source in (environment, file):
        source.env_vars = {name: value for name, value in source.env_vars.items() if value and value.strip()}
    names = {name.upper() for name in {*environment.env_vars, *file.env_vars}}

    problems = [
        f"{name} is set, so {companion} must be set too"
        for name in sorted(names & _COMPANIONS.keys())
        for companion in _COMPANIONS[name]
        if companion not in names
    ]
    try:
        settings = Settings(_build_sources=((environment, file), {}))  # type: ignore[call-arg]  # pydantic's own
    except ValidationError as error:
        wrong = sorted(
            {
                str(problem["loc"][0])
                for problem in error.errors(include_input=False)
                if problem["type"] != "default_factory_not_called"  # follows from another problem
            }
        )
        problems += [f"{name.upper()} must be {Settings.model_fields[name].description}" for name in wrong]
        raise SettingsError(problems) from None
    problems += _webhook_problems(settings)
    if settings.keyring and settings.keyring.resolve().is_relative_to(settings.data_dir.resolve()):
        problems.append("KEYRING must lie outside DATA_DIR: a copy of the data must not hold its keys")
    if settings.keys_backup and settings.keys_backup.resolve().is_relative_to(settings.data_dir.resolve()):
        problems.append("KEYS_BACKUP must lie outside DATA_DIR: a copy of the data must not hold its keys")
    if problems:
        raise SettingsError(problems)
    return settings


def _webhook_problems(settings: Settings) -> list[str]:
    """A platform delivers only to https. Telegram's secret: Bot API, ``setWebhook``, ``secret_token``."""
    public = (settings.public_url or "").startswith("https://")
    problems = []
    if settings.telegram_bot_token and settings.telegram_mode == "webhook":
        if not public:
            problems.append("TELEGRAM_MODE is webhook, so PUBLIC_URL must be an https address")
        if not settings.telegram_webhook_secret:
            problems.append(
                "TELEGRAM_WEBHOOK_SECRET must be set (1 to 256 characters out of A-Z a-z 0-9 _ -),"
                " or TELEGRAM_MODE be polling"
            )
    if settings.zalo_app_id and settings.public_url and not public:
        problems.append("ZALO_APP_ID is set, so PUBLIC_URL must be an https address")
    return problems
