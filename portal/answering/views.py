"""Answering one referral or one task behind a link: look, open with a code, answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from portal import audit
from portal.accounts.session import now
from portal.answering import commands, devices, quick
from portal.answering.pages import referral_page
from portal.answering.visits import DeadLink, Visit, opened
from portal.extensions import db
from portal.links.tokens import Purpose
from portal.problems import Conflict, Invalid, NotFound
from portal.referrals import deletions, policy, questions
from portal.referrals.models import Referral
from portal.referrals.questions import Question
from portal.registry import registry
from portal.web.access import PUBLIC, access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.workflow import N_, Field, Kind

bp = Blueprint("answering", __name__)

EITHER_CODE = Field(key="code", label=N_("Code Ihrer Stelle oder vom Begleitblatt"))
YOUR_NAME = Field(key="name", label=N_("Ihr Name"))
PIN = Field(key="code", label=N_("Ihre PIN"))


@bp.app_errorhandler(DeadLink)
def dead_link(dead: DeadLink) -> Response:
    db.session.rollback()
    body = render_template(
        "answering/dead_link.html", token=dead.visit.token, renewable=dead.renewable
    )
    return make_response(body, 410)


@bp.get("/answer/<token>")
@access(PUBLIC)
def show(token: str) -> Response:
    visit = _visit(token)
    return _page(visit, _referral(visit))


@bp.post("/answer/<token>/code")
@access(PUBLIC)
def code(token: str) -> Response:
    visit = _visit(token)
    _referral(visit)  # where there is nothing to open, no code is tried

    def again_with(form: FieldsForm) -> Response:
        return _page(visit, _referral(visit), 422, code_form=form)

    return devices.code_entered(visit, _code_form(visit, request.form), _back(visit), again_with)


@bp.post("/answer/<token>/forget")
@access(PUBLIC)
def forget(token: str) -> Response:
    visit = _visit(token)
    return devices.forgotten(visit, _back(visit))


@bp.post("/answer/<token>/ask-for-code")
@access(PUBLIC)
def ask_for_code(token: str) -> Response:
    visit = _visit(token, Purpose.ANSWER)
    return devices.code_asked_for(visit, _back(visit))


@bp.post("/answer/<token>/account")
@access(PUBLIC)
def account(token: str) -> Response:
    """An account instead of the link, for whoever entered the own code."""
    visit = _visit(token)
    form = fields_form((YOUR_NAME,), today=visit.actor.today, formdata=request.form)
    try:
        commands.open_account(visit, form.read())
    except Invalid as refused:
        db.session.rollback()
        form.put_errors(refused.errors)
        return _page(visit, _referral(visit), 422, account_form=form)
    db.session.commit()
    flash(_("Die Einladung ist unterwegs an die hinterlegte Adresse. Bis Sie sie öffnen, geht "
            "alles weiter per Link."), "success")  # fmt: skip
    return go(_back(visit))


@bp.post("/answer/<token>/deletion")
@access(PUBLIC)
def deletion(token: str) -> Response:
    """After a revocation: confirm that all is deleted, or name the duty to keep."""
    visit = _visit(token, Purpose.ANSWER)
    form = fields_form(deletions.FIELDS, today=visit.actor.today, formdata=request.form)
    try:
        deletions.answer(visit.actor, visit.link.subject_id, form.read())
    except Invalid as refused:
        db.session.rollback()
        form.put_errors(refused.errors)
        return _page(visit, _referral(visit), 422, deletion_form=form)
    db.session.commit()
    flash(_("Danke, das ist festgehalten."), "success")
    return go(_back(visit))


@bp.post("/answer/<token>/again")
@access(PUBLIC)
def again(token: str) -> Response:
    """Another link for one that has grown too old."""
    visit = opened(token, Purpose.ANSWER, Purpose.TASK, now=now(), devices={}, dead=True)
    if not (visit.link.has_expired(now()) and visit.link.fits(visit.holder)):
        raise NotFound
    commands.send_again(visit)
    db.session.commit()
    return make_response(render_template("answering/sent_again.html"))


@bp.get("/answer/<token>/quick/<key>")
@access(PUBLIC)
def confirm(token: str, key: str) -> Response:
    """What will be answered, to be confirmed: who only opens this changes nothing."""
    visit = _visit(token)
    referral = _referral(visit)
    answer = quick.get_possible(visit.actor, referral, key)
    if answer is None:
        return _late(visit)
    form = fields_form(answer.fields, today=visit.actor.today)
    return _page(visit, referral, answer=answer, form=form)


@bp.post("/answer/<token>/quick/<key>")
@access(PUBLIC)
def answer_at_once(token: str, key: str) -> Response:
    visit = _visit(token)
    referral = _referral(visit, lock=True)
    answer = quick.get_possible(visit.actor, referral, key)
    if answer is None:
        db.session.rollback()
        return _late(visit)
    form = fields_form(answer.fields, today=visit.actor.today, formdata=request.form)
    action = registry().referral_type(referral.type).workflow.action(answer.action)
    question = Question(referral, action, questions.fields_of(referral, action))
    try:
        values = answer.values(visit.actor, form.read())
        commands.answer(visit.actor, question, values, _seen_version())
    except Invalid as refused:
        db.session.rollback()
        form.put_errors(refused.errors)
        return _page(visit, _referral(visit), 422, answer=answer, form=form)
    except Conflict as late:
        db.session.rollback()
        return _late(visit, late.message)
    db.session.commit()
    return _thanks(visit)


@bp.get("/answer/<token>/move/<action>")
@access(PUBLIC)
def ask(token: str, action: str) -> Response:
    visit = _visit(token)
    question = _question(visit, action)
    if question.action not in policy.possible_actions(visit.actor, question.referral):
        return _late(visit)
    form = fields_form(question.fields, today=visit.actor.today)
    return _page(visit, question.referral, move=question.action, form=form)


@bp.post("/answer/<token>/move/<action>")
@access(PUBLIC)
def act(token: str, action: str) -> Response:
    visit = _visit(token)
    question = _question(visit, action, typed=request.form)
    form = fields_form(question.fields, today=visit.actor.today, formdata=request.form)
    try:
        commands.answer(visit.actor, question, form.read(), _seen_version())
    except Invalid as refused:
        db.session.rollback()
        form.put_errors(refused.errors)
        move = question.action
        return _page(visit, _referral(visit), 422, move=move, form=form)
    except Conflict as late:
        db.session.rollback()
        lost = [(q.label, form[q.key].data) for q in form.questions if q.kind is Kind.LONG_TEXT]
        return _late(visit, late.message, lost)
    db.session.commit()
    return _thanks(visit)


def _visit(token: str, *purposes: Purpose) -> Visit:
    wanted = purposes or (Purpose.ANSWER, Purpose.TASK)
    return opened(token, *wanted, now=now(), devices=request.cookies)


def _back(visit: Visit) -> str:
    return url_for("answering.show", token=visit.token)


def _referral(visit: Visit, *, lock: bool = False) -> Referral:
    return policy.get_visible(visit.actor, visit.link.subject_id, lock=lock)


def _question(visit: Visit, key: str, typed: Mapping[str, Any] | None = None) -> Question:
    """A move as it is asked for here: who takes care is the office's own business. Raises
    NotFound for a move that is not this side's, and for all of them before the code."""
    if visit.proof is None:
        raise NotFound
    try:
        found = questions.ask(visit.actor, visit.link.subject_id, key, lock=typed is not None,
                              typed=typed)  # fmt: skip
    except Conflict as unknown:
        raise NotFound from unknown
    if not policy.may_act(visit.actor, found.referral, found.action):
        raise NotFound
    fields = tuple(f for f in found.fields if f.kind is not Kind.MEMBER or f.required)
    return replace(found, fields=fields)


