"""The Ortenaukreis: what Katrin Demowald, Jonas Demobach and Miriam Beispielhuber have sent."""

from __future__ import annotations

from portal.demo.story import Clock, Day, Story, on

NEW_FLAT = "Die Familie sucht eine Wohnung mit drei Zimmern. Bitte um Vormerkung."

KATRIN = (
    # Her office hour on Monday begins with this one.
    Story("oksana", "koa", -7,
          "War auf der Warteliste für den Kurs, als die Zulassungen endeten. Bitte prüfen, ob eine "
          "Verpflichtung zum Integrationskurs möglich ist.",
          (on(-7, "send"), on(-5, "acknowledge")), "language", "soon"),
    Story("rahima", "koa", -6,
          "Der Anspruch auf den Kurs läuft im Januar ab. Bitte um Verpflichtung zum "
          "Alphabetisierungskurs.",
          (on(-6, "send"), on(-4, "ask", question="Gibt es eine Kinderbetreuung für das Kind, "
              "und welche Schrift wird gelesen?")), "language", "urgent"),
    Story("rahima", "wohnung", -31, NEW_FLAT,
          (on(-31, "send"), on(-26, "waitlist", position=14, next_on=Day(4)))),
    # 17 days without an answer: this one is overdue.
    Story("amal", "kita_gutach", -17,
          "Ein Kind, drei Jahre alt, sucht einen Platz ab Januar. Die Mutter möchte einen Kurs "
          "beginnen.", (on(-17, "send"),), "childcare", "soon"),
    Story("karim", "iq", -38, "Schreiner mit zwölf Jahren Erfahrung, Gesellenbrief vorhanden.",
          (on(-38, "send"), on(-34, "accept", next_on=Day(-20)),
           on(-20, "schedule", appointment_at=Clock(2, 14), place="online"))),
    Story("karim", "koa", -42, "Bitte um Klärung, warum die Leistung im Oktober gekürzt wurde.",
          (on(-42, "send"), on(-39, "accept", next_on=Day(-28)),
           on(-28, "complete", code="advised_only"), on(-26, "review")), "benefits_finance"),
    Story("amal", "koa", -21, "Anmeldung zum Kurs mit Kinderbetreuung, Verpflichtung erbeten.",
          (on(-21, "send"), on(-18, "accept", next_on=Day(-7)),
           on(-7, "issue_obligation", course_kind="literacy_course", next_on=Day(14))),
          "language"),
    Story("yusuf", "jbh", -28, "Möchte eine Ausbildung zum Bäcker beginnen, Betrieb ist gefunden.",
          (on(-28, "send"), on(-25, "accept_with_appointment", appointment_at=Clock(-18, 10),
              place="Schulweg 12, Raum 3"), on(-18, "start", started_on=Day(-18))), "work"),
    Story("yusuf", "termin", -14, "Die Gestattung läuft ab, Termin zur Verlängerung.",
          (on(-14, "send"), on(-12, "accept_with_appointment", appointment_at=Clock(9, 9, 20),
              place="Zimmer 114")), "residence"),
    Story("samuel", "wohnung", -45, "Zieht aus der Unterkunft aus, arbeitet in Vollzeit.",
          (on(-45, "send"), on(-41, "waitlist", expected_on=Day(120), next_on=Day(-14)),
           on(-12, "accept", next_on=Day(2)))),
    Story("samuel", "iq", -56, "Abgebrochenes Studium der Informatik, was wird anerkannt?",
          (on(-56, "send"), on(-52, "accept", next_on=Day(-45)), on(-45, "start"),
           on(-21, "complete", code="help_received"), on(-19, "review",
              plan_change="Zertifikatskurs statt Studium."))),
    Story("samuel", "kita_gutach", -24, "Bitte um Vormerkung für einen Krippenplatz.",
          (on(-24, "send"), on(-21, "void",
              reason="Falsche Person ausgewählt, gemeint war eine andere Familie.")), "childcare"),
    Story("emine", "jbh", -35, "Zwei Jugendliche brauchen Plätze in der VABO-Klasse.",
          (on(-35, "send"), on(-31, "accept", next_on=Day(-24)), on(-24, "start"),
           on(-10, "pause", reason="Krankheit der Mutter", next_on=Day(3))), "school_education"),
    Story("emine", "koa", -10, "Bitte um Termin zur Vorbereitung des Kooperationsplans.",
          (on(-10, "send"), on(-7, "accept_with_appointment", appointment_at=Clock(3, 10),
              place="Probegasse 7, Zimmer 21")), "work"),
    Story("biniam", "koa", -49, "Antrag auf Übernahme der Kosten für den Staplerschein.",
          (on(-49, "send"), on(-45, "accept", next_on=Day(-38)),
           on(-35, "fail", code="not_eligible_after_check"), on(-33, "review")), "work"),
    Story("biniam", "wohnung", -13, "Sucht ein Zimmer in einer Wohngemeinschaft.",
          (on(-13, "send"), on(-11, "decline", code="not_eligible")), "housing"),
    Story("hawa", "kita_gutach", -40, "Krippenplatz gesucht, Kind wird im Dezember ein Jahr alt.",
          (on(-40, "send"), on(-34, "redirect",
              suggestion="Krippe in Haslach, sie nimmt Kinder ab einem Jahr."),
           on(-33, "review"), on(-33, "again"), on(-32, "discard")), "childcare"),
    Story("nino", "iq", -20, "Krankenpflegerin mit Diplom, möchte die Anerkennung beantragen.",
          (on(-20, "send"), on(-18, "accept", next_on=Day(-11)), on(-11, "start")), "recognition"),
    Story("nino", "termin", -66, "Verlängerung der Duldung, bitte um Termin.",
          (on(-66, "send"), on(0, "expire"), on(-19, "review"), on(-19, "again"),
           on(-19, "send"), on(-14, "accept_with_appointment", appointment_at=Clock(3, 8, 40),
              place="Zimmer 114")), "residence"),
    # Their consent runs out this week.
    Story("serhij", "iq", -27, "Elektroingenieur, Unterlagen liegen in beglaubigter Kopie vor.",
          (on(-27, "send"), on(-25, "accept", next_on=Day(-12)),
           on(-12, "start")), "recognition", consent_until=3),
    Story("serhij", "koa", -5, "Bitte um Beratung zu einem Berufssprachkurs B2.",
          (on(-5, "send"),), "language"),
    # The consent was withdrawn, and with it the referral.
    Story("shirin", "jbh", -19, "Möchte die Schule abschließen. Bitte nur über die Beratung "
          "melden.", (on(-19, "send"), on(-17, "accept", next_on=Day(-6)), on(-10, "revoke")),
          "school_education"),
    Story("dawit", "jbh", -33, "Schüler der VABO-Klasse, sucht ein Praktikum.",
          (on(-33, "send"), on(-31, "accept", next_on=Day(-26)), on(-26, "start"),
           on(-6, "complete", code="enrolled")), "work"),
    Story("oksana", "iq", -4, "Buchhalterin, möchte wissen, ob das Diplom bewertet werden kann.",
          (), "recognition"),
)  # fmt: skip

