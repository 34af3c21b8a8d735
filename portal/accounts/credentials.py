"""What opens an account and closes it: log-in attempts, passwords, sessions, one-time links."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask_security import hash_password, verify_password
from sqlalchemy import delete, func, select

from portal import audit, outbox
from portal.accounts.links import INVITATION, RESET
from portal.accounts.models import LONGEST_PASSWORD, MAIL_WISHES, FailedLogin, Person
from portal.actor import Actor, ActorKind
from portal.crypto import keyring
from portal.extensions import db
from portal.problems import Invalid, TooMany
from portal.wording import LANGUAGES
from portal.workflow import N_, Field, Kind, clean, text_complaint

WINDOW = timedelta(minutes=15)
PER_MAIL = 10
PER_ADDRESS = 50
RESETS_PER_MAIL = 3
GUESSES_PER_ADDRESS = 20

SHORTEST_PASSWORD = 12
LANGUAGE_FIELDS = (
    Field(key="language", label=N_("Sprache der Oberfläche"), kind=Kind.CHOICE,
          choices=tuple(LANGUAGES.items())),
)  # fmt: skip
MAIL_WISH_FIELDS = (
    Field(key="mail_wish", label=N_("Wann sollen wir Ihnen schreiben?"), kind=Kind.CHOICE,
          choices=MAIL_WISHES),
)  # fmt: skip
# Twelve letters keep most of the usual lists out; these are what people make of twelve letters.
COMMON = (
    "passwort1234", "password1234", "passwortpasswort", "passwordpassword", "123456789012",
    "1234567890123", "12345678901234", "qwertzuiopü", "qwertzuiop123", "qwertyuiop123",
    "qwertzuiopasdf", "qwertyuiopasdf", "111111111111", "000000000000", "aaaaaaaaaaaa",
    "abcdefghijkl", "abcdefghijklm", "hallohallohallo", "ichliebedich", "willkommen123",
    "willkommen1234", "integration123", "handinhand123", "landratsamt123", "sommer2026sommer",
    "changeme1234", "geheim123456", "letmein123456", "administrator", "iloveyou1234",
)  # fmt: skip


def normalised_mail(mail: str) -> str:
    """Mail addresses are kept and looked up in small letters."""
    return mail.strip().lower()


def person_of_mail(mail: str) -> Person | None:
    if text_complaint(mail):
        return None
    return db.session.scalar(select(Person).where(Person.email == normalised_mail(mail)))


def begin_attempt(actor: Actor, mail: str, address: str) -> None:
    """Count a log-in as failed before it is tried: guesses sent all at once count all.

    Raises TooMany, for addresses of nobody too: the page must not tell who has an account.
    """
    _limit(actor, _key("login", normalised_mail(mail)), PER_MAIL)
    _limit(actor, _key("address", address), PER_ADDRESS)


def log_in(actor: Actor, person: Person, address: str) -> None:
    """The password was right: forget this person's failures, and this one of the address."""
    _forget(_key("login", person.email), None)
    _forget(_key("address", address), 1)
    person.last_login_at = actor.now
    audit.record(_own(actor, person), "login.succeeded", subject=person)


def begin_guess(actor: Actor, what: str, address: str, most: int = GUESSES_PER_ADDRESS) -> None:
    """Count an attempt at something else than an account before it is tried. Raises TooMany."""
    _limit(actor, _key(what, address), most)


def guessed_right(what: str, address: str) -> None:
    """It was no guess: forget this one."""
    _forget(_key(what, address), 1)


def record_failed_login(actor: Actor, person: Person | None) -> None:
    """What was typed as an address is not kept: people type passwords there."""
    audit.record(actor, "login.failed", subject=person, known=person is not None)


def request_reset(actor: Actor, mail: str, address: str) -> None:
    """Send a link to whoever has this address; nobody learns whether it was somebody."""
    _limit(actor, _key("reset", normalised_mail(mail)), RESETS_PER_MAIL)
    _limit(actor, _key("address", address), PER_ADDRESS)
    person = person_of_mail(mail)
    if person is not None and person.active:
        send_link(actor, person, RESET if person.password else INVITATION)


