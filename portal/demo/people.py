"""The forty clients of the worked week. Every surname means "example": nobody can be meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KATRIN, JONAS, MIRIAM, MARLENE = (
    "Katrin Demowald", "Jonas Demobach", "Miriam Beispielhuber", "Marlene Musterhaus",
)  # fmt: skip
HAUSACH, HASLACH, WOLFACH = "Hausach", "Haslach im Kinzigtal", "Wolfach"
GUTACH = "Gutach (Schwarzwaldbahn)"
OBERKIRCH, OPPENAU = "Oberkirch", "Oppenau"
MURRHARDT, SULZBACH = "Murrhardt", "Sulzbach an der Murr"


@dataclass(frozen=True)
class Person:
    """A client; `since` and `until` are the days of the first and the last talk, counted from the
    worked Monday. `more` holds further fields of the record."""

    key: str
    given_name: str
    family_name: str
    advisor: str
    place: str
    language: str
    age: int
    title: str
    benefit: str
    german: str
    housing: str
    since: int = -300
    more: dict[str, Any] = field(default_factory=dict)
    until: int | None = None


P = Person
PEOPLE = (
    # --- Katrin Demowald -------------------------------------------------------------------
    P("oksana", "Oksana", "Pryklad", KATRIN, HAUSACH, "uk", 34, "aufe_24", "sgb2", "a2",
      "own_rent", -400, {"children_ages": "6, 9", "german_evidence": "certificate",
                         "contact_way": "phone", "occupation": "Buchhalterin"}),
    P("rahima", "Rahima", "Nemuna", KATRIN, HASLACH, "prs", 29, "aufe_25_2_gfk", "sgb2", "pre_a1",
      "followup_flat", -310, {"children_ages": "2", "literacy": "second_script",
                              "interpreter_needed": True}),
    P("yusuf", "Yusuf", "Örnek", KATRIN, WOLFACH, "tr", 22, "asylum_permission", "work_income",
      "b1", "followup_shared", -260, {"further_languages": ["kmr"], "german_evidence":
                                      "self_estimate", "occupation": "Hilfe in einer Bäckerei"}),
    # The three years of counselling run out in March.
    P("samuel", "Samuel", "Abnet", KATRIN, HAUSACH, "ti", 26, "aufe_25_2_gfk", "work_income",
      "b1", "followup_flat", -994, {"german_evidence": "certificate",
                                    "housing_wish": "Zwei Zimmer im Kinzigtal"}),
    P("amal", "Amal", "Mithal", KATRIN, GUTACH, "ar", 33, "aufe_25_2_sub", "sgb2", "a1",
      "followup_container", -230, {"children_ages": "3, 7, 11", "adults": 2,
                                   "interpreter_needed": True}),
    P("karim", "Karim", "Mithal", KATRIN, GUTACH, "ar", 37, "aufe_25_2_sub", "sgb2", "a2",
      "followup_container", -230, {"children_ages": "3, 7, 11", "adults": 2,
                                   "occupation": "Schreiner"}),
    P("emine", "Emine", "Misal", KATRIN, HAUSACH, "tr", 41, "aufe_25_2_gfk", "sgb2", "a2",
      "own_rent", -350, {"children_ages": "12, 15"}),
    P("biniam", "Biniam", "Abnet", KATRIN, HASLACH, "ti", 31, "aufe_25_2_gfk", "sgb2", "a2",
      "followup_shared", -200),
    P("hawa", "Hawa", "Tusaale", KATRIN, HASLACH, "so", 24, "aufe_25_2_sub", "sgb2", "a1",
      "followup_flat", -180, {"children_ages": "1", "interpreter_needed": True}),
    P("nino", "Nino", "Magaliti", KATRIN, WOLFACH, "ka", 38, "duldung_60a", "asylblg", "a2",
      "followup_shared", -420, {"occupation": "Krankenpflegerin"}),
    P("serhij", "Serhij", "Pryklad", KATRIN, WOLFACH, "uk", 45, "aufe_24", "sgb2", "b1",
      "own_rent", -390, {"further_languages": ["ru"], "occupation": "Elektroingenieur",
                         "vocational_level": "master", "recognition_state": "documents_missing"}),
    # Nobody learns where she lives, whatever a consent says.
    P("shirin", "Shirin", "Nemune", KATRIN, HAUSACH, "fa", 27, "aufe_25_2_gfk", "sgb2", "b1",
      "women_shelter", -90, {"contact_way": "advisor", "phone": None}),
    P("dawit", "Dawit", "Misale", KATRIN, GUTACH, "am", 19, "aufe_25_3", "training_bafoeg_bab",
      "b1", "followup_flat", -330, {"school_level": "still_in_school"}),
    # --- Jonas Demobach --------------------------------------------------------------------
    P("tariq", "Tariq", "Misaal", JONAS, HAUSACH, "ur", 36, "duldung_60a", "asylblg", "a2",
      "followup_shared", -280),
    P("gul", "Gul", "Belga", JONAS, WOLFACH, "ps", 28, "aufe_25_3", "sgb2", "a1",
      "followup_container", -240, {"literacy": "primary_illiterate", "interpreter_needed": True}),
    P("arben", "Arben", "Shembull", JONAS, HASLACH, "sq", 33, "aufe_work_edu", "work_income", "b1",
      "own_rent", -160, {"occupation": "Maurer"}),
    P("mirela", "Mirela", "Exemplu", JONAS, HASLACH, "ro", 30, "eu_free_movement", "sgb2", "a2",
      "own_rent", -140, {"children_ages": "4"}),
    P("rojin", "Rojin", "Mînak", JONAS, HAUSACH, "kmr", 23, "aufe_25_2_gfk", "sgb2", "b1",
      "followup_flat", -370, {"german_evidence": "certificate"}),
    P("olena", "Olena", "Zrazok", JONAS, HAUSACH, "uk", 52, "aufe_24", "sgb2", "a2",
      "private_host", -410, {"occupation": "Lehrerin", "vocational_level": "master"}),
    P("aminata", "Aminata", "Exemple", JONAS, WOLFACH, "fr", 25, "aufe_25_5", "sgb2", "a2",
      "followup_shared", -190, {"further_languages": ["wo"], "children_ages": "0"}),
    P("harpreet", "Harpreet", "Udaharan", JONAS, GUTACH, "pa", 32, "asylum_permission", "asylblg",
      "a1", "followup_shared", -120, {"interpreter_needed": True}),
    P("lamin", "Lamin", "Misali", JONAS, GUTACH, "ha", 21, "duldung_60c", "work_income", "b1",
      "followup_flat", -450, {"occupation": "Ausbildung zum Koch"}),
    P("soran", "Soran", "Nmune", JONAS, HAUSACH, "ckb", 40, "aufe_25_2_sub", "sgb2", "a2",
      "own_rent", -320, {"children_ages": "5, 8"}),
    P("wei", "Wei", "Lizi", JONAS, HASLACH, "zh", 35, "aufe_family", "work_income", "a2",
      "own_rent", -100),
    # --- Miriam Beispielhuber, another team ------------------------------------------------
    P("iryna", "Iryna", "Pryklad", MIRIAM, OBERKIRCH, "uk", 31, "aufe_24", "sgb2", "a2",
      "private_host", -270, {"children_ages": "3"}),
    P("hamid", "Hamid", "Nemuna", MIRIAM, OPPENAU, "prs", 44, "aufe_25_3", "sgb2", "a1",
      "followup_shared", -210, {"interpreter_needed": True}),
    P("selam", "Selam", "Abnet", MIRIAM, OBERKIRCH, "ti", 29, "aufe_25_2_gfk", "sgb2", "b1",
      "followup_flat", -340),
    P("goran", "Goran", "Primer", MIRIAM, OPPENAU, "sr", 39, "duldung_60d", "work_income", "b1",
      "own_rent", -150),
    # --- Marlene Musterhaus, Rems-Murr-Kreis -----------------------------------------------
    P("farhad", "Farhad", "Nemunezada", MARLENE, MURRHARDT, "fa", 41, "duldung_60a", "asylblg",
      "b1", "followup_shared", -360, {"occupation": "Ingenieur", "vocational_level": "master",
                                      "recognition_state": "counselling"}),
    P("layla", "Layla", "Mithal-Demo", MARLENE, SULZBACH, "ar", 38, "aufe_25_3", "sgb2", "a1",
      "followup_flat", -290, {"children_ages": "2, 5, 9, 13", "interpreter_needed": True}),
    P("cabdi", "Cabdi", "Tusaale", MARLENE, MURRHARDT, "so", 19, "aufe_25_2_gfk", "sgb2", "a2",
      "followup_shared", -220, {"school_level": "still_in_school"}),
    P("zelal", "Zelal", "Mînak", MARLENE, MURRHARDT, "kmr", 31, "aufe_25_1", "sgb2", "b1",
      "preliminary_shared", -40),
    # First title after 31 March 2025: the benefit system changes.
    P("mykola", "Mykola", "Pryklad", MARLENE, MURRHARDT, "uk", 58, "aufe_24", "sgb2", "a1",
      "followup_flat", -170, {"interpreter_needed": True}),
    P("yodit", "Yodit", "Misale", MARLENE, SULZBACH, "am", 27, "aufe_25_2_gfk", "sgb2", "a2",
      "followup_flat", -250, {"children_ages": "3"}),
    P("bashir", "Bashir", "Belga", MARLENE, MURRHARDT, "ps", 35, "aufe_25_3", "sgb2", "a1",
      "followup_container", -230, {"interpreter_needed": True, "literacy": "low_literacy"}),
    P("svitlana", "Svitlana", "Zrazok", MARLENE, MURRHARDT, "uk", 36, "aufe_24", "sgb2", "b1",
      "own_rent", -380, {"occupation": "Erzieherin", "vocational_level": "bachelor",
                         "children_ages": "4"}),
    P("elif", "Elif", "Örnek", MARLENE, SULZBACH, "tr", 33, "aufe_25_2_gfk", "sgb2", "a2",
      "own_rent", -200, {"children_ages": "1, 4"}),
    P("omar", "Omar", "Misal", MARLENE, MURRHARDT, "ar", 48, "aufe_25_2_sub", "sgb2", "a2",
      "own_rent", -430, {"children_ages": "10, 14, 16"}),
    P("natia", "Natia", "Magaliti", MARLENE, SULZBACH, "ka", 30, "duldung_60a", "asylblg", "a1",
      "followup_shared", -110),
    P("dragana", "Dragana", "Primer", MARLENE, MURRHARDT, "mk", 42, "aufe_work_edu",
      "work_income", "b1", "own_rent", -130),
)  # fmt: skip
