"""Pages of referrals: the list, one referral, its moves, and the end of a consent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from portal import audit
from portal.accounts.session import current_actor
from portal.actor import SOURCES, Actor
from portal.clients import policy as clients
from portal.clients.models import Client
from portal.codes import GOAL_AREAS
from portal.extensions import db
from portal.grants import Grant
from portal.problems import Conflict, Invalid, NotFound
from portal.referrals import (
    commands,
    coordination,
    deletions,
    endings,
    history,
    listing,
    packages,
    policy,
    questions,
    tasks,
)
from portal.referrals.models import Appointment, Referral
from portal.referrals.questions import Question
from portal.registry import registry
from portal.web.access import MEMBER, access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go, is_htmx
from portal.web.language import translate
from portal.web.paging import page_of
from portal.workflow import N_, Action, Field, Kind, Side

bp = Blueprint("referrals", __name__)

SOURCE = Field(key="source", label=N_("Wie haben Sie es erfahren?"), kind=Kind.CHOICE,
               choices=SOURCES)  # fmt: skip


@bp.get("/referrals")
@access(MEMBER)
def index() -> str:
    actor = current_actor()
    if not (actor.may("referral.send") or actor.may("referral.answer")):
        raise NotFound
    filters = listing.filters_for(actor)
    chosen = next((f for f in filters if f.key == request.args.get("filter")), filters[0])
    keys = (Referral.next_on,) if chosen.by_due else (Referral.created_at,)
    page = page_of(
        listing.filtered(actor, chosen), *keys, Referral.id,
        after=request.args.get("after"), newest_first=not chosen.by_due,
    )  # fmt: skip
    rows = listing.rows(actor, page.rows)
    listing.note_read(actor, rows)
    return render_template(
        "referrals/index.html", rows=rows, page=page, filters=filters, chosen=chosen,
        counts=listing.counts(actor),
    )  # fmt: skip


@bp.get("/referrals/<uuid:referral_id>")
@access(MEMBER)
def show(referral_id: UUID) -> Response:
    actor = current_actor()
    return page(actor, policy.get_visible(actor, referral_id))


def page(actor: Actor, referral: Referral, status: int = 200, **more: Any) -> Response:
    """The page of a referral for the side that asks, and the note that it was read."""
    if policy.is_volunteer(actor):
        return _task_page(actor, referral, status, **more)
    side = Side(referral.seen_as or Side.RECEIVER)
    grant = Grant.PACKAGE if side is Side.SENDER else policy.grant(actor, referral)
    kind = registry().referral_type(referral.type)
    package = packages.latest(referral) if grant in (Grant.PACKAGE, Grant.PREVIEW) else None
    content = package.content if package else {}
    shown = packages.granted_items(kind, content, grant)
    appointments = () if grant in (Grant.ENDED, Grant.NOTHING) else db.session.scalars(
        select(Appointment)
        .where(Appointment.referral_id == referral.id)
        .order_by(Appointment.starts_at)
    ).all()  # fmt: skip
    timeline = history.timeline(referral, side, grant)
    successors = _successors(actor, referral)
    context: dict[str, Any] = {
        "referral": referral,
        "kind": kind,
        "side": side,
        "grant": grant,
        "client": _client(referral) if side is Side.SENDER else None,
        "area": dict(GOAL_AREAS).get(referral.goal_area, referral.goal_area),
        "items": shown,
        "package": package,
        "withheld": packages.held_back(referral) if side is Side.SENDER else (),
        "state": history.state_label(referral, side),
        "mood": listing.mood(referral),
        "timeline": timeline,
        "suggested": None if successors else coordination.suggested(timeline),
        "appointments": appointments,
        "actions": policy.possible_actions(actor, referral),
        "recordable": policy.recordable_actions(actor, referral),
        "successors": successors,
        "pulse": policy.pulse(actor, referral),
        "restricted": policy.is_restricted(referral) and not referral.is_final,
        **_deletion(actor, referral),
        **more,
    }
    html = render_template("referrals/show.html", **context)
    audit.record_read(actor, "referral.read", subject=referral, client_id=referral.client_id,
                      purpose=side.value, grant=grant.value)  # fmt: skip
    return make_response(html, status)


def _client(referral: Referral) -> Client:
    """For the sender's page, which says no more than the name."""
    return db.session.get_one(Client, referral.client_id, options=clients.ALONE)