def send_link(actor: Actor, person: Person, purpose: str) -> None:
    """Send a one-time link; what it says is made when the message is delivered."""
    outbox.enqueue(actor, f"account.{purpose}", person_id=person.id, urgent=True)
    audit.record(actor, "account.invited", subject=person, purpose_of_link=purpose)


def change_password(actor: Actor, person: Person, old: str, new: str) -> None:
    """Raises Invalid. Ends every session, also the one in which it is done."""
    errors = {}
    known = len(old) <= LONGEST_PASSWORD and person.password is not None
    if not (known and verify_password(old, person.password)):
        errors["old"] = N_("Das ist nicht Ihr bisheriges Passwort.")
    if complaint := password_complaint(new, person):
        errors["new"] = complaint
    if errors:
        raise Invalid(errors)
    _store_password(actor, person, new)


def set_password(actor: Actor, person: Person, new: str) -> None:
    """After a one-time link, and for the first administrator. Raises Invalid."""
    if complaint := password_complaint(new, person):
        raise Invalid({"new": complaint})
    _forget(_key("login", person.email), None)
    _store_password(_own(actor, person), person, new)


def log_out_everywhere(actor: Actor, person: Person) -> None:
    """End every session of a person, copies of its cookie included."""
    renew_sessions(person)
    audit.record(actor, "account.logged_out_everywhere", subject=person)


def renew_sessions(person: Person) -> None:
    person.fs_uniquifier = uuid4().hex


def set_language(actor: Actor, person: Person, data: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    person.language = clean(LANGUAGE_FIELDS, data, actor.today)["language"]
    audit.record(actor, "account.changed", subject=person, fields=["language"])


def set_mail_wish(actor: Actor, person: Person, data: Mapping[str, Any]) -> None:
    """Raises Invalid."""
    person.mail_wish = clean(MAIL_WISH_FIELDS, data, actor.today)["mail_wish"]
    audit.record(actor, "account.changed", subject=person, fields=["mail_wish"])


def password_complaint(password: str, person: Person) -> str | None:
    """Why this password may not be had; None if it may."""
    if len(password) < SHORTEST_PASSWORD:
        return N_("Das Passwort braucht mindestens 12 Zeichen.")
    if len(password) > LONGEST_PASSWORD:
        return N_("Das Passwort ist zu lang.")
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < 4:
        return N_("Dieses Passwort wird zu oft verwendet und leicht erraten.")
    if any(word in plain for word in _own_words(person)) and len(plain) < 20:
        return N_("Das Passwort darf nicht aus Ihrem Namen oder Ihrer Adresse bestehen.")
    return None


def _own_words(person: Person) -> Iterable[str]:
    name = unicodedata.normalize("NFC", person.name).casefold()
    return (word for word in (*name.split(), name, person.email) if len(word) > 3)


def _store_password(actor: Actor, person: Person, new: str) -> None:
    person.password = hash_password(new)
    renew_sessions(person)
    audit.record(actor, "account.password_changed", subject=person)


def _own(actor: Actor, person: Person) -> Actor:
    """Whoever knows the password or holds the link acts as this person from here on."""
    return replace(actor, kind=ActorKind.MEMBER, name=person.name, person_id=person.id)


def _key(purpose: str, text: str) -> str:
    """A keyed hash: the table tells nobody who tried to sign in."""
    return keyring().token(f"{purpose}:{text}").hex()


def _limit(actor: Actor, key: str, limit: int) -> None:
    since = actor.now - WINDOW
    db.session.execute(delete(FailedLogin).where(FailedLogin.at < since))
    count = db.session.scalar(
        select(func.count()).select_from(FailedLogin).where(FailedLogin.key == key)
    )
    if (count or 0) >= limit:
        raise TooMany
    db.session.add(FailedLogin(key=key, at=actor.now))


def _forget(key: str, latest: int | None) -> None:
    newest = select(FailedLogin.id).where(FailedLogin.key == key)
    newest = newest.order_by(FailedLogin.id.desc()).limit(latest)
    db.session.execute(delete(FailedLogin).where(FailedLogin.id.in_(newest)))
