"""Parts of pages that plugins contribute, and the mounting of their pages."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Flask, render_template
from markupsafe import Markup

from portal.actor import Actor
from portal.extensions import db
from portal.registry import Registry, registry

log = structlog.get_logger()


def panels(slot: str, actor: Actor, **objects: Any) -> list[Markup]:
    """The drawn panels of a slot for this actor; a broken one reads "nicht verfügbar"."""
    drawn = []
    for key, panel in registry().panels:
        if panel.slot != slot or (panel.permission and not actor.may(panel.permission)):
            continue
        try:
            with db.session.no_autoflush:
                context = panel.context(actor, **objects)
            if context is None:
                continue
            html = render_template(panel.template, actor=actor, **objects, **context)
        except Exception as error:  # noqa: BLE001 - a panel must not take the page with it
            log.error("panel", plugin=key, template=panel.template, error=type(error).__name__)
            html = render_template("parts/panel_unavailable.html")
        drawn.append(Markup(html))  # noqa: S704 - rendered by Jinja with escaping on
    return drawn


def mount(app: Flask, loaded: Registry) -> None:
    """Mount every plugin's pages at /<key>/ and make its templates and files known."""
    for key, plugin in loaded.plugins.items():
        templates = plugin.folder / "templates"
        static = plugin.folder / "static"
        # A blueprint of its own, so that templates and static/ work without any Python.
        app.register_blueprint(
            Blueprint(
                f"{key}_files", plugin.module.__name__,
                template_folder=str(templates) if templates.is_dir() else None,
                static_folder=str(static) if static.is_dir() else None,
                static_url_path=f"/{key}/static",
            )
        )  # fmt: skip
        for blueprint in loaded.blueprints.get(key, []):
            app.register_blueprint(blueprint, url_prefix=f"/{key}")