def _deletion(actor: Actor, referral: Referral) -> dict[str, Any]:
    """What stands on the page after a revocation or an erasure, and only then."""
    consent = referral.consent
    over = consent is not None and (consent.revoked_at or consent.suspended_on)
    asked = deletions.of(referral) if over else None
    if asked is None:
        return {"deletion": None, "deletion_form": None}
    return {"deletion": asked, "deletion_form": fields_form(deletions.FIELDS, today=actor.today)}


def _task_page(actor: Actor, referral: Referral, status: int, **more: Any) -> Response:
    """The same for a volunteer: a page of its own, so that nothing else can slip onto it."""
    package = packages.latest(referral)
    task = tasks.task_of(actor, referral, package.content if package else {})
    html = render_template(
        "referrals/task.html", referral=referral, task=task, pulse=policy.pulse(actor, referral),
        actions=policy.possible_actions(actor, referral),
        timeline=history.timeline(referral, Side.RECEIVER, task.grant, actor.membership_id),
        **more,
    )  # fmt: skip
    audit.record_read(actor, "referral.read", subject=referral, client_id=referral.client_id,
                      purpose="task", grant=task.grant.value)  # fmt: skip
    return make_response(html, status)


def _successors(actor: Actor, referral: Referral) -> list[Referral]:
    if referral.seen_as != Side.SENDER or not referral.is_final:
        return []
    after = policy.visible(actor).where(Referral.follow_up_of_id == referral.id)
    return list(db.session.scalars(after))


@bp.get("/referrals/<uuid:referral_id>/<action>")
@access(MEMBER)
def ask(referral_id: UUID, action: str) -> Response:
    """The form of a move, alone for htmx, on its page otherwise."""
    actor, recording = _speaking(current_actor())
    question = _question(actor, referral_id, action)
    referral, move = question.referral, question.action
    workflow = registry().referral_type(referral.type).workflow
    workflow.step(policy.state_in(workflow, referral), action)
    return _form_page(current_actor(), referral, move, _form(question, recording), recording)


@bp.post("/referrals/<uuid:referral_id>/<action>")
@access(MEMBER)
def act(referral_id: UUID, action: str) -> Response:
    """Make a move, recording it for the other side where the form says so."""
    actor, recording = _speaking(current_actor())
    question = _question(actor, referral_id, action, typed=request.form)
    form = _form(question, recording)
    if recording:
        source = str(form["source"].data or "")
        if source not in dict(SOURCES):
            unknown = {"source": N_("Bitte wählen Sie, wie Sie es erfahren haben.")}
            return _refused(referral_id, action, unknown)
        actor = actor.recording(Side.RECEIVER, source)
    try:
        commands.make(actor, question, form.read(), _seen_version())
        stays = _still_sees(actor, referral_id)
        db.session.commit()
    except Invalid as refused:
        return _refused(referral_id, action, refused.errors)
    except Conflict as late:
        db.session.rollback()
        referral = policy.get_visible(current_actor(), referral_id)
        lost = [(q.label, form[q.key].data) for q in form.questions if q.kind is Kind.LONG_TEXT]
        return page(current_actor(), referral, 409, conflict=late.message, lost=lost)
    flash(_("Gespeichert: %(move)s", move=_(question.action.label)), "success")
    if request.form.get("back") == "start" or not stays:
        return go(url_for("dashboard.start"))
    return go(url_for("referrals.show", referral_id=referral_id))


def _refused(referral_id: UUID, action: str, errors: Mapping[str, str]) -> Response:
    """The form again, with what was typed and what is wrong with it."""
    db.session.rollback()
    actor, recording = _speaking(current_actor())
    question = _question(actor, referral_id, action)
    form = _form(question, recording)
    form.put_errors(errors)
    referral = policy.get_visible(current_actor(), referral_id)
    return _form_page(current_actor(), referral, question.action, form, recording, 422)