JONAS = (
    Story("tariq", "termin", -24, "Termin zur Verlängerung, die Duldung läuft im Dezember ab.",
          (on(-24, "send"), on(-20, "accept_with_appointment", appointment_at=Clock(-6, 11)),
           on(-6, "no_show", excused=False, next_on=Day(4))), "residence"),
    Story("gul", "koa", -4, "Bitte um Prüfung, welcher Kurs nach dem Analphabetenkurs möglich ist.",
          (on(-4, "send"),), "language"),
    Story("gul", "kita_gutach", -45, "Ein Platz am Nachmittag würde reichen.",
          (on(-45, "send"), on(-42, "acknowledge"), on(0, "expire")), "childcare"),
    Story("arben", "iq", -32, "Maurer mit Meisterbrief, Anerkennung für die Selbstständigkeit.",
          (on(-32, "send"), on(-28, "accept", next_on=Day(-18)), on(-18, "start"),
           on(-5, "complete", code="certificate_issued"), on(-4, "review")), "recognition"),
    # A partner who telephones: the answer was recorded by the advisor.
    Story("mirela", "kita_gutach", -26, "Kind ist vier Jahre alt und war noch nicht in der Kita.",
          (on(-26, "send"), on(-19, "waitlist", "phone", position=3, next_on=Day(5))), "childcare"),
    Story("rojin", "jbh", -11, "Möchte Pflegefachkraft werden, B1 ist bestanden.",
          (on(-11, "send"), on(-10, "acknowledge"),
           on(-6, "ask", question="Liegt ein Schulabschluss vor, und aus welchem Jahr?")), "work"),
    Story("olena", "koa", -18, "Lehrerin, bitte um Termin zur Anerkennung und Finanzierung.",
          (on(-18, "send"), on(-14, "accept_with_appointment", appointment_at=Clock(1, 9),
              place="Probegasse 7, Zimmer 12")), "recognition"),
    Story("aminata", "wohnung", -12, "Lebt mit Säugling in der Unterkunft, Wohnung dringend.",
          (on(-12, "send"), on(-11, "acknowledge")), "housing", "urgent"),
    Story("aminata", "koa", -34, "Antrag auf Erstausstattung für das Kind.",
          (on(-34, "send"), on(-31, "accept", next_on=Day(-20)),
           on(-20, "complete", code="application_filed"), on(-18, "review")), "benefits_finance"),
    Story("harpreet", "termin", -21, "Bitte um Termin, der Ausweis ist abgelaufen.",
          (on(-21, "send"), on(-18, "withdraw", code="solved_otherwise")), "residence"),
    Story("lamin", "wohnung", -28, "Auszubildender sucht ein Zimmer nahe dem Betrieb.",
          (on(-28, "send"), on(-24, "decline", code="outside_area"), on(-20, "review"),
           on(-20, "again", offer="jbh"), on(-20, "send"), on(-14, "accept", next_on=Day(1))),
          "housing"),
    Story("soran", "koa", -25, "Bitte um Zuweisung zu einer Maßnahme, Erfahrung als Fahrer.",
          (on(-25, "send"), on(-21, "accept", next_on=Day(-14)), on(-14, "start")), "work"),
    Story("wei", "jbh", -3, "Sucht einen Abendkurs neben der Arbeit.", (), "work"),
)  # fmt: skip

MIRIAM = (
    Story("iryna", "koa", -17, "Bitte um Termin zum Wiedereinstieg, Betreuung ist geklärt.",
          (on(-17, "send"), on(-13, "accept", next_on=Day(2))), "work"),
    Story("hamid", "termin", -6, "Termin zur Verlängerung des Titels, Sprachmittlung nötig.",
          (on(-6, "send"),), "residence"),
    Story("selam", "jbh", -33, "Möchte eine Ausbildung in der Verwaltung beginnen.",
          (on(-33, "send"), on(-28, "accept_with_appointment", appointment_at=Clock(-21, 15)),
           on(-21, "start"), on(-11, "fail", code="dropped_out")), "work"),
    Story("goran", "iq", -10, "Fernfahrer, wie wird der Führerschein anerkannt?", (),
          "recognition"),
)  # fmt: skip

STORIES = (*KATRIN, *JONAS, *MIRIAM)
