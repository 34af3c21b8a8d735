"""Which languages the demo's clients speak, how often, and what usually goes with them.

Every surname means "example" or "sample" in its language: nobody can be meant. The shares follow
what the counties publish: Ukraine, Türkiye, Afghanistan and Syria lead.
"""

from __future__ import annotations

from dataclasses import dataclass

Shares = dict[str, int]  # a code and its weight


@dataclass(frozen=True)
class Background:
    """What people who came by the same way tend to have in common."""

    titles: Shares
    housing: Shares
    schooling: Shares
    vocations: Shares
    women: int = 45  # of a hundred


@dataclass(frozen=True)
class Origin:
    """Those of one first language: how many, under which names, and what else they speak."""

    language: str
    count: int
    background: Background
    surnames: str
    women: str
    men: str
    literacy: Shares
    further: tuple[str, ...] = ()


_MUNICIPAL = {"followup_shared": 30, "followup_flat": 30, "followup_container": 10, "own_rent": 25,
              "preliminary_shared": 5}  # fmt: skip
_SOME_SCHOOL = {"none": 10, "primary": 25, "lower_secondary": 35, "upper_secondary": 15,
                "upper_secondary_no_certificate": 10, "unknown": 5}  # fmt: skip
_LONG_SCHOOL = {"lower_secondary": 25, "upper_secondary": 65, "unknown": 10}
_FEW_PAPERS = {"none": 45, "semi_skilled": 25, "apprenticeship": 12, "bachelor": 8, "master": 4,
               "unknown": 6}  # fmt: skip
_MANY_PAPERS = {"none": 12, "apprenticeship": 20, "technical_college": 24, "bachelor": 18,
                "master": 24, "doctorate": 2}  # fmt: skip

UKRAINE = Background(
    {"aufe_24": 92, "fiction": 4, "aufe_work_edu": 4},
    {"own_rent": 48, "private_host": 18, "followup_flat": 22, "followup_shared": 12},
    _LONG_SCHOOL, _MANY_PAPERS, women=66,
)  # fmt: skip
SYRIA = Background(
    {"aufe_25_2_sub": 44, "aufe_25_2_gfk": 24, "aufe_25_3": 8, "asylum_permission": 8,
     "aufe_family": 9, "fiction": 5, "ne_26": 2}, _MUNICIPAL, _SOME_SCHOOL, _FEW_PAPERS,
)  # fmt: skip
TURKIYE = Background(
    {"asylum_permission": 42, "aufe_25_2_gfk": 28, "duldung_60a": 14, "aufe_25_1": 8,
     "fiction": 8}, {**_MUNICIPAL, "followup_shared": 45}, _LONG_SCHOOL, _MANY_PAPERS, women=35,
)  # fmt: skip
AFGHANISTAN = Background(
    {"aufe_25_3": 34, "aufe_25_2_gfk": 30, "asylum_permission": 14, "duldung_60a": 8,
     "aufe_22_23": 10, "aufe_25a": 4}, _MUNICIPAL, {**_SOME_SCHOOL, "none": 30}, _FEW_PAPERS,
)  # fmt: skip
HORN = Background(
    {"aufe_25_2_gfk": 42, "aufe_25_2_sub": 22, "aufe_25_3": 14, "aufe_family": 12,
     "asylum_permission": 10}, _MUNICIPAL, {**_SOME_SCHOOL, "none": 20}, _FEW_PAPERS,
)  # fmt: skip
AFRICA = Background(
    {"asylum_permission": 28, "duldung_60a": 24, "duldung_60c": 12, "duldung_60d": 10,
     "aufe_25_5": 14, "aufe_25b": 8, "aufe_104c": 4}, _MUNICIPAL, _SOME_SCHOOL, _FEW_PAPERS,
    women=30,
)  # fmt: skip
ELSEWHERE = Background(
    {"duldung_60a": 34, "asylum_permission": 26, "aufe_25_3": 12, "aufe_work_edu": 14,
     "aufe_25_5": 10, "duldung_60b": 4}, _MUNICIPAL, _SOME_SCHOOL, _FEW_PAPERS,
)  # fmt: skip

_LATIN = {"latin_literate": 94, "low_literacy": 6}
_OTHER_SCRIPT = {"second_script": 70, "latin_literate": 12, "low_literacy": 12,
                 "primary_illiterate": 6}  # fmt: skip
_SCHOOLED_IN_ANOTHER = {"latin_literate": 74, "second_script": 26}

