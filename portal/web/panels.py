"""Parts of pages that plugins contribute, and the mounting of their pages."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import structlog
from flask import Blueprint, Flask, render_template
from jinja2 import TemplateNotFound
from markupsafe import Markup

from portal.actor import Actor
from portal.extensions import db
from portal.registry import PluginError, Registry, registry
from portal.web.access import MEMBER, PERSON, PUBLIC, rule_of

log = structlog.get_logger()


def panels(slot: str, actor: Actor, **objects: Any) -> list[Markup]:
    """The drawn panels of a slot for this actor; a broken one reads "nicht verfügbar"."""
    drawn = []
    for key, panel in registry().panels:
        if panel.slot != slot or (panel.permission and not actor.may(panel.permission)):
            continue
        try:
            with db.session.no_autoflush, _apart():
                context = panel.context(actor, **objects)
                if context is None:
                    continue
                html = render_template(panel.template, actor=actor, **objects, **context)
        except Exception as error:  # noqa: BLE001 - a panel must not take the page with it
            log.error("panel", plugin=key, template=panel.template, error=type(error).__name__)
            html = render_template("parts/panel_unavailable.html")
        drawn.append(Markup(html))  # noqa: S704 - rendered by Jinja with escaping on
    return drawn


def _apart() -> AbstractContextManager[Any]:
    """On PostgreSQL a failed query would spoil the page's transaction: there a savepoint."""
    connection = db.session.connection()
    return connection.begin_nested() if connection.dialect.name == "postgresql" else nullcontext()


def mount(app: Flask, loaded: Registry) -> None:
    """Mount every plugin's pages at /<key>/ and make its templates and files known.

    Raises PluginError for a template that is missing and a view that names no known right.
    """
    for key, plugin in loaded.plugins.items():
        templates, static = plugin.folder("templates"), plugin.folder("static")
        # A blueprint of its own, so that templates and static/ work without any Python.
        app.register_blueprint(
            Blueprint(
                f"{key}_files", plugin.module.__name__,
                template_folder=str(templates) if templates else None,
                static_folder=str(static) if static else None,
                static_url_path=f"/{key}/static",
            )
        )  # fmt: skip
        for blueprint in loaded.blueprints.get(key, []):
            app.register_blueprint(blueprint, url_prefix=f"/{key}")
    _check_templates(app, loaded)
    for endpoint, view in app.view_functions.items():
        key = endpoint.partition(".")[0]
        if key in loaded.plugins:
            _check_view(loaded, key, endpoint, view)


def _check_templates(app: Flask, loaded: Registry) -> None:
    named = [(key, panel.template) for key, panel in loaded.panels]
    named += [(topic.partition(".")[0], m.template) for topic, m in loaded.messages.items()]
    for key, template in named:
        try:
            app.jinja_env.get_template(template)
        except TemplateNotFound as error:
            raise PluginError(f"plugin {key!r}: there is no template {template!r}") from error


def _check_view(loaded: Registry, key: str, endpoint: str, view: Any) -> None:
    if endpoint.endswith(".static"):
        raise PluginError(f"plugin {key!r}: {endpoint!r} is not a view; files belong in static/")
    rule = rule_of(view, of_plugin=True)
    if rule == PUBLIC:
        raise PluginError(f"plugin {key!r}: the view {endpoint!r} is open to everybody")
    if rule not in {PERSON, MEMBER, *loaded.known_permissions}:
        raise PluginError(f"plugin {key!r}: the view {endpoint!r} wants the unknown right {rule!r}")