def _still_sees(actor: Actor, referral_id: UUID) -> bool:
    """Whether there is a page to return to: a volunteer's task is gone once it is declined."""
    if not policy.is_volunteer(actor):
        return True
    return db.session.scalar(policy.visible(actor).where(Referral.id == referral_id)) is not None


def _speaking(actor: Actor) -> tuple[Actor, bool]:
    """The actor, and whether the move is recorded for the receiver."""
    if request.values.get("record") == "1":
        return actor.recording(Side.RECEIVER, "phone"), True
    return actor, False


def _question(
    actor: Actor, referral_id: UUID, key: str, *, typed: Mapping[str, Any] | None = None
) -> Question:
    """A move of one's own side, whether or not it is possible now; others have no page. `typed`
    is what was filled in by who is about to make it."""
    try:
        question = questions.ask(actor, referral_id, key, lock=typed is not None, typed=typed)
    except Conflict as unknown:
        raise NotFound from unknown
    policy.require_act(actor, question.referral, question.action)
    return question


def _form(question: Question, recording: bool) -> FieldsForm:
    return fields_form(
        (SOURCE, *question.fields) if recording else question.fields,
        today=current_actor().today,
        formdata=request.form if request.method == "POST" else None,
    )


def _form_page(
    actor: Actor, referral: Referral, move: Action, form: FieldsForm, recording: bool,
    status: int = 200,
) -> Response:  # fmt: skip
    context = {"move": move, "form": form, "recording": recording}
    if is_htmx():
        html = render_template("referrals/move.html", referral=referral, **context)
        return make_response(html, status)
    return page(actor, referral, status, **context)


def _seen_version() -> int | None:
    seen = request.form.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else None


@bp.route("/referrals/<uuid:referral_id>/void", methods=["GET", "POST"])
@access("referral.void")
def void(referral_id: UUID) -> Response:
    """Mark as entered in error: the team lead's correction."""
    actor = current_actor()
    referral = policy.get_visible(actor, referral_id)
    form = fields_form(commands.VOID.fields, today=actor.today,
                       formdata=request.form if request.method == "POST" else None)  # fmt: skip
    status = 200
    if request.method == "POST":
        try:
            commands.void(actor, referral_id, form.read())
            db.session.commit()
            flash(_("Als Irrtum gekennzeichnet."), "success")
            return go(url_for("referrals.show", referral_id=referral_id))
        except Invalid as refused:
            db.session.rollback()
            form.put_errors(refused.errors)
            referral, status = policy.get_visible(actor, referral_id), 422
    return _form_page(actor, referral, commands.VOID, form, recording=False, status=status)


@bp.post("/referrals/<uuid:referral_id>/again")
@access("referral.send")
def again(referral_id: UUID) -> Response:
    """A successor of an ended referral, as a draft to be looked over and sent."""
    actor = current_actor()
    try:
        service_id = request.form.get("service", type=UUID)  # another one than before
        draft = commands.send_again(actor, referral_id, service_id)
        db.session.commit()
    except Invalid as refused:
        db.session.rollback()
        flash(" ".join(map(translate, refused.errors.values())), "warning")
        return go(url_for("referrals.show", referral_id=referral_id))
    return go(url_for("handover.draft", referral_id=draft.id))


@bp.route("/clients/<uuid:client_id>/close", methods=["GET", "POST"])
@access("client.write")
def close(client_id: UUID) -> Response:
    """End the counselling of a client; the page says which referrals end with it."""
    actor = current_actor()
    client = clients.get_visible(actor, client_id)
    if request.method == "POST":
        endings.close_client(actor, client_id)
        db.session.commit()
        flash(_("Die Beratung ist beendet."), "success")
        return go(url_for("clients.show", client_id=client_id))
    open_ones = db.session.scalars(
        policy.visible(actor).where(Referral.client_id == client.id, Referral.closed_at.is_(None))
    ).all()
    html = render_template("referrals/close.html", client=client, open_ones=open_ones)
    audit.note_client(actor, client, "close")
    return make_response(html)
