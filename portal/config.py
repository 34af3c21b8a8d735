"""Settings: each from the environment as PORTAL_<NAME>, with its default and what it is for."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from portal.crypto import Keyring, write_new_keyring


@dataclass(frozen=True)
class Setting:
    name: str
    default: str
    purpose: str


SETTINGS = (
    Setting("INSTANCE", "instance", "folder of the database, the keys and the configuration"),
    Setting("DATABASE_URL", "", "SQLAlchemy address; empty: SQLite in the instance folder"),
    Setting("KEYS", "", "the key file's content; empty: the file keys.json in the instance folder"),
    Setting("SECRET_KEY", "", "signs sessions; empty: the file secret_key in the instance folder"),
    Setting("BASE_URL", "http://127.0.0.1:8000", "address of the portal as people reach it"),
    Setting("COUNTY", "", "name of the operating county, shown in the header"),
    Setting("CONTACT", "", "where people turn to for help and accessibility: mail or telephone"),
    Setting("DATA_PROTECTION_OFFICER", "", "whom to ask about data protection, on every sheet"),
    Setting("SMTP_HOST", "", "mail server; empty: the worker prints messages"),
    Setting("SMTP_PORT", "587", "its port"),
    Setting("SMTP_SECURITY", "starttls", "starttls, tls, or none for a server on this machine"),
    Setting("SMTP_USER", "", "for a server that asks who sends; empty: it does not"),
    Setting("SMTP_PASSWORD", "", "the password to that"),
    Setting("SMTP_SENDER", "", "the county's own address, from which all messages come"),
    Setting("DEMO", "", "1: demo mode with a shared password, on this machine alone"),
    Setting("TRUSTED_PROXIES", "0", "how many reverse proxies set X-Forwarded-*"),
)
_SENDER = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
KEY_FILE = "keys.json"
SECRET_FILE = "secret_key"  # noqa: S105 - the name of a file
SETTINGS_FILE = "portal.env"
MAX_BODY_BYTES = 256 * 1024
SESSION_HOURS = 10
DATABASE_SECONDS = 5  # how long a request waits for a database that does not answer


class ConfigError(Exception):
    """The configuration cannot be used; the message says what to do."""


def load(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Flask's configuration from the environment, the instance folder and `overrides`."""
    given = {s.name: os.environ.get(f"PORTAL_{s.name}", s.default) for s in SETTINGS}
    values: dict[str, Any] = {**given, **(overrides or {})}
    instance = Path(values["INSTANCE"]).resolve()
    values["INSTANCE"] = instance
    values |= {
        name: value
        for name, value in _settings_file(instance).items()
        if f"PORTAL_{name}" not in os.environ and name not in (overrides or {})
    }
    url = _database_url(values["DATABASE_URL"], instance)
    values["DEMO"] = str(values["DEMO"]) in ("1", "True")
    values["TRUSTED_PROXIES"] = _proxies(values["TRUSTED_PROXIES"])
    _check_address(values)
    _check_mail(values)
    https = values["BASE_URL"].startswith("https://")
    return {
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(url),
        "KEYRING": _keyring(values["KEYS"], instance),
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
        "MAX_FORM_MEMORY_SIZE": MAX_BODY_BYTES,
        "PERMANENT_SESSION_LIFETIME": SESSION_HOURS * 3600,
        "SESSION_COOKIE_NAME": "__Host-portal" if https else "portal",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        **values,
        "SECRET_KEY": values["SECRET_KEY"] or _secret(instance),
    }


def is_loopback(address: str) -> bool:
    """Whether an address with or without scheme and port names this machine alone."""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname
    except ValueError:
        return False
    return host in LOOPBACK


def _check_address(values: Mapping[str, Any]) -> None:
    parts = urlsplit(values["BASE_URL"])
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError(
            f"PORTAL_BASE_URL={values['BASE_URL']!r} is no address: https://portal.example"
        )
    if not values["DEMO"]:
        return
    if not is_loopback(values["BASE_URL"]):
        raise ConfigError("PORTAL_DEMO: everybody knows the demo's password, so it is served on "
                          f"this machine alone, not at {values['BASE_URL']}")  # fmt: skip
    if values["TRUSTED_PROXIES"]:
        raise ConfigError("PORTAL_DEMO: the demo is not served behind a proxy; "
                          "leave PORTAL_TRUSTED_PROXIES at 0")  # fmt: skip


