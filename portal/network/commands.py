"""What changes the map of places and services."""

from __future__ import annotations

import csv
from collections.abc import Collection
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import audit
from portal.actor import Actor
from portal.extensions import db
from portal.network import policy
from portal.network.models import Municipality, Service, ServiceLanguage, ServiceMunicipality
from portal.problems import Invalid
from portal.registry import registry
from portal.workflow import N_


def load_municipalities() -> int:
    """Add the municipalities of the packaged table that are missing; returns how many."""
    known = set(db.session.scalars(select(Municipality.ags)))
    text = resources.files("portal.network").joinpath("municipalities.csv").read_text("utf-8")
    missing = [row for row in csv.DictReader(text.splitlines()) if row["ags"] not in known]
    db.session.add_all(Municipality(**row) for row in missing)
    return len(missing)


def save_service(
    actor: Actor, unit_id: UUID, service: Service | None, values: dict[str, Any],
    languages: Collection[str], municipalities: Collection[str],
) -> Service:  # fmt: skip
    """Add or change a service. `values` are columns of Service. Raises Forbidden, Invalid."""
    policy.require_edit(actor, unit_id)
    if values["type"] not in registry().referral_types:
        raise Invalid({"type": N_("Bitte eine der angebotenen Möglichkeiten wählen.")})
    if service is None:
        service = Service(unit_id=unit_id, **values)
        db.session.add(service)
    else:
        for key, value in values.items():
            setattr(service, key, value)
    service.capacity_as_of = actor.today
    service.languages = [ServiceLanguage(language=code) for code in sorted(set(languages))]
    service.municipalities = [
        ServiceMunicipality(municipality_ags=ags) for ags in sorted(set(municipalities))
    ]
    db.session.flush()
    audit.record(actor, "service.changed", subject=service)
    return service


def set_capacity(
    actor: Actor, service: Service, *, accepts_new: bool, waiting_weeks: int | None
) -> None:
    """The two clicks of a partner: open or closed, and how long one waits."""
    policy.require_edit(actor, service.unit_id)
    service.accepts_new = accepts_new
    service.waiting_weeks = waiting_weeks
    service.capacity_as_of = actor.today
    audit.record(actor, "service.changed", subject=service, accepts_new=accepts_new)
