"""The application: wires everything, decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import config as settings
from portal import database, registry
from portal.accountability import views as accountability
from portal.accounts import admin_views, login, session
from portal.accounts import views as accounts
from portal.answering import (
    code_views,
    link_views,
    month_views,
    pin_views,
    slip_views,
    standing_views,
)
from portal.answering import views as answering
from portal.calendars import views as calendars
from portal.clients import views as clients
from portal.consents import text_views
from portal.dashboard import client_views, coordinator_views
from portal.dashboard import views as dashboard
from portal.demo import views as demo
from portal.extensions import compress, csrf, db
from portal.inspection import views as inspection
from portal.mailing import admin_views as mail_admin
from portal.mailing import views as inbox
from portal.network import views as network
from portal.privacy import emergency_views, retention_views
from portal.privacy import views as privacy
from portal.referrals import consent_views, ended_views, handover_views
from portal.referrals import views as referrals
from portal.reports import views as reports
from portal.web import assets, errors, headers, health, language, panels, templating

FEATURES = (
    accounts,
    admin_views,
    inbox,
    mail_admin,
    network,
    clients,
    client_views,
    text_views,
    handover_views,
    consent_views,
    ended_views,
    calendars,
    referrals,
    dashboard,
    privacy,
    emergency_views,
    retention_views,
    coordinator_views,
    inspection,
    accountability,
    reports,
    answering,
    code_views,
    month_views,
    slip_views,
    pin_views,
    link_views,
    standing_views,
    health,
)


def create_app(
    config: Mapping[str, Any] | None = None,
    *,
    plugins: Iterable[tuple[str, ModuleType, str]] | None = None,
) -> Flask:
    """The portal. `config` overrides the environment (names of `portal.config.SETTINGS` or
    Flask's own), `plugins` the installed entry points: (key, module, version) each.

    Raises ConfigError or PluginError, so that a wrong set-up stops the start.
    """
    values = settings.load(config)
    app = Flask("portal", instance_path=str(values["INSTANCE"]), static_folder="static")
    app.config.from_mapping(values)
    templating.init_app(app)
    app.extensions["portal_keyring"] = app.config["KEYRING"]
    app.extensions["portal"] = loaded = registry.load(plugins)
    if proxies := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]

    db.init_app(app)
    with app.app_context():
        database.prepare(db.engine)
    csrf.init_app(app)
    compress.init_app(app)

    for part in (language, headers, assets, errors, session, login):
        part.init_app(app)
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    panels.mount(app, loaded)
    if app.config["DEMO"]:
        demo.init_app(app)
    return app
