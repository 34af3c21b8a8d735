"""The texts for clients beside their translations, and the mark that one has been checked."""

from __future__ import annotations

from flask import Blueprint, Response, flash, render_template, url_for
from flask_babel import gettext as _

from portal.accounts.session import current_actor
from portal.consents import text_checks, texts
from portal.documents.sheet import direction
from portal.extensions import db
from portal.web.access import access
from portal.web.htmx import go
from portal.workflow import N_

bp = Blueprint("consent_texts", __name__)

# What a key begins with says on which sheet it stands; the others are the consent's.
SHEETS = {
    "consent": N_("Einwilligung"),
    "disclosure": N_("Wer hat was bekommen"),
    "slip": N_("Begleitblatt"),
    "dossier": N_("Auskunft"),
    "link": N_("Link für die Person"),
}


@bp.get("/texts")
@access(text_checks.PERMISSION)
def index() -> str:
    rows = [(language, texts.label(language), text_checks.check_of(language))
            for language in texts.LANGUAGES if language != "de"]  # fmt: skip
    return render_template("consents/texts.html", rows=rows, version=texts.CURRENT)


@bp.get("/texts/<language>")
@access(text_checks.PERMISSION)
def show(language: str) -> str:
    text_checks.require_translation(language)
    translated = texts.sentences(language)
    sheets: dict[str, list[tuple[str, str]]] = {sheet: [] for sheet in SHEETS}
    for key, german in texts.sentences("de").items():
        sheet = key.partition(".")[0]
        sheets[sheet if sheet in SHEETS else "consent"].append((german, translated[key]))
    return render_template(
        "consents/texts_language.html", code=language, label=texts.label(language),
        direction=direction(language), check=text_checks.check_of(language),
        version=texts.CURRENT,
        sheets=[(key, SHEETS[key], rows) for key, rows in sheets.items()],
    )  # fmt: skip


@bp.post("/texts/<language>/check")
@access(text_checks.PERMISSION)
def check(language: str) -> Response:
    text_checks.mark_checked(current_actor(), language)
    return _done(language, _("Die Übersetzung ist als geprüft vermerkt."))


@bp.post("/texts/<language>/withdraw")
@access(text_checks.PERMISSION)
def withdraw(language: str) -> Response:
    text_checks.withdraw_check(current_actor(), language)
    return _done(language, _("Der Vermerk ist zurückgenommen."))


def _done(language: str, message: str) -> Response:
    db.session.commit()
    flash(message, "success")
    return go(url_for("consent_texts.show", language=language))
