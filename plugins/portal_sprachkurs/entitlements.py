"""Ways into a funded course, and when one of them is closed: dated, with source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.api import N_, Choice


@dataclass(frozen=True, kw_only=True)
class Route:
    """A way into a course, and how long its paper counts."""

    key: str
    label: str
    rule: str
    source: str
    as_of: int  # the year of the text in which the rule was checked


ROUTES: dict[str, Route] = {
    route.key: route
    for route in (
        Route(key="claim", label=N_("Anspruch nach dem ersten Aufenthaltstitel"),
              rule=N_("Der Anspruch endet ein Jahr nach dem Titel."),
              source="§ 44 Abs. 1 und 2 AufenthG", as_of=2022),
        Route(key="obligation", label=N_("Verpflichtung durch Amt oder Jobcenter"),
              rule=N_("Die Anmeldung muss ohne Verzögerung folgen."),
              source="§ 44a AufenthG", as_of=2022),
        Route(key="admission", label=N_("Zulassung durch das BAMF, schon erteilt"),
              rule=N_("Gilt ein Jahr, mit Aufenthaltsgestattung drei Monate."),
              source="§ 44 Abs. 4 AufenthG, § 5 Abs. 3 IntV", as_of=2022),
        Route(key="vocational", label=N_("Berechtigung für einen Berufssprachkurs"),
              rule=N_("Ohne Anmeldung erlischt sie nach drei Monaten."),
              source="§ 6 Abs. 3 DeuFöV", as_of=2022),
        Route(key="self_payer", label=N_("Zahlt selbst"),
              rule=N_("Möglich für alle, zum Preis des Kursträgers."),
              source="§ 7 IntV", as_of=2022),
        Route(key="none", label=N_("Noch keine Berechtigung"),
              rule=N_("Der Kursträger kann vormerken, aber noch nicht anmelden."),
              source="§ 5 Abs. 1 IntV", as_of=2022),
    )
}  # fmt: skip
CHOICES: tuple[Choice, ...] = tuple((route.key, route.label) for route in ROUTES.values())


@dataclass(frozen=True, kw_only=True)
class Freeze:
    """From one day on a route gives no new papers; those issued before stay valid."""

    route: str
    valid_from: date
    valid_to: date | None
    says: str
    source: str


ADMISSION_FREEZE = Freeze(
    route="admission",
    valid_from=date(2026, 2, 9),
    valid_to=None,
    says=N_(
        "Neue Zulassungen zum Integrationskurs gibt es seit dem 9. Februar 2026 nicht. Frühere "
        "gelten weiter; sonst bleiben Anspruch, Verpflichtung und Selbstzahlung."
    ),
    source="BAMF-Trägerrundschreiben 02/26",
)
FREEZES = (ADMISSION_FREEZE,)


def freeze_on(route: str, issued_on: date) -> Freeze | None:
    """What speaks against a paper of this route issued on that day."""
    for freeze in FREEZES:
        ended = freeze.valid_to is not None and issued_on > freeze.valid_to
        if freeze.route == route and issued_on >= freeze.valid_from and not ended:
            return freeze
    return None
