"""Log-in with Flask-Security: argon2id, sessions that can be ended, one-time links."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, session
from flask_security import SQLAlchemyUserDatastore, hash_password, login_user, verify_password
from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from portal.accounts import links
from portal.accounts.models import LONGEST_PASSWORD, Person
from portal.accounts.roles import ROLES
from portal.accounts.session import SIGNED_IN_AT, now
from portal.extensions import db, security
from portal.outbox import unread
from portal.web.language import SESSION_KEY, translate

_DUMMY = "portal_dummy_hash"
# Made once, since every request asks it.
_WHO = (
    select(Person, unread(Person.id))
    .options(joinedload(Person.memberships))
    .where(Person.fs_uniquifier == bindparam("fs_uniquifier"))
)
# Worked out once a request, so of no use after somebody else has signed in.
_OF_THE_REQUEST = ("csrf_token", "membership", "memberships", "actor")


class _People(SQLAlchemyUserDatastore):
    """Finds whoever sends a request together with where they serve and how many messages they
    have not read: every page needs all three."""

    def find_user(self, case_insensitive: bool = False, **by: Any) -> Any:
        if by.keys() != {"fs_uniquifier"}:
            return super().find_user(case_insensitive, **by)
        found = db.session.execute(_WHO, by).unique().one_or_none()
        if found is None:
            return None
        person, g.unread = found
        return person


def init_app(app: Flask) -> None:
    app.config.setdefault("SECURITY_PASSWORD_HASH", "argon2")
    app.config.setdefault("SECURITY_PASSWORD_SINGLE_HASH", ["argon2"])
    app.config.setdefault("SECURITY_PASSWORD_SALT", app.config["SECRET_KEY"])
    app.config.setdefault("SECURITY_JOIN_USER_ROLES", False)  # roles hang on memberships
    # It compares addresses and believes X-Forwarded-For; our sessions end in the database.
    app.config.setdefault("SESSION_PROTECTION", None)
    security.init_app(app, _People(db, Person, None), register_blueprint=False)
    manager: Any = app.login_manager  # type: ignore[attr-defined]
    manager.request_loader(lambda request: None)  # a session is the only way in, no token in a URL
    app.jinja_env.globals.update(account_link=account_link, role_label=role_label)


def role_label(role: str) -> str:
    return translate(ROLES[role].label) if role in ROLES else role


def sign_in(person: Person) -> None:
    """Begin a fresh session as this person; nothing of the one before it survives."""
    _forget()
    login_user(person, remember=False)
    session[SIGNED_IN_AT] = time.time()
    session[SESSION_KEY] = g.language = person.language


def sign_out() -> None:
    """End the session in this browser. Copies of it end when the person's uniquifier changes."""
    language = session.get(SESSION_KEY)
    _forget()
    g.pop("_login_user", None)
    if language:
        session[SESSION_KEY] = language


def _forget() -> None:
    session.clear()
    for known in _OF_THE_REQUEST:
        g.pop(known, None)


def proves(person: Person | None, password: str) -> bool:
    """Whether the password is this person's. Takes as long for nobody as for somebody."""
    dummy: str = current_app.extensions.setdefault(_DUMMY, None) or hash_password("nobody's")
    current_app.extensions[_DUMMY] = dummy
    may_enter = person is not None and person.active and person.password is not None
    if len(password) > LONGEST_PASSWORD:  # argon2 refuses what nobody could have set
        password, may_enter = "", False
    stored = person.password if person is not None and may_enter else dummy
    right: bool = verify_password(password, stored)
    return right and may_enter


def account_link(person_id: UUID, purpose: str) -> str:
    """The address at which a person sets a password, made when the message is rendered."""
    person = db.session.get_one(Person, person_id)
    token = links.make(_secret(), person, purpose, now())
    # Not url_for: the worker renders messages outside any request.
    return str(current_app.config["BASE_URL"]).rstrip("/") + links.PATH + token


def person_of_link(token: str, moment: datetime) -> tuple[Person, str] | None:
    """Whose link this is and what for; None if it is forged, too old or used."""
    return links.read(_secret(), token, moment)


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
