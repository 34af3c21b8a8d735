"""Who sees and edits services. Everybody who refers sees all of them: they hold no person."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Select, case, false, or_, select
from sqlalchemy.orm import selectinload

from portal.accounts.models import Organisation, Unit
from portal.actor import Actor
from portal.extensions import db
from portal.network.models import (
    CAPACITY_HOLDS,
    Delivery,
    Municipality,
    Service,
    ServiceLanguage,
    ServiceMunicipality,
)
from portal.problems import Forbidden, NotFound
from portal.workflow import N_


def editable(actor: Actor) -> Select[Service]:
    """The services an actor may change: the own unit's, for an administrator all."""
    statement = select(Service)
    if actor.may("admin.manage"):
        return statement
    own = Service.unit_id == actor.unit_id if actor.may("service.edit") else false()
    return statement.where(own)


def get_editable(actor: Actor, service_id: UUID, *, lock: bool = False) -> Service:
    """`lock` makes a second writer wait until the first is done."""
    statement = editable(actor).where(Service.id == service_id)
    if lock:
        statement = statement.with_for_update(of=Service)
    service = db.session.scalar(statement)
    if service is None:
        raise NotFound
    return service


def require_services(actor: Actor) -> None:
    """Raises Forbidden for those who keep no services at all."""
    if not (actor.may("service.edit") or actor.may("admin.manage")):
        raise Forbidden(N_("Dafür ist eine andere Rolle nötig."))


def to_confirm(actor: Actor) -> Select[Service]:
    """The own unit's services of which nobody has said for long whether they take people."""
    if not actor.may("service.edit"):
        return select(Service).where(false())
    said = Service.capacity_as_of
    return (
        select(Service)
        .where(
            Service.unit_id == actor.unit_id,
            Service.active,
            or_(said.is_(None), said < actor.today - CAPACITY_HOLDS),
        )
        .order_by(Service.name, Service.id)
    )


def found(actor: Actor, query: str = "", type: str = "") -> Select[Service]:  # noqa: A002
    """The editable services, with all that a list shows; `query` is looked for in names."""
    loaded = (selectinload(Service.languages), selectinload(Service.municipalities))
    statement = editable(actor).options(*loaded)
    if type:
        statement = statement.where(Service.type == type)
    if query:
        units = (
            select(Unit.id)
            .join(Organisation, Organisation.id == Unit.organisation_id)
            .where(
                Unit.name.icontains(query, autoescape=True)
                | Organisation.name.icontains(query, autoescape=True)
            )
        )
        met = Service.name.icontains(query, autoescape=True)
        statement = statement.where(or_(met, Service.unit_id.in_(units)))
    return statement


def municipalities() -> list[Municipality]:
    """All of them, by county and name."""
    statement = select(Municipality).order_by(Municipality.county, Municipality.name)
    return list(db.session.scalars(statement))


def get_municipality(ags: str) -> Municipality:
    found = db.session.get(Municipality, ags) if ags.isascii() and ags.isdigit() else None
    if found is None:
        raise NotFound
    return found


def deliveries(actor: Actor) -> Select[Delivery]:
    """Who delivers Integrationsmanagement where, the newest first: for administrators."""
    statement = select(Delivery).order_by(Delivery.valid_from.desc(), Delivery.id)
    return statement if actor.may("admin.manage") else statement.where(false())


def get_delivery(actor: Actor, delivery_id: UUID) -> Delivery:
    found = db.session.scalar(deliveries(actor).where(Delivery.id == delivery_id))
    if found is None:
        raise NotFound
    return found


def offered(
    today: date, *, types: list[str] | None = None, municipality: str = "", language: str = "",
    accepting: bool = False, not_unit: UUID | None = None,
) -> Select[Service]:  # fmt: skip
    """The services one can refer to, filtered, those without room last. A service without places
    is open to all."""
    takes = or_(Service.closed_until.is_(None), Service.closed_until <= today)
    statement = (
        select(Service)
        .join(Unit, Unit.id == Service.unit_id)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .where(Service.active, Unit.active, Organisation.active)
        .order_by(case((takes, 0), else_=1), Organisation.name, Service.name, Service.id)
    )
    if types is not None:
        statement = statement.where(Service.type.in_(types))
    if not_unit is not None:
        statement = statement.where(Service.unit_id != not_unit)
    if accepting:
        statement = statement.where(takes)
    if municipality:
        places = select(ServiceMunicipality.service_id)
        here = places.where(ServiceMunicipality.municipality_ags == municipality)
        statement = statement.where(Service.id.in_(here) | Service.id.not_in(places))
    if language:
        spoken = select(ServiceLanguage.service_id).where(ServiceLanguage.language == language)
        statement = statement.where(Service.id.in_(spoken))
    return statement