def _code_form(visit: Visit, formdata: Any = None) -> FieldsForm:
    of_office = EITHER_CODE if len(visit.codes_of) > 1 else devices.OFFICE_CODE
    field = PIN if visit.link.purpose is Purpose.TASK else of_office
    return fields_form((field,), today=visit.actor.today, formdata=formdata)


def _page(visit: Visit, referral: Referral, status: int = 200, **more: Any) -> Response:
    """The page of a referral for whoever holds the link, and the note that it was read."""
    context, grant = referral_page(visit, referral)
    context["code_form"] = _code_form(visit)
    context["deletion_form"] = fields_form(deletions.FIELDS, today=visit.actor.today)
    context["account_form"] = fields_form((YOUR_NAME,), today=visit.actor.today)
    html = render_template("answering/show.html", **{**context, **more})
    proof = visit.proof.__tablename__ if visit.proof else "none"
    audit.record_read(visit.actor, "referral.read", subject=referral, purpose="link",
                      client_id=referral.client_id, grant=grant.value, proof=proof)  # fmt: skip
    return make_response(html, status)


def _late(visit: Visit, message: str = "", lost: list[tuple[str, Any]] | None = None) -> Response:
    """Somebody was faster, here or in the office."""
    said = message or N_("Das ist inzwischen beantwortet. Den Stand sehen Sie unten.")
    return _page(visit, _referral(visit), 409, conflict=said, lost=lost or [])


def _thanks(visit: Visit) -> Response:
    flash(_("Danke, Ihre Antwort ist eingetragen. Die Beratung weiß jetzt davon."), "success")
    if visit.link.purpose is Purpose.TASK:
        return go(url_for("answering.done"))
    return go(_back(visit))


@bp.get("/answer/done")
@access(PUBLIC)
def done() -> str:
    """After a volunteer's answer, which may have closed the task to this very person."""
    return render_template("answering/done.html")


def _seen_version() -> int | None:
    seen = request.form.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else None
