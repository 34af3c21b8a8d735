"""Code lists of the client record (domain: residence, housing, schooling, language, benefits)."""

from __future__ import annotations

from portal.workflow import N_, Choice

RESIDENCE_TITLES: tuple[Choice, ...] = (
    ("arrival_certificate", N_("Ankunftsnachweis (§ 63a AsylG)")),
    ("asylum_permission", N_("Aufenthaltsgestattung")),
    ("fiction", N_("Fiktionsbescheinigung (§ 81)")),
    ("aufe_22_23", N_("§ 22, § 23 Aufnahme, Resettlement")),
    ("aufe_23a", N_("§ 23a Härtefall")),
    ("aufe_24", N_("§ 24 vorübergehender Schutz (Ukraine)")),
    ("aufe_25_1", N_("§ 25 Abs. 1 Asyl")),
    ("aufe_25_2_gfk", N_("§ 25 Abs. 2 GFK-Flüchtling")),
    ("aufe_25_2_sub", N_("§ 25 Abs. 2 subsidiärer Schutz")),
    ("aufe_25_3", N_("§ 25 Abs. 3 Abschiebungsverbot")),
    ("aufe_25_4", N_("§ 25 Abs. 4 dringende Gründe")),
    ("aufe_25_5", N_("§ 25 Abs. 5 rechtliche oder tatsächliche Gründe")),
    ("aufe_25a", N_("§ 25a gut Integrierte")),
    ("aufe_25b", N_("§ 25b nachhaltige Integration")),
    ("aufe_104c", N_("§ 104c Chancen-Aufenthaltsrecht")),
    ("aufe_family", N_("§§ 28–36a Familiennachzug")),
    ("aufe_work_edu", N_("§§ 16–21 Ausbildung, Arbeit")),
    ("ne_26", N_("Niederlassungserlaubnis § 26")),
    ("ne_9", N_("Niederlassungserlaubnis § 9")),
    ("duldung_60a", N_("Duldung § 60a")),
    ("duldung_60b", N_("Duldung § 60b")),
    ("duldung_60c", N_("Ausbildungsduldung § 60c")),
    ("duldung_60d", N_("Beschäftigungsduldung § 60d")),
    ("eu_free_movement", N_("Freizügigkeit EU")),
    ("german", N_("Deutsche Staatsangehörigkeit")),
    ("unknown", N_("ungeklärt")),
    ("none", N_("kein Titel")),
)
BENEFIT_SYSTEMS: tuple[Choice, ...] = (
    ("asylblg", N_("AsylbLG")),
    ("sgb2", N_("SGB II (Grundsicherungsgeld)")),
    ("sgb3", N_("SGB III (Arbeitslosengeld)")),
    ("sgb12", N_("SGB XII")),
    ("work_income", N_("Eigenes Einkommen")),
    ("training_bafoeg_bab", N_("BAföG, BAB")),
    ("none", N_("keine Leistung")),
    ("unknown", N_("ungeklärt")),
)
ACCOMMODATION_TYPES: tuple[Choice, ...] = (
    ("first_reception", N_("Erstaufnahme")),
    ("preliminary_shared", N_("Vorläufige Unterbringung, Gemeinschaftsunterkunft")),
    ("preliminary_flat", N_("Vorläufige Unterbringung, Wohnung")),
    ("followup_shared", N_("Anschlussunterbringung, Gemeinschaftsunterkunft")),
    ("followup_container", N_("Anschlussunterbringung, Container")),
    ("followup_flat", N_("Anschlussunterbringung, Wohnung der Gemeinde")),
    ("private_host", N_("Private Aufnahme")),
    ("own_rent", N_("Eigener Mietvertrag")),
    ("own_property", N_("Eigentum")),
    ("homeless_assigned", N_("Obdachlosenunterbringung")),
    ("women_shelter", N_("Schutzunterkunft")),
    ("other", N_("Andere")),
)
CEFR_LEVELS: tuple[Choice, ...] = (
    ("pre_a1", N_("unter A1")),
    ("a1", "A1"),
    ("a2", "A2"),
    ("b1", "B1"),
    ("b2", "B2"),
    ("c1", "C1"),
    ("c2", "C2"),
    ("unknown", N_("unbekannt")),
)
EVIDENCE: tuple[Choice, ...] = (
    ("self_estimate", N_("Selbsteinschätzung")),
    ("advisor_estimate", N_("Einschätzung der Beratung")),
    ("placement_test", N_("Einstufungstest")),
    ("certificate", N_("Zertifikat")),
)
LITERACY: tuple[Choice, ...] = (
    ("primary_illiterate", N_("primäre/r Analphabet/in")),
    ("functional_illiterate", N_("funktionale/r Analphabet/in")),
    ("second_script", N_("Zweitschriftlernende/r")),
    ("low_literacy", N_("gering literarisiert")),
    ("latin_literate", N_("lateinisch alphabetisiert")),
)
SCHOOL_LEVELS: tuple[Choice, ...] = (
    ("none", N_("keine")),
    ("primary", N_("Grundschule")),
    ("lower_secondary", N_("bis 9 oder 10 Jahre")),
    ("upper_secondary_no_certificate", N_("Oberstufe ohne Abschluss")),
    ("upper_secondary", N_("Hochschulreife")),
    ("still_in_school", N_("noch in der Schule")),
    ("unknown", N_("unbekannt")),
)
VOCATIONAL_LEVELS: tuple[Choice, ...] = (
    ("none", N_("keine")),
    ("semi_skilled", N_("angelernt")),
    ("apprenticeship", N_("Ausbildung")),
    ("technical_college", N_("Fachschule")),
    ("bachelor", N_("Bachelor")),
    ("master", N_("Master")),
    ("doctorate", N_("Promotion")),
    ("in_training", N_("in Ausbildung")),
    ("unknown", N_("unbekannt")),
)
RECOGNITION_STATES: tuple[Choice, ...] = (
    ("not_started", N_("nicht begonnen")),
    ("counselling", N_("in Beratung")),
    ("documents_missing", N_("Unterlagen fehlen")),
    ("applied", N_("beantragt")),
    ("deficits_notice", N_("Defizitbescheid")),
    ("partly", N_("teilweise anerkannt")),
    ("full", N_("voll anerkannt")),
    ("not_possible", N_("nicht möglich")),
    ("not_needed", N_("nicht nötig")),
)
CONTACT_WAYS: tuple[Choice, ...] = (
    ("phone", N_("Anruf")),
    ("sms", N_("Kurznachricht")),
    ("email", N_("E-Mail")),
    ("letter", N_("Brief")),
    ("advisor", N_("über die Beratung")),
)
