"""Who sees and edits services. Everybody who refers sees all of them: they hold no person."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select

from portal.accounts.models import Organisation, Unit
from portal.actor import Actor
from portal.extensions import db
from portal.network.models import Service, ServiceLanguage, ServiceMunicipality
from portal.problems import Forbidden, NotFound
from portal.workflow import N_


def editable(actor: Actor) -> Select[Service]:
    """The services an actor may change: the own unit's, for an administrator all."""
    statement = select(Service)
    if actor.may("admin.manage"):
        return statement
    return statement.where(Service.unit_id == actor.unit_id, actor.may("service.edit"))


def get_editable(actor: Actor, service_id: UUID) -> Service:
    service = db.session.scalar(editable(actor).where(Service.id == service_id))
    if service is None:
        raise NotFound
    return service


def require_edit(actor: Actor, unit_id: UUID) -> None:
    own = actor.may("service.edit") and unit_id == actor.unit_id
    if not (own or actor.may("admin.manage")):
        raise Forbidden(N_("Dieses Angebot gehört zu einer anderen Stelle."))


def offered(
    *, types: list[str] | None = None, municipality: str = "", language: str = "",
    accepting: bool = False, not_unit: UUID | None = None,
) -> Select[Service]:  # fmt: skip
    """The services one can refer to, filtered. A service without places is open to all."""
    statement = (
        select(Service)
        .join(Unit, Unit.id == Service.unit_id)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .where(Service.active, Unit.active, Organisation.active)
        .order_by(Service.accepts_new.desc(), Organisation.name, Service.name, Service.id)
    )
    if types is not None:
        statement = statement.where(Service.type.in_(types))
    if not_unit is not None:
        statement = statement.where(Service.unit_id != not_unit)
    if accepting:
        statement = statement.where(Service.accepts_new)
    if municipality:
        places = select(ServiceMunicipality.service_id)
        here = places.where(ServiceMunicipality.municipality_ags == municipality)
        statement = statement.where(Service.id.in_(here) | Service.id.not_in(places))
    if language:
        spoken = select(ServiceLanguage.service_id).where(ServiceLanguage.language == language)
        statement = statement.where(Service.id.in_(spoken))
    return statement
