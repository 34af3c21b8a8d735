"""What changes the map of places and services."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from datetime import date
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import audit
from portal.accounts.models import Unit
from portal.accounts.policy import open_units, require_admin
from portal.actor import Actor
from portal.codes import GOAL_AREAS, LANGUAGES
from portal.deadlines import (
    DUE_AFTER,
    EXPIRES_AFTER,
    LEAST_PAST_DUE,
    LONGEST_DUE,
    LONGEST_OPEN,
)
from portal.extensions import db
from portal.network import policy
from portal.network.models import (
    CAPACITIES,
    CLOSED,
    DELIVERY_MODELS,
    OPEN,
    WAITING,
    Delivery,
    Municipality,
    Service,
    ServiceLanguage,
    ServiceMunicipality,
)
from portal.problems import Invalid
from portal.registry import registry
from portal.wording import Phrase
from portal.workflow import N_, Choice, Field, Kind, clean

LONGEST_WAIT_WEEKS = 260
LONGEST_CLOSED_DAYS = 730

CAPACITY_FIELDS = (
    Field(key="capacity", label=N_("Neue Anfragen"), kind=Kind.CHOICE,
          choices=CAPACITIES, default=OPEN),
    Field(key="waiting_weeks", label=N_("Wartezeit in Wochen, etwa"), kind=Kind.INTEGER,
          required=False, required_if=("capacity", WAITING), minimum=1,
          maximum=LONGEST_WAIT_WEEKS),
    Field(key="closed_until", label=N_("Nimmt wieder an ab"), kind=Kind.DATE, required=False,
          required_if=("capacity", CLOSED), days=(1, LONGEST_CLOSED_DAYS)),
)  # fmt: skip
# Working days. The county's to say: a partner does not choose how soon it is reminded.
DEADLINE_FIELDS = (
    Field(key="due_days", label=N_("Antwort fällig nach (Arbeitstage)"), kind=Kind.INTEGER,
          required=False, minimum=1, maximum=LONGEST_DUE,
          hint=Phrase(N_("Ohne Angabe: %(days)s. Erinnert wird vorher, im gleichen Verhältnis."),
                      days=DUE_AFTER)),
    Field(key="expire_days", label=N_("Endet ohne Antwort nach (Arbeitstage)"), kind=Kind.INTEGER,
          required=False, minimum=1, maximum=LONGEST_OPEN,
          hint=Phrase(N_("Ohne Angabe: %(days)s."), days=EXPIRES_AFTER)),
)  # fmt: skip
END_FIELDS = (
    Field(key="valid_until", label=N_("Letzter Tag"), kind=Kind.DATE, default_days=0),
)  # fmt: skip


def load_municipalities() -> int:
    """Add the municipalities of the packaged table that are missing; returns how many."""
    known = set(db.session.scalars(select(Municipality.ags)))
    text = resources.files("portal.network").joinpath("municipalities.csv").read_text("utf-8")
    missing = [row for row in csv.DictReader(text.splitlines()) if row["ags"] not in known]
    db.session.add_all(Municipality(**row) for row in missing)
    return len(missing)


def service_fields(actor: Actor, *, new: bool) -> tuple[Field, ...]:
    """The form of a service. Its unit is chosen once, and only by an administrator."""
    places = policy.municipalities()
    counties = sorted({place.county for place in places})
    unit = Field(key="unit_id", label=N_("Stelle"), kind=Kind.CHOICE, choices=_units(actor))
    own = (
        Field(key="type", label=N_("Art der Vermittlung"), kind=Kind.CHOICE, choices=_types()),
        Field(key="name", label=N_("Name des Angebots")),
        Field(key="neutral_name", label=N_("Neutraler Name"), required=False,
              hint=N_("Nur wenn schon der Name verrät, was jemand braucht. Dann steht in Listen "
                      "und bei der Stelle zum Beispiel „Beratungsstelle Familie“; den richtigen "
                      "Namen sieht nur, wer vermittelt.")),
        Field(key="description", label=N_("Beschreibung"), kind=Kind.LONG_TEXT, required=False,
              max_length=500, hint=N_("Ein, zwei Sätze: was hier geschieht und für wen.")),
        Field(key="goal_areas", label=N_("Bereiche"), kind=Kind.CHOICES, choices=GOAL_AREAS),
        Field(key="languages", label=N_("Sprachen"), kind=Kind.CHOICES, choices=LANGUAGES,
              hint=N_("In welchen Sprachen das Angebot genutzt werden kann.")),
        Field(key="counties", label=N_("Ganze Landkreise"), kind=Kind.CHOICES, required=False,
              choices=tuple((county, county) for county in counties),
              hint=N_("Ohne Landkreis und Gemeinde ist das Angebot für alle Orte offen.")),
        Field(key="municipalities", label=N_("Einzelne Gemeinden"), kind=Kind.CHOICES,
              required=False, choices=tuple((place.ags, place.name) for place in places)),
        *CAPACITY_FIELDS,
        Field(key="active", label=N_("Wird Beratenden angezeigt"), kind=Kind.YES_NO,
              required=False, default=True),
    )  # fmt: skip
    if not actor.may("admin.manage"):
        return own
    return (unit, *own, *DEADLINE_FIELDS) if new else (*own, *DEADLINE_FIELDS)


def service_values(service: Service, today: date) -> dict[str, Any]:
    """A service as its form shows it: a county of which all is served is one tick."""
    chosen = {row.municipality_ags for row in service.municipalities}
    by_county: dict[str, set[str]] = {}
    for place in policy.municipalities():
        by_county.setdefault(place.county, set()).add(place.ags)
    whole = [county for county, all_of_it in by_county.items() if all_of_it <= chosen]
    covered = {ags for county in whole for ags in by_county[county]}
    return {
        **{column.key: getattr(service, column.key) for column in service.__mapper__.column_attrs},
        **capacity_values(service, today),
        "languages": [row.language for row in service.languages],
        "counties": whole,
        "municipalities": sorted(chosen - covered),
    }


def create_service(actor: Actor, data: Mapping[str, Any]) -> Service:
    """Raises Forbidden, Invalid."""
    policy.require_services(actor)
    values = clean(service_fields(actor, new=True), data, actor.today)
    unit_id = UUID(values["unit_id"]) if "unit_id" in values else actor.unit_id
    assert unit_id is not None
    service = Service(unit_id=unit_id)
    _fill(actor, service, values)
    db.session.add(service)
    db.session.flush()
    audit.record(actor, "service.changed", subject=service, created=True)
    return service


def change_service(actor: Actor, service_id: UUID, data: Mapping[str, Any]) -> Service:
    """Raises NotFound, Invalid."""
    service = policy.get_editable(actor, service_id)
    _fill(actor, service, clean(service_fields(actor, new=False), data, actor.today))
    audit.record(actor, "service.changed", subject=service, due_days=service.due_days,
                 expire_days=service.expire_days)  # fmt: skip
    return service


def set_capacity(actor: Actor, service_id: UUID, data: Mapping[str, Any]) -> Service:
    """The two clicks of a partner: whether there is room. Who says it last is believed.

    Raises NotFound, Invalid.
    """
    service = policy.get_editable(actor, service_id, lock=True)
    _fill_capacity(actor, service, clean(CAPACITY_FIELDS, data, actor.today))
    _record_capacity(actor, service)
    return service


def confirm_capacity(actor: Actor, service_id: UUID) -> Service:
    """It is still so. Raises NotFound."""
    service = policy.get_editable(actor, service_id, lock=True)
    service.capacity_as_of = actor.today
    _record_capacity(actor, service)
    return service


def capacity_values(service: Service, today: date) -> dict[str, Any]:
    """What the form of the capacity shows; a day that has come is none any more."""
    capacity = service.capacity_on(today)
    closed_until = service.closed_until if capacity == CLOSED else None
    return {"capacity": capacity, "waiting_weeks": service.waiting_weeks,
            "closed_until": closed_until}  # fmt: skip


def delivery_fields(actor: Actor) -> tuple[Field, ...]:
    return (
        Field(key="unit_id", label=N_("Stelle"), kind=Kind.CHOICE, choices=_units(actor)),
        Field(key="model", label=N_("Form"), kind=Kind.CHOICE, choices=DELIVERY_MODELS),
        Field(key="valid_from", label=N_("Seit"), kind=Kind.DATE, default_days=0),
        Field(key="valid_until", label=N_("Bis"), kind=Kind.DATE, required=False),
    )


def add_delivery(actor: Actor, ags: str, data: Mapping[str, Any]) -> Delivery:
    """Somebody delivers Integrationsmanagement in a municipality; several may at a time.

    Raises Forbidden, NotFound, Invalid.
    """
    require_admin(actor)
    municipality = policy.get_municipality(ags)
    values = clean(delivery_fields(actor), data, actor.today)
    _check_period(values["valid_from"], values["valid_until"])
    delivery = Delivery(
        municipality_ags=municipality.ags, unit_id=UUID(values.pop("unit_id")), **values
    )
    db.session.add(delivery)
    db.session.flush()
    audit.record(actor, "delivery.changed", subject=delivery, municipality=municipality.ags)
    return delivery


def end_delivery(actor: Actor, delivery_id: UUID, data: Mapping[str, Any]) -> Delivery:
    """Raises Forbidden, NotFound, Invalid."""
    require_admin(actor)
    delivery = policy.get_delivery(actor, delivery_id)
    values = clean(END_FIELDS, data, actor.today)
    _check_period(delivery.valid_from, values["valid_until"])
    delivery.valid_until = values["valid_until"]
    audit.record(actor, "delivery.changed", subject=delivery, ended=True)
    return delivery


def _fill(actor: Actor, service: Service, values: dict[str, Any]) -> None:
    # What an office receives follows from what it is: no desk makes itself a Jobcenter.
    unit = db.session.get_one(Unit, service.unit_id)
    if values["type"] not in {kind.key for kind in registry().types_for(unit.organisation.kind)}:
        raise Invalid({"type": N_("Dieses Angebot passt nicht zur Art der Organisation.")})
    for key in ("type", "name", "goal_areas"):
        setattr(service, key, values[key])
    _set_deadlines(service, values)
    service.neutral_name = values["neutral_name"] or ""
    service.description = values["description"] or ""
    service.active = bool(values["active"])
    _fill_capacity(actor, service, values)
    _replace(service.languages, "language", values["languages"], ServiceLanguage)
    counties = set(values["counties"] or ())
    places = {place.ags for place in policy.municipalities() if place.county in counties}
    places |= set(values["municipalities"] or ())
    _replace(service.municipalities, "municipality_ags", places, ServiceMunicipality)


def _fill_capacity(actor: Actor, service: Service, values: dict[str, Any]) -> None:
    capacity = values["capacity"]
    service.waiting_weeks = values["waiting_weeks"] if capacity == WAITING else None
    service.closed_until = values["closed_until"] if capacity == CLOSED else None
    service.capacity_as_of = actor.today


def _record_capacity(actor: Actor, service: Service) -> None:
    until = service.closed_until.isoformat() if service.closed_until else None
    audit.record(actor, "service.changed", subject=service, waiting_weeks=service.waiting_weeks,
                 closed_until=until)  # fmt: skip


def _set_deadlines(service: Service, values: dict[str, Any]) -> None:
    if "due_days" not in values:
        return  # was not asked
    least = (values["due_days"] or DUE_AFTER) + LEAST_PAST_DUE
    if (values["expire_days"] or EXPIRES_AFTER) < least:
        too_soon = N_("Zu früh nach der Fälligkeit. Bitte mindestens %(days)s eintragen.")
        raise Invalid({"expire_days": Phrase(too_soon, days=least)})
    service.due_days = values["due_days"]
    service.expire_days = values["expire_days"]


def _replace(rows: list[Any], key: str, wanted: Collection[str], table: type[Any]) -> None:
    # Only what differs: the same row removed and added in one flush would collide.
    for row in [row for row in rows if getattr(row, key) not in wanted]:
        rows.remove(row)
    known = {getattr(row, key) for row in rows}
    rows.extend(table(**{key: value}) for value in sorted(set(wanted) - known))


def _check_period(start: Any, end: Any) -> None:
    if end is not None and end < start:
        raise Invalid({"valid_until": N_("Das Ende liegt vor dem Beginn.")})


def _types() -> tuple[Choice, ...]:
    return tuple((kind.key, kind.label) for kind in registry().referral_types.values())


def _units(actor: Actor) -> tuple[Choice, ...]:
    if not actor.may("admin.manage"):
        return ()
    return tuple((str(unit.id), unit.full_name) for unit in db.session.scalars(open_units(actor)))
