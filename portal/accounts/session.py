"""Who is signed in, acting as which membership, and the guard before every request."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from flask_security import current_user

from portal.accounts.models import Membership, Person
from portal.actor import Actor, ActorKind
from portal.config import SESSION_HOURS
from portal.database import begin_writing
from portal.problems import Conflict, Forbidden
from portal.registry import registry
from portal.web.access import MEMBER, PERSON, PUBLIC, rule_of
from portal.web.htmx import is_htmx
from portal.web.panels import panels
from portal.workflow import N_

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SIGNED_IN_AT = "signed_in_at"  # key of the session: seconds of the real clock
MEMBERSHIP = "membership"  # key of the session: the membership somebody acts as


def now() -> datetime:
    """The present moment, from the application's clock (the demo can turn it forward)."""
    clock = current_app.extensions.get("portal_clock")
    moment: datetime = clock() if clock else datetime.now(UTC)
    return moment


def actor_for(membership: Membership, moment: datetime) -> Actor:
    """The actor a membership makes; its permissions come from role and plugins."""
    return Actor(
        kind=ActorKind.MEMBER,
        now=moment,
        name=membership.person.name,
        person_id=membership.person_id,
        membership_id=membership.id,
        unit_id=membership.unit_id,
        organisation_id=membership.unit.organisation_id,
        role=membership.role,
        permissions=registry().permissions_of(membership.role),
    )


def active_memberships(person: Person) -> list[Membership]:
    """Where a person serves today, in the order they are offered for switching."""
    alive = [m for m in person.memberships if m.ended_on is None and m.unit.in_operation]
    return sorted(alive, key=lambda m: (m.unit.full_name, m.role))


def current_membership() -> Membership | None:
    """The membership the signed-in person acts as: the chosen one, else the first."""
    if "membership" not in g:
        g.membership = None
        if current_user.is_authenticated:
            g.memberships = mine = active_memberships(person())
            g.units = [m.unit for m in mine]  # held: what nobody holds, the session loads anew
            chosen = session.get(MEMBERSHIP)
            g.membership = next((m for m in mine if m.id.hex == chosen), mine[0] if mine else None)
            if g.membership and chosen not in (None, g.membership.id.hex):
                session.pop(MEMBERSHIP)
                if request.method not in SAFE_METHODS:
                    # The form was opened as somebody who is no more: not in another's name.
                    raise Conflict(N_("Ihre Aufgabe dort ist beendet. Bitte laden Sie neu."))
    membership: Membership | None = g.membership
    return membership


def current_actor() -> Actor:
    """The actor of this request. Raises Forbidden for somebody without a membership."""
    if "actor" not in g:
        membership = current_membership()
        if membership is None:
            raise Forbidden(N_("Ihr Konto gehört zurzeit zu keiner Stelle."))
        g.actor = actor_for(membership, now())
    actor: Actor = g.actor
    return actor


def own_actor() -> Actor:
    """The actor on one's own account: also of somebody without a membership."""
    if current_membership() is not None:
        return current_actor()
    found = person()
    return Actor(kind=ActorKind.MEMBER, now=now(), name=found.name, person_id=found.id)


def init_app(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        # Before anything reads: on SQLite a read cannot become a write later.
        view = app.view_functions.get(request.endpoint or "")
        if request.method not in SAFE_METHODS and not getattr(view, "only_reads", False):
            begin_writing()

    @app.before_request
    def guard() -> Response | None:
        if request.endpoint is None or request.endpoint.rpartition(".")[2] == "static":
            return None
        view = app.view_functions[request.endpoint]
        plugin = (request.blueprint or "").partition(".")[0] in registry().plugins
        rule = rule_of(view, of_plugin=plugin)
        if rule == PUBLIC:
            return None
        if not current_user.is_authenticated or _too_long_ago():
            return _to_login()
        g.language = current_user.language
        if rule == PERSON:
            return None
        actor = current_actor()
        if rule is None or (rule != MEMBER and not actor.may(rule)):
            raise Forbidden
        return None

    @app.context_processor
    def who() -> dict[str, Any]:
        if not current_user or not current_user.is_authenticated:
            return {"actor": None, "memberships": [], "panels": lambda slot, **objects: []}
        membership = current_membership()
        actor = current_actor() if membership else None
        return {
            "actor": actor,
            "membership": membership,
            "memberships": g.memberships,
            "unread": g.get("unread", 0),
            "panels": lambda slot, **objects: panels(slot, actor, **objects) if actor else [],
        }


def _too_long_ago() -> bool:
    """Whether this session has lasted its hours, however busy: a stolen cookie ends too."""
    began = session.get(SIGNED_IN_AT, 0.0)
    return time.time() - float(began) > SESSION_HOURS * 3600


def person() -> Person:
    """The signed-in person."""
    found: Person = current_user._get_current_object()  # noqa: SLF001 - the proxy's own way
    return found


def _to_login() -> Response:
    path = request.full_path.rstrip("?") if request.method == "GET" else "/"
    location = url_for("accounts.login", next=request.script_root + path)
    if is_htmx():
        response = Response(status=401)
        response.headers["HX-Redirect"] = location
        return response
    return redirect(location)  # type: ignore[return-value]
