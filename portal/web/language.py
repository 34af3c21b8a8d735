"""Languages, dates and the words templates share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, g
from flask_babel import format_date, format_datetime, gettext

from portal.extensions import babel
from portal.workflow import LOCAL

LANGUAGES = ("de", "en")


def init_app(app: Flask) -> None:
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "de")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", str(LOCAL))
    # German is the source language: its catalogue is the source itself.
    babel.init_app(app, locale_selector=lambda: g.get("language", "de"))
    app.jinja_env.filters.update(day=_day, moment=_moment, iso=_iso)
    app.jinja_env.globals.update(translate=translate)

    @app.context_processor
    def frame() -> dict[str, Any]:
        return {
            "language": g.get("language", "de"),
            "county": current_app.config["COUNTY"],
            "contact": current_app.config["CONTACT"],
            "demo": current_app.config["DEMO"],
        }


def translate(text: Any) -> str:
    """A German source string from data, in the reader's language."""
    return str(gettext(str(text))) if text else ""


def _day(value: date | datetime | None) -> str:
    """Mo. 23.11.2026"""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(LOCAL).date()
    return str(format_date(value, "EEE dd.MM.yyyy"))


def _moment(value: datetime | None) -> str:
    """Mo. 23.11.2026, 08:30"""
    if value is None:
        return ""
    return str(format_datetime(value, "EEE dd.MM.yyyy, HH:mm"))


def _iso(value: date | datetime | None) -> str:
    return value.isoformat() if value else ""
