"""Every hook a plugin can implement. The docstrings are the plugin manual.

Declaring hooks are called once, at start-up, and return frozen data. Runtime hooks are
called with keywords, inside the caller's transaction, and do no I/O of their own: whoever
wants to tell somebody something enqueues a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

from portal.declarations import AuditKind, MessageKind, Panel, Permission, ReferralType, Timer

if TYPE_CHECKING:
    from flask import Blueprint

    from portal.actor import Actor

hookspec = pluggy.HookspecMarker("portal")
hookimpl = pluggy.HookimplMarker("portal")


@hookspec
def portal_referral_types() -> list[ReferralType]:  # type: ignore[empty-body]
    """The kinds of handoff this plugin brings.

    When:    once, at start-up.
    Returns: a list of ReferralType; keys are the plugin's key or begin with it and a dot.
    Raises:  nothing; an ill-drawn workflow stops the start with its faults named.
    Example: `return [ReferralType(key="library", label="Bibliothek", ...)]`
    """


@hookspec
def portal_permissions() -> list[Permission]:  # type: ignore[empty-body]
    """Rights that only this plugin knows, and which core roles have them.

    When:    once, at start-up.
    Returns: a list of Permission; roles must be core roles, plugins invent none.
    Raises:  nothing; an unknown role stops the start.
    Example: `return [Permission(key="library.lend", label="Ausleihen", roles=("partner",))]`
    """


@hookspec
def portal_audit_kinds() -> list[AuditKind]:  # type: ignore[empty-body]
    """Kinds of audit entries this plugin writes with `audit.record`.

    When:    once, at start-up.
    Returns: a list of AuditKind; say `personal=True` when its data speaks of a client.
    Raises:  nothing; recording an undeclared kind raises at the call.
    Example: `return [AuditKind(key="library.card_issued", label="Ausweis ausgestellt")]`
    """


@hookspec
def portal_messages() -> list[MessageKind]:  # type: ignore[empty-body]
    """Messages of this plugin, sent by its moves or with `outbox.enqueue`.

    When:    once, at start-up.
    Returns: a list of MessageKind; the template is rendered at delivery. An action that names
             the topic as its `message` sends it instead of the core's own news.
    Raises:  nothing; a missing template stops the start.
    Example: `return [MessageKind(topic="library.due", subject="…", recipients=Side.SENDER)]`
    """


@hookspec
def portal_blueprints() -> list[Blueprint]:  # type: ignore[empty-body]
    """Pages of this plugin.

    When:    once, at start-up.
    Returns: a list with one Blueprint named like the plugin, mounted at `/<key>/`; every view
             asks for a login, and with `@access("<right>")` for a right.
    Raises:  nothing; views fetch rows with `get_visible`, which raises NotFound.
    Example: `return [Blueprint("library", __name__)]`
    """


@hookspec
def portal_panels() -> list[Panel]:  # type: ignore[empty-body]
    """Parts of the core's pages.

    When:    once, at start-up; a panel's `context` at every page that has its slot.
    Returns: a list of Panel, drawn by `order`, then key.
    Raises:  a context may raise anything: the panel then reads "nicht verfügbar".
    Example: `return [Panel(slot="referral", template="library/card.html", context=card)]`
    """


@hookspec
def portal_timers() -> list[Timer]:  # type: ignore[empty-body]
    """What happens by itself when a day of this plugin's own has passed.

    When:    once, at start-up; a timer's `run` by the worker, `every` so often.
    Returns: a list of Timer; `run` gives (referral, key of a move of the system) for all that is
             due, found anew each time: what was missed or failed is then simply still due.
    Raises:  nothing; a `run` may raise anything: it is logged, and the others run.
    Example: `return [Timer(key="library.overdue", every=timedelta(hours=1), run=overdue)]`
    """


@hookspec
def portal_action_check(
    referral: Any, action: str, actor: Actor, data: dict[str, Any]
) -> str | None:
    """A plugin's own rule for a move.

    When:    once for every move of any referral that a person makes, before anything changes;
             what the system must do (end a revoked consent) asks nobody.
    Returns: None, or a German sentence why not, optionally as `"field: sentence"`; all are shown.
    Raises:  anything stops the move and rolls back.
    Example: `if action == "lend" and referral.type == "library" and not data["card"]: return "…"`
    """


@hookspec
def portal_action_performed(referral: Any, action: str, actor: Actor, data: dict[str, Any]) -> None:
    """What follows from a move, in the same transaction.

    When:    once for every move of any referral, after its state was set.
    Returns: nothing.
    Raises:  anything rolls the whole move back.
    Example: `if referral.type == "library": db.session.add(Loan(referral_id=referral.id))`
    """


@hookspec
def portal_export_client(client: Any) -> dict[str, Any]:  # type: ignore[empty-body]
    """What this plugin knows of a client, for the client's dossier (Art. 15 GDPR).

    When:    once for every dossier.
    Returns: a JSON-ready dict with German keys; {} when there is nothing.
    Raises:  anything stops the dossier: half an answer would be wrong.
    Example: `return {"Ausleihen": [loan.title for loan in loans_of(client)]}`
    """


@hookspec
def portal_erase_client(client: Any) -> None:
    """Erase what this plugin knows of a client (Art. 17 GDPR).

    When:    once, before the core erases its own rows.
    Returns: nothing; afterwards no trace of the client may be left in the plugin's tables.
    Raises:  anything stops the erasure and rolls back.
    Example: `db.session.execute(delete(Loan).where(Loan.referral_id.in_(ids)))`
    """


@hookspec
def portal_seed(factory: Any) -> None:
    """Demo data of this plugin, made through the same commands as everybody.

    When:    once for every seeding, after the core's; seeding twice must equal once.
    Returns: nothing.
    Raises:  anything stops the seeding.
    Example: `factory.sent(advisor, factory.client(advisor), factory.service(desk, "library", "…"))`
    """
