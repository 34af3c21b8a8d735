"""Pages of the access log, and of its evaluations by two people."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from portal import audit
from portal.accounts.models import Organisation
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.audit import AuditEntry
from portal.extensions import db
from portal.inspection import commands, entries, policy
from portal.inspection.models import Evaluation
from portal.problems import Conflict, Invalid, NotFound
from portal.registry import registry
from portal.web.access import access
from portal.web.fields import fields_form
from portal.web.htmx import go
from portal.web.language import translate
from portal.web.paging import Page, page_of
from portal.workflow import N_, Field, Kind, clean

bp = Blueprint("inspection", __name__, url_prefix="/log")

MOST_LINES = 20_000  # of a file: more than anybody can judge, and still one answer
COLUMNS = (N_("Zeitpunkt"), N_("Name"), N_("Rolle"), N_("Organisation"), N_("Was"), N_("Zweck"),
           N_("Gegenstand"), N_("Kennung"))  # fmt: skip


@bp.get("")
@access(policy.READ)
def log() -> str:
    """The log, newest first: roles and organisations, and nobody's name."""
    actor = current_actor()
    form = fields_form(_filters(), today=actor.today, formdata=request.args or None)
    asked = form.checked(lambda data: _asked(actor, data))
    page: Page[AuditEntry] = Page([], None)
    if asked is not None:
        page = _page(entries.matching(asked))
    chosen = {q.key: request.args[q.key] for q in form.questions if request.args.get(q.key)}
    return render_template(
        "inspection/log.html", form=form, page=page, chosen=chosen,
        lines=entries.lines(page.rows, named=False),
        waiting=len(db.session.scalars(policy.waiting(actor)).all()),
    )  # fmt: skip


def _filters() -> tuple[Field, ...]:
    kinds = {**audit.CORE_KINDS, **{k: a.label for k, a in registry().audit_kinds.items()}}
    named = sorted(kinds.items(), key=lambda kind: translate(kind[1]))
    organisations = db.session.execute(
        select(Organisation.id, Organisation.name).order_by(Organisation.name)
    )
    return (
        Field(key="from_on", label=N_("Von"), kind=Kind.DATE, required=False),
        Field(key="until_on", label=N_("Bis"), kind=Kind.DATE, required=False),
        Field(key="kind", label=N_("Art"), kind=Kind.CHOICE, required=False, choices=tuple(named)),
        Field(key="organisation", label=N_("Organisation"), kind=Kind.MEMBER, required=False,
              choices=tuple((each.hex, name) for each, name in organisations)),
        Field(key="about", label=N_("Vorgang oder Kennung der Person"), required=False,
              max_length=40),
    )  # fmt: skip