ORIGINS = (
    Origin("uk", 92, UKRAINE, "Pryklad Zrazok",
           "Alina Anastasija Bohdana Daryna Halyna Hanna Inna Julija Kateryna Larysa Ljudmyla "
           "Ljubow Marija Marjana Nadija Natalija Nina Oleksandra Polina Solomija Sofija Tamara "
           "Tetjana Uljana Valentyna Vira Viktorija Jana Zoja Zlata",
           "Andrij Anton Artem Bohdan Danylo Dmytro Fedir Hryhorij Ihor Iwan Kyrylo Maksym "
           "Nazar Oleh Oleksij Pawlo Petro Roman Stepan Taras Vadym Wasyl Jurij Jaroslaw",
           _SCHOOLED_IN_ANOTHER, ("ru",)),
    Origin("ar", 56, SYRIA, "Mithal Misal Namudhaj",
           "Abir Asma Dina Fadia Ghada Hiba Iman Khadija Lubna Mariam Nour Rania Salma Widad",
           "Adel Bashar Faris Hassan Ibrahim Jamil Khaled Mazen Nabil Rami Tarek Walid Ziad",
           _OTHER_SCRIPT),
    Origin("tr", 46, TURKIYE, "Örnek Numune Misal",
           "Asli Aylin Berna Canan Derya Esra Fatma Gamze Hatice Melike Sevgi Zeynep",
           "Ahmet Baris Cem Emre Ferhat Hakan Ismail Kerem Mehmet Onur Serkan Ugur Volkan",
           _LATIN),
    Origin("prs", 26, AFGHANISTAN, "Nemuna Mesal",
           "Arezo Benafsha Farzana Gita Hosna Laila Mina Nilofar Parwin Sahar",
           "Aziz Daud Esmat Farid Jawad Mirwais Nawid Qasim Reza Zaman", _OTHER_SCRIPT, ("fa",)),
    Origin("kmr", 22, TURKIYE, "Mînak Nimûne",
           "Berfin Dilan Evin Gulistan Hevin Newroz Rozerin Viyan",
           "Azad Baran Ciwan Diyar Hogir Rojhat Serhat Welat", _LATIN, ("tr",)),
    Origin("ti", 14, HORN, "Abnet", "Almaz Feven Hiwet Mebrat Saba Winta Yohana Zula",
           "Amanuel Filmon Habtom Isaias Kidane Mussie Tesfay Yonas", _OTHER_SCRIPT),
    Origin("fa", 12, AFGHANISTAN, "Nemune Nemunezada", "Azadeh Elham Fereshteh Mahsa Parisa Sanaz",
           "Arash Behrouz Dariush Kaveh Mehdi Omid", _OTHER_SCRIPT),
    Origin("ps", 12, AFGHANISTAN, "Belga Misal", "Spozhmai Palwasha Zarghuna Wranga Torpekai",
           "Abdul Gulab Najib Rahim Shafiq Wali", _OTHER_SCRIPT, ("prs",)),
    Origin("so", 12, HORN, "Tusaale Muunad", "Ayaan Caasha Faduma Ifrah Sahra",
           "Abdi Bile Faarax Liban Maxamed", _LATIN),
    Origin("ru", 10, UKRAINE, "Primer Obrazez", "Galina Irina Ljudmila Olga Swetlana",
           "Boris Igor Nikolai Sergei", _SCHOOLED_IN_ANOTHER, ("uk",)),
    Origin("ckb", 8, SYRIA, "Nmune", "Awaz Chnar Hero Shilan Tara", "Aram Dlawar Karzan Sirwan",
           _OTHER_SCRIPT, ("ar",)),
    Origin("fr", 8, AFRICA, "Exemple Modele", "Adjoa Bintou Clarisse Fanta",
           "Blaise Kossi Moussa Serge", _LATIN),
    Origin("ur", 8, ELSEWHERE, "Misaal Namuna", "Ayesha Bushra Nadia Saima",
           "Bilal Imran Kashif Usman", _OTHER_SCRIPT, ("en",)),
    Origin("am", 6, HORN, "Misale", "Hirut Meseret Selamawit Tigist", "Abebe Dawit Girma Tadesse",
           _OTHER_SCRIPT),
    Origin("en", 6, AFRICA, "Example Sample", "Blessing Comfort Joy", "Emeka Osas Sunday", _LATIN),
    Origin("pa", 6, ELSEWHERE, "Udaharan Namuna", "Jasleen Manpreet Simran",
           "Gurpreet Jagjit Sukhdev", _OTHER_SCRIPT),
    Origin("sq", 5, ELSEWHERE, "Shembull", "Ardita Elira Mimoza", "Agron Besnik Liridon", _LATIN),
    Origin("ka", 3, ELSEWHERE, "Magaliti Nimushi", "Ketewan Tamar", "Giorgi Lascha", _OTHER_SCRIPT),
    Origin("sr", 3, ELSEWHERE, "Primer Uzorak", "Jelena Milica", "Dejan Nenad", _LATIN, ("rom",)),
    Origin("mk", 2, ELSEWHERE, "Primer Primerok", "Biljana Vesna", "Blagoj Zoran", _LATIN,
           ("rom",)),
    Origin("mnk", 2, AFRICA, "Misaalo", "Fatoumata", "Ebrima Modou", _LATIN, ("wo", "en")),
    Origin("zh", 1, ELSEWHERE, "Yangben", "Min", "Jun", _OTHER_SCRIPT),
)  # fmt: skip
