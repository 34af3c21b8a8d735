"""Who delivers Integrationsmanagement in the 82 municipalities, how, and since when.

The groups are those of 2018: in the Ortenaukreis 40 of 51 gave the task back to the county and
three to the Caritas; in the Rems-Murr-Kreis it was 18 of 31, beside seven towns of their own and
six in an association. Free providers work inside these groups.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ORTENAU, REMS_MURR = "Ortenaukreis", "Rems-Murr-Kreis"  # stand for all of their municipalities

KINZIGTAL = (
    "Hausach", "Haslach im Kinzigtal", "Wolfach", "Gutach (Schwarzwaldbahn)",
    "Zell am Harmersbach", "Hornberg", "Steinach", "Biberach", "Oberwolfach", "Oberharmersbach",
    "Hofstetten", "Mühlenbach", "Nordrach", "Fischerbach",
)  # fmt: skip
RENCHTAL = (
    "Oberkirch", "Oppenau", "Rheinau", "Appenweier", "Willstätt", "Renchen", "Kappelrodeck",
    "Sasbach", "Bad Peterstal-Griesbach", "Lauf", "Ottenhöfen im Schwarzwald", "Sasbachwalden",
    "Lautenbach", "Seebach",
)  # fmt: skip
LAHR_UMLAND = (
    "Friesenheim", "Neuried", "Hohberg", "Schutterwald", "Schwanau", "Kippenheim", "Seelbach",
    "Kappel-Grafenhausen", "Durbach", "Meißenheim", "Ortenberg", "Schuttertal",
)  # fmt: skip
GENGENBACH = ("Gengenbach", "Ohlsbach", "Berghaupten")
SOUTH = ("Ettenheim", "Mahlberg", "Ringsheim", "Rust")

MURRTAL = (
    "Rudersberg", "Welzheim", "Weissach im Tal", "Auenwald", "Allmersbach im Tal", "Althütte",
    "Burgstetten", "Kaisersbach",
)  # fmt: skip
REMSTAL = (
    "Remshalden", "Kernen im Remstal", "Korb", "Leutenbach", "Schwaikheim", "Plüderhausen",
    "Urbach", "Winterbach", "Alfdorf", "Berglen",
)  # fmt: skip
UPPER_MURR = (
    "Aspach", "Großerlach", "Kirchberg an der Murr", "Oppenweiler", "Spiegelberg",
    "Sulzbach an der Murr",
)  # fmt: skip

COUNTY, OWN = "delegated_to_county", "own_municipality"
ASSOCIATION, WELFARE = "municipal_association", "delegated_to_welfare"


@dataclass(frozen=True)
class Mandate:
    """An office that delivers it in a municipality; several may at a time."""

    municipality: str
    office: str
    model: str
    valid_from: str = "2018-01-01"
    valid_until: str | None = None


def _all(places: Iterable[str], office: str, model: str) -> tuple[Mandate, ...]:
    return tuple(Mandate(place, office, model) for place in places)


MANDATES = (
    *_all(KINZIGTAL, "kinzigtal", COUNTY),
    *_all(RENCHTAL, "renchtal", COUNTY),
    *_all(LAHR_UMLAND, "lahr_umland", COUNTY),
    *_all(GENGENBACH, "caritas_og", WELFARE),
    *_all(SOUTH, "verbund_og", ASSOCIATION),
    Mandate("Achern", "stadt_achern", OWN),
    Mandate("Kehl", "stadt_kehl", OWN),
    Mandate("Lahr/Schwarzwald", "stadt_lahr", OWN),
    Mandate("Offenburg", "stadt_offenburg", OWN),
    *_all((*MURRTAL, *REMSTAL), "im_rm", COUNTY),
    Mandate("Backnang", "stadt_backnang", OWN),
    Mandate("Fellbach", "stadt_fellbach", OWN),
    Mandate("Murrhardt", "stadt_murrhardt", OWN),
    Mandate("Schorndorf", "stadt_schorndorf", OWN),
    Mandate("Waiblingen", "stadt_waiblingen", OWN),
    Mandate("Weinstadt", "stadt_weinstadt", OWN),
    Mandate("Winnenden", "stadt_winnenden", OWN),
    *_all([place for place in UPPER_MURR if not place.startswith("Sulzbach")], "verbund_rm",
          ASSOCIATION),
    # Free providers inside the groups.
    Mandate("Murrhardt", "diakonie", WELFARE),
    Mandate("Weinstadt", "awo", WELFARE, "2019-03-01"),
    Mandate("Winnenden", "paulinenpflege", WELFARE),
    # Until the end of 2024 it went with its neighbours.
    Mandate("Sulzbach an der Murr", "verbund_rm", ASSOCIATION, valid_until="2024-12-31"),
    Mandate("Sulzbach an der Murr", "diakonie", WELFARE, "2025-01-01"),
)  # fmt: skip


def places_of(office: str) -> list[str]:
    """Where an office delivers it today."""
    return [m.municipality for m in MANDATES if m.office == office and m.valid_until is None]
