"""Languages, dates and the words templates share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from babel import Locale, dates
from babel.support import Translations
from flask import Flask, current_app, g, has_request_context, session
from flask_babel import (
    Babel,
    Domain,
    format_date,
    format_datetime,
    get_babel,
    get_locale,
    gettext,
)
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from portal.registry import Registry
from portal.wording import LANGUAGES, Phrase
from portal.workflow import LOCAL

SESSION_KEY = "language"  # what this browser last used: for pages that ask nobody who it is

# CLDR's English is American; a month in letters is read the same everywhere.
_DAY = {"de": "dd.MM.yyyy", "en": "d MMM yyyy"}


class _Catalogues(Domain):
    """Finds a catalogue by its locale itself and not by that one's name, which it would spell
    out for every word of a page."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[Locale | None, Translations] = {}

    def get_translations(self) -> Translations:
        locale = get_locale()
        found = self._found.get(locale)
        if found is None:
            found = self._found[locale] = super().get_translations()
        return found


def init_app(app: Flask) -> None:
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "de")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", str(LOCAL))
    # One for each application: what it has loaded depends on the plugins.
    babel = Babel(app, locale_selector=lambda: _locale(current()))
    babel.domain_instance = catalogues = _Catalogues()
    loaded: Registry = app.extensions["portal"]
    folders = [plugin.folder("translations") for plugin in loaded.plugins.values()]
    # The core's at the end: the last one wins, and a plugin does not reword the core.
    get_babel(app).translation_directories[:0] = [str(folder) for folder in folders if folder]
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of its i18n extension
        gettext=lambda text: catalogues.get_translations().ugettext(text),
        ngettext=lambda one, many, n: catalogues.get_translations().ungettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.filters.update(day=_day, moment=_moment, iso=_iso, words=words)
    app.jinja_env.globals.update(translate=translate, _=_in_templates(catalogues))

    @app.context_processor
    def frame() -> dict[str, Any]:
        return {
            "language": current(),
            "languages": LANGUAGES,
            "county": current_app.config["COUNTY"],
            "contact": current_app.config["CONTACT"],
            "demo": current_app.config["DEMO"],
        }


def _in_templates(catalogues: _Catalogues) -> Callable[..., str]:
    """What Jinja's `_` does, in one step instead of five: a page has some sixty of them."""

    @pass_eval_context
    def gettext(context: EvalContext, source: str, **values: Any) -> str:
        text = catalogues.get_translations().ugettext(source)
        text = Markup(text) if context.autoescape else text  # noqa: S704 - ours
        return text % values if values or "%" in source else text

    return gettext


def current() -> str:
    """The language of whoever reads: of the person, once known, else of the browser."""
    if "language" not in g and has_request_context():
        g.language = session.get(SESSION_KEY, "de")
    return str(g.get("language", "de"))


@cache
def _locale(language: str) -> Locale:
    """One and the same for everybody: two that are equal are slow to compare."""
    return Locale.parse(language)


def translate(text: Any) -> str:
    """Words of ours from data, a source string or a Phrase, in the reader's language."""
    if not text:
        return ""
    if isinstance(text, Phrase):
        return str(gettext(text.source, **{k: _value(v) for k, v in text.values.items()}))
    return str(gettext(str(text)))


def words(text: str) -> str:
    """The same for text that may as well have been typed: that stays as it is."""
    return translate(text) if isinstance(text, Phrase) else text


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return ", ".join(_value(each) for each in value)
    if isinstance(value, datetime):
        return str(format_datetime(value, f"{_day_pattern()}, HH:mm"))
    if isinstance(value, date):
        return str(format_date(value, _day_pattern()))
    return words(value) if isinstance(value, str) else value


def _day_pattern() -> str:
    return _DAY[get_locale().language]


def _day(value: date | datetime | None) -> str:
    """Mo. 23.11.2026"""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(LOCAL).date()
    return _spelt_out(value, get_locale())


@lru_cache(maxsize=4096)
def _spelt_out(day: date, locale: Locale) -> str:
    """Lists say the same few days again and again."""
    return str(dates.format_date(day, f"EEE {_DAY[locale.language]}", locale))


def _moment(value: datetime | None) -> str:
    """Mo. 23.11.2026, 08:30"""
    if value is None:
        return ""
    return str(format_datetime(value, f"EEE {_day_pattern()}, HH:mm"))


def _iso(value: date | datetime | None) -> str:
    return value.isoformat() if value else ""