def _check_mail(values: dict[str, Any]) -> None:
    if not str(values["SMTP_PORT"]).isdecimal() or not 0 < int(values["SMTP_PORT"]) < 65536:
        raise ConfigError(f"PORTAL_SMTP_PORT={values['SMTP_PORT']!r} is no port, such as 587")
    values["SMTP_PORT"] = int(values["SMTP_PORT"])
    if not values["SMTP_HOST"]:
        return
    security = values["SMTP_SECURITY"]
    if security not in ("starttls", "tls", "none"):
        raise ConfigError(f"PORTAL_SMTP_SECURITY={security!r} is not starttls, tls or none")
    if security == "none" and not is_loopback(values["SMTP_HOST"]):
        raise ConfigError(
            "PORTAL_SMTP_SECURITY=none: messages would cross the network for "
            "everybody to read; only a server on this machine does without"
        )
    if not _SENDER.fullmatch(values["SMTP_SENDER"]):
        raise ConfigError(
            f"PORTAL_SMTP_SENDER={values['SMTP_SENDER']!r} is no mail address, such "
            "as portal@county.example"
        )


def _database_url(given: str, instance: Path) -> URL:
    try:
        url = make_url(given or f"sqlite:///{instance / 'portal.sqlite'}")
    except ArgumentError as error:
        # Without the address itself: it may hold a password.
        raise ConfigError("PORTAL_DATABASE_URL is no database address, such as "
                          "postgresql://user@host/name or sqlite:///file") from error  # fmt: skip
    kind = url.get_backend_name()
    if kind in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise ConfigError(f"PORTAL_DATABASE_URL: {kind} is not served, only sqlite and postgresql")
    return url


def _engine_options(url: URL) -> dict[str, Any]:
    # A failed statement is logged without its values: they tell of people.
    options: dict[str, Any] = {"hide_parameters": True}
    if url.get_backend_name() != "sqlite":
        # A connection that died while it lay in the pool is noticed before it is used.
        options["pool_pre_ping"] = True
        options["connect_args"] = {"connect_timeout": DATABASE_SECONDS}
    return options


def _proxies(given: Any) -> int:
    if not str(given).isdecimal():
        raise ConfigError(f"PORTAL_TRUSTED_PROXIES={given!r} is no number, such as 0 or 1")
    return int(given)


def _settings_file(instance: Path) -> dict[str, str]:
    path = instance / SETTINGS_FILE
    if not path.is_file():
        return {}
    known = {setting.name for setting in SETTINGS} - {"INSTANCE"}
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name = name.strip().removeprefix("PORTAL_")
        if not equals or name not in known:
            raise ConfigError(f"{path}, line {number}: not a setting: {line.split('=')[0].strip()}")
        found[name] = value.strip()
    return found


def _keyring(keys: str, instance: Path) -> Keyring:
    path = instance / KEY_FILE
    if not keys and not path.is_file():
        raise ConfigError(f"no keys: run `portal init`, or set PORTAL_KEYS ({path} is missing)")
    try:
        return Keyring.loads(keys or path.read_text())
    except ValueError as error:
        raise ConfigError(f"{'PORTAL_KEYS' if keys else path}: {error}") from error


def _secret(instance: Path) -> str:
    path = instance / SECRET_FILE
    if not path.is_file():
        raise ConfigError(f"no secret: run `portal init`, or set PORTAL_SECRET_KEY ({path})")
    return path.read_text().strip()


def create_instance(instance: Path) -> list[Path]:
    """Make the folder, keys and configuration that are missing; returns what was made."""
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    made: list[Path] = []
    if not (keys := instance / KEY_FILE).exists():
        write_new_keyring(keys)
        made.append(keys)
    if not (secret := instance / SECRET_FILE).exists():
        _write_private(secret, secrets.token_urlsafe(48))
        made.append(secret)
    if not (settings := instance / SETTINGS_FILE).exists():
        lines = [f"# {s.purpose}\n# PORTAL_{s.name}={s.default}\n" for s in SETTINGS[1:]]
        text = "# The environment wins over this file.\n\n" + "\n".join(lines)
        _write_private(settings, text)  # a database's password may come to stand in it
        made.append(settings)
    return made


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
