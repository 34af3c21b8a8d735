"""What the further clients ask for: a sentence for each need, the answers to each kind's form."""

from __future__ import annotations

from random import Random
from typing import Any

from portal.demo.offers import Offer
from portal.demo.people import Person
from portal.demo.story import JOBCENTER_REQUESTS

CONCERNS = {
    "benefits_finance": (
        "Bitte um Klärung, warum die Leistung in diesem Monat nicht gekommen ist.",
        "Der Bewilligungszeitraum endet, beim Weiterbewilligungsantrag fehlt eine Unterlage.",
        "Die Leistung wechselt, wer zahlt bis dahin die Miete?",
        "Die Nutzungsgebühr wurde doppelt verlangt, bitte prüfen.",
    ),
    "childcare": (
        "Ein Kind, drei Jahre alt, sucht einen Platz. Ein Elternteil beginnt einen Kurs.",
        "Zwei Kinder, möglichst im selben Haus. Ein Platz am Vormittag würde reichen.",
        "Das Kind war noch nie in einer Kita, ein Elternteil hat eine Arbeit in Aussicht.",
    ),
    "housing": (
        "Arbeitet in Vollzeit und möchte aus der Unterkunft ausziehen.",
        "Vier Personen in einem Zimmer, bitte um Vormerkung für eine Wohnung.",
    ),
    "language": (
        "Bitte prüfen, ob eine Verpflichtung zum Kurs möglich ist.",
        "Der Anspruch auf den Kurs läuft bald ab, bitte um Verpflichtung.",
        "Nach dem Kurs bis B1: welcher Berufssprachkurs passt, und wer berechtigt dazu?",
    ),
    "legal_admin": (
        "Ein Schreiben der Behörde ist nicht zu verstehen, die Frist läuft.",
        "Welche Unterlagen fehlen noch, und wo sind sie zu bekommen?",
        "Bitte um Hilfe beim Ummelden nach dem Umzug.",
    ),
    "participation": (
        "Möchte Fußball spielen und sucht einen Verein im Ort.",
        "Spielt ein Instrument und fragt nach einer Gruppe im Ort.",
    ),
    "recognition": (
        "Abschluss und Zeugnisse liegen in Übersetzung vor, welche Stelle ist zuständig?",
        "Fünf Jahre Berufserfahrung, aber ohne Zeugnis: was lässt sich nachweisen?",
        "Der Bescheid nennt Lücken. Welche Anpassung ist in der Nähe möglich?",
    ),
    "residence": (
        "Der Titel läuft in acht Wochen ab, bitte um einen Termin.",
        "Die Fiktionsbescheinigung endet, der Arbeitgeber braucht einen Nachweis.",
        "Bitte um Auskunft, welche Unterlagen für die Verlängerung fehlen.",
    ),
    "school_education": (
        "Ein Kind von zehn Jahren braucht einen Platz in der Vorbereitungsklasse.",
        "Möchte den Hauptschulabschluss nachholen, tagsüber oder am Abend.",
        "Schulwechsel nach dem Umzug, bitte um ein Gespräch mit der Schule.",
    ),
    "work": (
        "Führerschein und drei Jahre Erfahrung im Lager, sucht eine Stelle ohne Nachtarbeit.",
        "Ein Betrieb bietet ein Praktikum an. Ist eine Förderung möglich?",
        "Möchte eine Ausbildung beginnen und fragt nach einer Einstiegsqualifizierung.",
        "Sucht neben dem Kurs eine Arbeit in Teilzeit.",
    ),
}
# Where the need alone does not tell what is wanted.
OWN_CONCERNS = {
    "sprachmittlung": (
        "Für das Elterngespräch in der Schule wird jemand zum Übersetzen gebraucht.",
        "Termin bei der Krankenkasse, etwa eine Stunde, am Vormittag.",
        "Gespräch zur Aufnahme in die Kita, bitte mit Sprachmittlung.",
    ),
    "fsa": (
        "Der Umzug steht in vier Wochen an. Kurs und Kita sollen weiterlaufen.",
        "Seit zwei Wochen in der Gemeinde: welche Anträge laufen noch?",
    ),
    "unterkunft_rm": (
        "Das Zimmer ist für eine Ausbildung im Schichtdienst nicht geeignet.",
        "Die Familie wächst, bitte um ein zweites Zimmer.",
    ),
}

