"""The monthly list behind a link: all that runs at an office, answered with one button."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import ngettext
from sqlalchemy import func, select

from portal.accounts.session import now
from portal.answering import devices, lists, month, month_rows
from portal.answering.month_rows import Sent
from portal.answering.visits import Visit, opened
from portal.extensions import db
from portal.links.tokens import Purpose, code_of, make
from portal.problems import Conflict, Invalid, NotFound
from portal.referrals import listing, policy
from portal.referrals.models import Referral
from portal.web.access import PUBLIC, access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.language import translate
from portal.web.paging import page_of
from portal.workflow import N_

bp = Blueprint("answering_month", __name__)

MOST = 100  # rows of a list; the rest stands on the next
NOTHING_CHOSEN = N_("Bitte wählen Sie bei mindestens einer Anfrage aus, wie es steht.")


@bp.get("/month/<token>")
@access(PUBLIC)
def show(token: str) -> Response:
    return _page(_visit(token))


@bp.post("/month/<token>")
@access(PUBLIC)
def send(token: str) -> Response:
    """All that was chosen, or nothing of it."""
    visit = _visit(token)
    if visit.proof is None:
        return go(_back(visit))
    sent = Sent(_seen(), request.form)
    found = db.session.scalars(
        policy.incoming(policy.visible(visit.actor)).where(Referral.id.in_(sent.seen))
    ).all()
    if len(found) != len(sent.seen):
        raise NotFound
    try:
        chosen = month_rows.answers(visit.actor, found, sent)
        made = lists.answer_all(visit.actor, chosen) if chosen else []
    except lists.NotAll as refused:
        db.session.rollback()
        late = any(isinstance(each, Conflict) for each in refused.problems.values())
        return _page(visit, 409 if late else 422, replace(sent, problems=refused.problems))
    if not made:
        db.session.rollback()
        return _page(visit, 422, sent)
    db.session.commit()
    flash(ngettext(
        "Danke. Eine Antwort ist eingetragen, und die Beratung weiß jetzt davon.",
        "Danke. %(num)d Antworten sind eingetragen, und die Beratungen wissen jetzt davon.",
        len(made),
    ), "success")  # fmt: skip
    return go(_back(visit))


@bp.post("/month/<token>/code")
@access(PUBLIC)
def code(token: str) -> Response:
    visit = _visit(token)

    def again_with(form: FieldsForm) -> Response:
        return _page(visit, 422, code_form=form)

    return devices.code_entered(visit, _code_form(visit, request.form), _back(visit), again_with)


@bp.post("/month/<token>/ask-for-code")
@access(PUBLIC)
def ask_for_code(token: str) -> Response:
    visit = _visit(token)
    return devices.code_asked_for(visit, _back(visit))


@bp.post("/month/<token>/forget")
@access(PUBLIC)
def forget(token: str) -> Response:
    visit = _visit(token)
    return devices.forgotten(visit, _back(visit))


def _visit(token: str) -> Visit:
    return opened(token, Purpose.MONTH, now=now(), devices=request.cookies)


def _back(visit: Visit) -> str:
    return url_for("answering_month.show", token=visit.token)


def _code_form(visit: Visit, formdata: Any = None) -> FieldsForm:
    return fields_form((devices.OFFICE_CODE,), today=visit.actor.today, formdata=formdata)


def _seen() -> dict[UUID, int | None]:
    """The referrals of a list that came back, each with the version that was shown. Raises
    NotFound for what is no list of ours."""
    found: dict[UUID, int | None] = {}
    for row in request.form.getlist("row")[: MOST + 1]:
        referral_id, _colon, version = row.partition(":")
        if not (version.isdecimal() and len(version) < 10):
            raise NotFound
        try:
            found[UUID(hex=referral_id)] = int(version)
        except ValueError as unknown:
            raise NotFound from unknown
    if len(found) > MOST:
        raise NotFound
    return found


def _page(visit: Visit, status: int = 200, sent: Sent | None = None, **more: Any) -> Response:
    """The list for whoever entered the code; for everybody else how long it is."""
    actor = visit.actor
    context: dict[str, Any] = {"visit": visit, "token": visit.token}
    if visit.proof is None:
        context["number"] = db.session.scalar(
            select(func.count())
            .select_from(Referral)
            .where(policy.visible_to(actor), month.running(actor.today))
        )
        context["has_code"] = code_of(visit.holder) is not None
        context["code_form"] = _code_form(visit)
        return make_response(render_template("answering/month.html", **{**context, **more}), status)
    page = page_of(
        policy.incoming(policy.visible(actor)).where(month.running(actor.today)),
        Referral.next_on, Referral.id, after=request.args.get("after"), size=MOST,
    )  # fmt: skip
    rows = month_rows.rows(actor, page.rows, sent)
    for each in rows:
        each.link = make(Purpose.ANSWER, visit.unit, each.row.referral.id, actor.now)
    context.update(rows=rows, page=page, refused=_refused(visit, rows, sent))
    html = render_template("answering/month.html", **{**context, **more})
    listing.note_read(actor, [each.row for each in rows])
    return make_response(html, status)


def _refused(
    visit: Visit, rows: list[month_rows.MonthRow], sent: Sent | None
) -> list[tuple[str, str, str]]:
    """Why nothing was saved: reference, reason, and the row's id where it still stands there."""
    if sent is None:
        return []
    if not sent.problems:
        return [("", translate(NOTHING_CHOSEN), "")]
    asked = policy.incoming(policy.visible(visit.actor)).where(Referral.id.in_(sent.problems))
    shown = {each.row.referral.id for each in rows}
    found = []
    for referral in db.session.scalars(asked.order_by(Referral.reference)):
        problem = sent.problems[referral.id]
        errors = problem.errors if isinstance(problem, Invalid) else {"": problem.message}
        said = " ".join(translate(each) for each in errors.values())
        anchor = f"row-{referral.id.hex}" if referral.id in shown else ""
        found.append((referral.reference, said, anchor))
    return found
