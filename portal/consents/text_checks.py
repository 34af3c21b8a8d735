"""Which translations of the texts for clients have been checked, by whom, and how long it holds."""

from __future__ import annotations

from sqlalchemy import select

from portal import audit
from portal.actor import Actor
from portal.clients.policy import require
from portal.consents import texts
from portal.consents.models import ConsentTextCheck
from portal.documents.sheet import Words
from portal.extensions import db
from portal.problems import Conflict, NotFound
from portal.workflow import N_

PERMISSION = "consent_text.check"


def check_of(language: str, version: str = texts.CURRENT) -> ConsentTextCheck | None:
    """The check of a translation. It ends by itself when the German or the translation changes,
    and holds for a version that says the same in both."""
    said = _said(language, version)
    statement = select(ConsentTextCheck).where(ConsentTextCheck.language == language)
    checks = db.session.scalars(statement.order_by(ConsentTextCheck.checked_on.desc()))
    return next((each for each in checks if _said(language, each.version) == said), None)


def note(language: str, version: str = texts.CURRENT) -> Words:
    """What a sheet says of its translation."""
    check = check_of(language, version)
    if check is None:
        return texts.words("translation_unchecked", language)
    return texts.words("translation_checked", language, day=check.checked_on)


def mark_checked(actor: Actor, language: str) -> ConsentTextCheck:
    """A translator has read the current version. Raises Forbidden, NotFound, Conflict."""
    require(actor, PERMISSION)
    require_translation(language)
    if check_of(language):
        raise Conflict(N_("Diese Übersetzung ist schon als geprüft vermerkt."))
    assert actor.membership_id
    check = ConsentTextCheck(language=language, version=texts.CURRENT,
                             checked_by_id=actor.membership_id, checked_on=actor.today)  # fmt: skip
    db.session.add(check)
    db.session.flush()
    audit.record(actor, "consent_text.checked", subject=check, language=language,
                 version=check.version)  # fmt: skip
    return check


def withdraw_check(actor: Actor, language: str) -> None:
    """A mistake was found, or the mark was one. Raises Forbidden, NotFound, Conflict."""
    require(actor, PERMISSION)
    require_translation(language)
    check = check_of(language)
    if check is None:
        raise Conflict(N_("Diese Übersetzung ist nicht als geprüft vermerkt."))
    audit.record(actor, "consent_text.check_withdrawn", subject=check, language=language,
                 version=check.version)  # fmt: skip
    db.session.delete(check)
    db.session.flush()


def require_translation(language: str) -> None:
    if language not in texts.LANGUAGES or language == "de":
        raise NotFound


def _said(language: str, version: str) -> tuple[str, str]:
    return texts.digest(version), texts.digest(version, language)