# Kind, text, time, meeting place, whether children are there.
TASKS = (
    ("language_tandem", "Einmal in der Woche Deutsch sprechen, am liebsten beim Spaziergang.",
     "donnerstags ab 17 Uhr", "Eingang der Stadtbücherei", False),
    ("flat_hunting", "Wohnungsanzeigen lesen und bei Anrufen unterstützen.",
     "samstags am Vormittag", "Rathaus, Eingang", False),
    ("forms", "Zwei Formulare der Familienkasse gemeinsam ausfüllen.",
     "nachmittags, etwa zwei Stunden", "Begegnungscafé", False),
    ("accompaniment", "Begleitung zum ersten Elternabend in der Schule.",
     "am Abend, etwa zwei Stunden", "Haupteingang der Schule", False),
    ("homework", "Bei den Hausaufgaben in Deutsch und Mathematik helfen, fünfte Klasse.",
     "dienstags von 15 bis 16:30 Uhr", "Jugendhaus", True),
    ("bicycle", "Ein gebrauchtes Fahrrad verkehrssicher machen.",
     "samstags ab 10 Uhr", "Fahrradwerkstatt", False),
    ("job_mentoring", "Lebenslauf und Bewerbung durchsehen, ein Gespräch üben.",
     "mittwochs ab 18 Uhr", "Begegnungscafé", False),
    ("meeting_cafe", "Beim ersten Besuch im Begegnungscafé dabei sein.",
     "freitags ab 15 Uhr", "Begegnungscafé", False),
)  # fmt: skip
TASK_AREAS = {"homework": "school_education", "flat_hunting": "housing", "forms": "legal_admin",
              "job_mentoring": "work", "language_tandem": "language"}  # fmt: skip
SUBJECTS = {"orientation": "settling_in", "family": "family", "legal_admin": "papers",
            "benefits_finance": "money", "health": "personal", "residence": "papers",
            "work": "youth"}  # fmt: skip
STATE_COURSES = {"elternkurs": "state_parents", "elternkurs_rm": "state_parents",
                 "vwv_og": "state_evening"}  # fmt: skip
COURSES_BY_LITERACY = {"primary_illiterate": "literacy", "low_literacy": "low_literacy",
                       "second_script": "second_script"}  # fmt: skip
CLAIMS = ("aufe_25_1", "aufe_25_2_gfk", "aufe_25_2_sub", "aufe_22_23", "aufe_25b", "aufe_family")

Wish = tuple[str, str, dict[str, Any]]  # need, the long answer, the other answers


def wish(chance: Random, person: Person, offer: Offer, need: str) -> Wish:
    """What this person asks of this service, as far as a plain answer would not do."""
    if offer.type == "helferkreis":
        return _task(chance)
    if offer.type == "wohlfahrt":
        return need, "", {"subject": SUBJECTS.get(need, "settling_in")}
    if offer.type == "wohnungsfuehrerschein":
        understands = "interpreted" if person.more.get("interpreter_needed") else "plain_german"
        times = chance.choice(("saturday", "evening", "weekday"))
        return need, "", {"understands": [understands], "times": [times]}
    if offer.type.startswith("sprachkurs"):
        return need, "", _course(chance, person, offer)
    return need, chance.choice(OWN_CONCERNS.get(offer.key, CONCERNS[need])), {}


def needs_of(offer: Offer, usual: tuple[str, ...]) -> list[str]:
    """The needs one may send somebody for; `usual` are those of the kind of partner."""
    needs = offer.goal_areas or usual
    told = {"jobcenter": set(JOBCENTER_REQUESTS), "andere_stelle": set(CONCERNS)}
    return [need for need in needs if need in told.get(offer.type, {need})]


def suits(person: Person, offer: Offer, need: str) -> bool:
    """Whether it is plausible to send this person there for this need."""
    children = [int(age) for age in person.more.get("children_ages", "").split(", ") if age]
    if offer.type == "jobcenter" or offer.key == "asylblg":
        return (person.benefit == "asylblg") is (offer.key == "asylblg")
    if offer.key == "jmd":
        return person.age < 27
    if offer.key == "schwangere":
        return person.age < 40 and bool(children)
    if offer.type == "wohlfahrt":
        return person.age >= 27
    if offer.key == "bsk_og":
        return person.german in ("b1", "b2")
    if offer.type.startswith("sprachkurs"):
        return person.german in ("pre_a1", "a1", "a2") and (
            offer.key == "vwv_og" or offer.type == "sprachkurs" or bool(children)
        )
    if need == "childcare":
        return any(age < 7 for age in children)
    if need == "school_education":
        return person.age < 25 or any(age >= 6 for age in children)
    if need == "recognition":
        return "recognition_state" in person.more
    return need != "work" or 17 < person.age < 62


def _task(chance: Random) -> Wish:
    kind, text, time, place, minors = chance.choice(TASKS)
    form = {"task_kind": kind, "time_window": time, "meeting_point": place}
    return TASK_AREAS.get(kind, "participation"), text, form | (
        {"with_minors": True} if minors else {}
    )  # fmt: skip


def _course(chance: Random, person: Person, offer: Offer) -> dict[str, Any]:
    times = chance.choice((["morning"], ["morning", "afternoon"], ["evening"], ["afternoon"]))
    form = {"times": times, "radius": chance.choice(("30", "30", "60", "county")),
            "childcare_needed": "children_ages" in person.more}  # fmt: skip
    if offer.type == "sprachkurs.vwv":
        return form | {"wanted_kind": STATE_COURSES[offer.key]}
    if offer.key == "bsk_og":
        return form | {"wanted_kind": "vocational_b2", "route": "vocational"}
    kind = COURSES_BY_LITERACY.get(person.more.get("literacy", ""), "general")
    route = "claim" if person.title in CLAIMS else "obligation"
    return form | {"wanted_kind": kind, "route": route}
