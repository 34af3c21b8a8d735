"""The other 360 clients of the counties, drawn by chance and the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from portal.crypto import normalise
from portal.demo.accounts import ACCOUNTS
from portal.demo.mandates import places_of
from portal.demo.origins import ORIGINS, Origin, Shares
from portal.demo.people import JONAS, KATRIN, MARLENE, MIRIAM, PEOPLE, Person

SEED = "hand in hand"
ELDEST_AT_HOME = 17

# With the forty of the worked week: sixty and more for a full post, less for half of one.
CASELOADS = {
    KATRIN: 53, JONAS: 51, MIRIAM: 57, MARLENE: 50, "Lars Lahrmuster": 61, "Ines Inselprobe": 30,
    "Remo Remsprobe": 26, "Beate Backmuster": 18, "Clara Gengenmuster": 14,
}  # fmt: skip

_ASYLUM = {"asylblg": 68, "work_income": 26, "unknown": 6}
_DULDUNG = {"asylblg": 55, "work_income": 40, "training_bafoeg_bab": 5}
_UKRAINE = {"sgb2": 66, "work_income": 28, "asylblg": 4, "sgb12": 2}
_OTHERS = {"sgb2": 64, "work_income": 25, "training_bafoeg_bab": 6, "sgb3": 3, "sgb12": 2}
BENEFITS = {"asylum_permission": _ASYLUM, "duldung_60a": _DULDUNG, "duldung_60b": _ASYLUM,
            "duldung_60c": {"work_income": 1}, "duldung_60d": {"work_income": 1},
            "aufe_work_edu": {"work_income": 1}, "aufe_24": _UKRAINE}  # fmt: skip
# By days of counselling so far.
GERMAN = (
    (150, {"pre_a1": 24, "a1": 40, "a2": 23, "b1": 11, "unknown": 2}),
    (400, {"pre_a1": 7, "a1": 23, "a2": 40, "b1": 26, "b2": 4}),
    (9999, {"pre_a1": 2, "a1": 9, "a2": 34, "b1": 41, "b2": 12, "c1": 2}),
)
EVIDENCE = {"certificate": 40, "placement_test": 16, "advisor_estimate": 26, "self_estimate": 18}
CONTACT_WAYS = {"phone": 48, "sms": 30, "email": 10, "letter": 6, "advisor": 6}
RECOGNITION = {"not_started": 30, "counselling": 20, "documents_missing": 16, "applied": 12,
               "deficits_notice": 4, "partly": 6, "full": 8, "not_needed": 4}  # fmt: skip
NO_PAPERS = ("none", "semi_skilled", "unknown")
TRADES = ("Altenpflege", "Bäckerei", "Bau", "Buchhaltung", "Büro", "Elektrik", "Erziehung",
          "Friseurhandwerk", "Gastronomie", "Informatik", "Krankenpflege", "Küche", "Lager",
          "Landwirtschaft", "Lehramt", "Metallbau", "Reinigung", "Schneiderei", "Spedition",
          "Tischlerei", "Verkauf")  # fmt: skip


def drawn(chance: Random, shares: Shares) -> str:
    """A code, as often as its share says."""
    return chance.choices(list(shares), list(shares.values()))[0]


def crowd() -> tuple[Person, ...]:
    """Everybody, shuffled over advisors and their municipalities."""
    chance = Random(SEED)
    named = [one for origin in ORIGINS for one in _names(chance, origin)]
    chance.shuffle(named)
    posts = [advisor for advisor, cases in CASELOADS.items() for _ in range(cases)]
    offices = {account.name: account.serves[0][0] for account in ACCOUNTS}
    people = []
    for number, (advisor, (origin, given, surname)) in enumerate(zip(posts, named, strict=True)):
        places = places_of(offices[advisor])  # the larger ones first
        place = chance.choices(places, range(len(places), 0, -1))[0]
        people.append(_person(chance, f"c{number:03}", origin, given, surname, advisor, place))
    return tuple(people)


def _names(chance: Random, origin: Origin) -> Iterator[tuple[Origin, str, str]]:
    """As many different names as there are people of this language."""
    taken = {(person.given_name, person.family_name) for person in PEOPLE}
    women, men = (
        [(given, surname) for given in names.split() for surname in origin.surnames.split()
         if (given, surname) not in taken]
        for names in (origin.women, origin.men)
    )  # fmt: skip
    chance.shuffle(women)
    chance.shuffle(men)
    wanted = origin.count * origin.background.women // 100
    wanted = min(len(women), max(wanted, origin.count - len(men)))
    for given, surname in (*women[:wanted], *men[: origin.count - wanted]):
        yield origin, given, surname


def _person(
    chance: Random, key: str, origin: Origin, given: str, surname: str, advisor: str, place: str
) -> Person:
    age = int(chance.triangular(17, 68, 31))
    days = int(chance.triangular(20, 1000, 330))
    title = drawn(chance, origin.background.titles)
    german = drawn(chance, next(levels for limit, levels in GERMAN if days <= limit))
    more = {
        **_schooling(chance, origin, age, german),
        **_household(chance, age),
        **_contact(chance, given, surname),
        "further_languages": [code for code in origin.further if chance.random() < 0.6],
        "interpreter_needed": german in ("pre_a1", "a1") and chance.random() < 0.8,
    }
    ended = days > 420 and chance.random() < 0.09
    return Person(
        key, given, surname, advisor, place, origin.language, age, title,
        drawn(chance, BENEFITS.get(title, _OTHERS)), german,
        drawn(chance, origin.background.housing), -days,
        {field: value for field, value in more.items() if value},
        -int(chance.uniform(8, 190)) if ended else None,
    )  # fmt: skip


def _schooling(chance: Random, origin: Origin, age: int, german: str) -> dict[str, Any]:
    in_school = age < 20 and chance.random() < 0.7
    vocation = "none" if age < 21 else drawn(chance, origin.background.vocations)
    schooling = "still_in_school" if in_school else drawn(chance, origin.background.schooling)
    return {
        "literacy": drawn(chance, origin.literacy),
        "german_evidence": None if german == "unknown" else drawn(chance, EVIDENCE),
        "school_level": schooling,
        "vocational_level": vocation,
        "recognition_state": None if vocation in NO_PAPERS else drawn(chance, RECOGNITION),
        "occupation": chance.choice(TRADES) if age > 20 and chance.random() < 0.7 else None,
    }


def _household(chance: Random, age: int) -> dict[str, Any]:
    if not 22 <= age <= 52 or chance.random() < 0.45:
        return {}
    eldest = min(age - 19, ELDEST_AT_HOME)
    ages = sorted(chance.randint(0, eldest) for _ in range(chance.choice((1, 1, 2, 2, 3, 4))))
    return {"children_ages": ", ".join(map(str, ages)), "adults": chance.choice((1, 2, 2))}


def _contact(chance: Random, given: str, surname: str) -> dict[str, Any]:
    way = drawn(chance, CONTACT_WAYS)
    address = ".".join(normalise(f"{given} {surname}")) + "@post.example"
    return {"contact_way": way,
            "email": address if way == "email" or chance.random() < 0.3 else None}  # fmt: skip