def _asked(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """What the log is searched for. Raises Invalid."""
    asked = clean(_filters(), data, actor.today)
    if asked["about"]:
        asked["about"] = entries.about_key(asked["about"])
        if asked["about"] is None:
            raise Invalid({"about": commands.NO_KEY})
    return asked


def _page(statement: Select[AuditEntry]) -> Page[AuditEntry]:
    after = request.args.get("after")
    return page_of(statement, AuditEntry.at, AuditEntry.id, after=after, newest_first=True)


@bp.get("/evaluations")
@access(policy.APPROVE)
def evaluations() -> str:
    actor = current_actor()
    page = page_of(
        policy.visible(actor), Evaluation.requested_at, Evaluation.id,
        after=request.args.get("after"), newest_first=True,
    )  # fmt: skip
    return render_template("inspection/evaluations.html", page=page, **_rules(actor))


@bp.route("/evaluations/new", methods=["GET", "POST"])
@access(policy.READ)
def new() -> Response:
    """Ask to see names: why, of which days, and of whom or about what."""
    actor, status = current_actor(), 200
    formdata = request.form if request.method == "POST" else None
    form = fields_form(commands.fields(), today=actor.today, formdata=formdata)
    if request.method == "POST":
        made = form.checked(lambda data: commands.request_evaluation(actor, data))
        if made is not None:
            db.session.commit()
            flash(_("Beantragt. Jetzt entscheidet eine zweite Person."), "success")
            return go(url_for("inspection.evaluation", evaluation_id=made.id))
        db.session.rollback()
        status = 422
    return make_response(render_template("inspection/new.html", form=form), status)


@bp.get("/evaluations/<uuid:evaluation_id>")
@access(policy.APPROVE)
def evaluation(evaluation_id: UUID) -> str:
    """The request and what became of it; for whoever asked, the entries while it is open."""
    actor = current_actor()
    found = policy.get_visible(actor, evaluation_id)
    page: Page[AuditEntry] | None = None
    if policy.may_read(actor, found):
        page = _page(entries.of_evaluation(found))
        audit.record_read(actor, "evaluation.read", subject=found, purpose="evaluation")
    return render_template(
        "inspection/evaluation.html", evaluation=found, page=page, most=MOST_LINES,
        lines=entries.lines(page.rows, named=True) if page else [],
        too_many=page is not None and page.after is not None and _count(found) > MOST_LINES,
        **_rules(actor),
    )  # fmt: skip


@bp.post("/evaluations/<uuid:evaluation_id>/decide")
@access(policy.APPROVE)
def decide(evaluation_id: UUID) -> Response:
    approve = request.form.get("do") == "approve"
    commands.decide(current_actor(), evaluation_id, approve=approve)
    db.session.commit()
    freed = _("Freigegeben. Die Namen sind acht Stunden lang zu sehen.")
    flash(freed if approve else _("Abgelehnt."), "success")
    return go(url_for("inspection.evaluations"))


@bp.get("/evaluations/<uuid:evaluation_id>/entries.csv")
@access(policy.READ)
def export(evaluation_id: UUID) -> Response:
    """The same entries as a file for a spreadsheet."""
    actor = current_actor()
    found = policy.get_visible(actor, evaluation_id)
    if not policy.may_read(actor, found):
        raise NotFound
    count = _count(found)
    if count > MOST_LINES:
        raise Conflict(N_("Das sind zu viele Einträge für eine Datei. Bitte beantragen Sie einen "
                          "kürzeren Zeitraum."))  # fmt: skip
    newest = entries.of_evaluation(found).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    body = _csv(entries.lines(db.session.scalars(newest), named=True))
    audit.record_read(actor, "evaluation.exported", subject=found, purpose="evaluation",
                      count=count)  # fmt: skip
    response = make_response(body)
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = "attachment; filename=auswertung.csv"
    return response


def _count(found: Evaluation) -> int:
    matched = entries.of_evaluation(found).with_only_columns(AuditEntry.id).limit(MOST_LINES + 1)
    return db.session.scalar(select(func.count()).select_from(matched.subquery())) or 0


def _csv(found: list[entries.Line]) -> str:
    file = StringIO()
    writer = csv.writer(file, delimiter=";")
    writer.writerow([translate(column) for column in COLUMNS])
    for line in found:
        what = ": ".join(translate(part) for part in (line.kind, line.detail) if part)
        cells = (line.at.isoformat(), line.name, translate(line.role), line.organisation, what,
                 translate(line.purpose), translate(line.subject), " ".join(line.keys))  # fmt: skip
        # A name that begins like a formula would be one in a spreadsheet.
        writer.writerow(["'" + cell if cell[:1] in "=+-@\t\r" and cell else cell for cell in cells])
    return "\ufeff" + file.getvalue()  # with its mark, spreadsheets read umlauts


def _rules(actor: Actor) -> dict[str, Any]:
    """What templates ask about an evaluation, for whoever looks at it."""
    return {
        "may_decide": lambda one: policy.may_decide(actor, one),
        "is_open": lambda one: one.is_open(actor.now),
    }
