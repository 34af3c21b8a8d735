"""Forms of log-in and of the own account. What is right is decided by `credentials`."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField

from portal.web.fields import FieldsForm


def _same_letters(text: Any) -> Any:
    """Two keyboards write ü in two ways; the hash must not tell them apart."""
    return unicodedata.normalize("NFKC", text) if isinstance(text, str) else text


class LoginForm(FlaskForm):
    email = EmailField(_l("E-Mail-Adresse"), render_kw={"autocomplete": "username"})
    password = PasswordField(
        _l("Passwort"), filters=[_same_letters], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField()


class ForgottenForm(FlaskForm):
    email = EmailField(_l("E-Mail-Adresse"), render_kw={"autocomplete": "username"})


def _new_password() -> Any:
    return PasswordField(
        _l("Neues Passwort"), filters=[_same_letters], render_kw={"autocomplete": "new-password"},
        description=_l("Mindestens 12 Zeichen. Ein Satz aus vier Wörtern lässt sich gut merken."),
    )  # fmt: skip


class NewPasswordForm(FieldsForm):
    new = _new_password()


class ChangePasswordForm(FieldsForm):
    old = PasswordField(
        _l("Bisheriges Passwort"), filters=[_same_letters],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip
    new = _new_password()
