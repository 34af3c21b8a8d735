"""Settings: each from the environment as PORTAL_<NAME>, with its default and what it is for."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    Setting("DEMO", "", "1: demo mode with shared password; refused off loopback"),
    Setting("TRUSTED_PROXIES", "0", "how many reverse proxies set X-Forwarded-*"),
)
KEY_FILE = "keys.json"
SECRET_FILE = "secret_key"
SETTINGS_FILE = "portal.env"
MAX_BODY_BYTES = 256 * 1024
SESSION_HOURS = 10


class ConfigError(Exception):
    """The configuration cannot be used; the message says what to do."""


def load(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Flask's configuration from the environment, the instance folder and `overrides`."""
    given = {s.name: os.environ.get(f"PORTAL_{s.name}", s.default) for s in SETTINGS}
    values: dict[str, Any] = {**given, **(overrides or {})}
    instance = Path(values["INSTANCE"]).resolve()
    values["INSTANCE"] = instance
    for name, value in _settings_file(instance).items():
        if f"PORTAL_{name}" not in os.environ and name not in (overrides or {}):
            values[name] = value
    url = values["DATABASE_URL"] or f"sqlite:///{instance / 'portal.sqlite'}"
    values["DEMO"] = str(values["DEMO"]) in ("1", "True")
    https = values["BASE_URL"].startswith("https://")
    return {
        "SQLALCHEMY_DATABASE_URI": url.replace("postgresql://", "postgresql+psycopg://", 1),
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
        "TRUSTED_PROXIES": int(values["TRUSTED_PROXIES"]),
    }


def _settings_file(instance: Path) -> dict[str, str]:
    path = instance / SETTINGS_FILE
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name.strip().removeprefix("PORTAL_"): value.strip() for name, value in pairs}


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
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        made.append(secret)
    if not (settings := instance / SETTINGS_FILE).exists():
        lines = [
            f"# {s.purpose}\n# PORTAL_{s.name}={s.default}\n" for s in SETTINGS if s.name != "INSTANCE"
        ]
        settings.write_text("# The environment wins over this file.\n\n" + "\n".join(lines))
        made.append(settings)
    return made
