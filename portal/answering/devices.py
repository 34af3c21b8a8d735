"""Entering a code, and being known by it: the same behind every link of an office."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, current_app, flash
from flask_babel import gettext as _

from portal.accounts.session import now
from portal.answering import commands
from portal.answering.visits import REMEMBERED, Visit, device_name
from portal.extensions import db
from portal.links.tokens import Holder, device_key
from portal.problems import Invalid
from portal.web.fields import FieldsForm
from portal.web.htmx import go
from portal.workflow import N_, Field

OFFICE_CODE = Field(key="code", label=N_("Code Ihrer Stelle"))


def code_entered(
    visit: Visit, form: FieldsForm, back: str, refused: Callable[[FieldsForm], Response]
) -> Response:
    """A right code is remembered by this device, a wrong one is counted."""
    try:
        holder = commands.enter_code(visit, str(form["code"].data or ""))
    except Invalid as wrong:
        db.session.commit()
        form.put_errors(wrong.errors)
        return refused(form)
    db.session.commit()
    return remembering(go(back), holder)


def remembering(answer: Response, holder: Holder) -> Response:
    """The same answer, by which the device is known from now on."""
    answer.set_cookie(
        device_name(holder), device_key(holder, now()),
        max_age=REMEMBERED[holder.__tablename__], httponly=True, samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )  # fmt: skip
    return answer


def forgotten(visit: Visit, back: str) -> Response:
    """For whoever answers on a computer or telephone that others use."""
    answer = go(back)
    for holder in visit.codes_of:
        answer.delete_cookie(device_name(holder))
    return answer


def code_asked_for(visit: Visit, back: str) -> Response:
    """The way to a code of one's own leads over the registered address."""
    commands.ask_for_code(visit)
    db.session.commit()
    flash(_("Ein Link zum Festlegen ist unterwegs an die hinterlegte Adresse Ihrer Stelle."),
          "success")  # fmt: skip
    return go(back)
