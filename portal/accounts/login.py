"""Log-in with Flask-Security: argon2id, revocable sessions, no remember-me."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_security import SQLAlchemyUserDatastore

from portal.accounts.models import Person
from portal.extensions import db, security


def init_app(app: Flask) -> None:
    app.config.setdefault("SECURITY_PASSWORD_HASH", "argon2")
    app.config.setdefault("SECURITY_PASSWORD_SINGLE_HASH", ["argon2"])
    app.config.setdefault("SECURITY_PASSWORD_SALT", app.config["SECRET_KEY"])
    datastore: Any = SQLAlchemyUserDatastore(db, Person, None)
    security.init_app(app, datastore, register_blueprint=False)
