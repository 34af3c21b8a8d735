"""How a Jobcenter answers: the standard workflow in an office's words, and one state more."""

from __future__ import annotations

from portal.api import (
    EXPLANATION,
    FAILURE,
    N_,
    NOTE,
    OUTCOME,
    REVIEW_ON,
    Action,
    Choice,
    Field,
    Kind,
    Side,
    State,
    Status,
    choices,
    code_field,
    standard,
)
from portal_jobcenter import courses

MAY_DECIDE = "jobcenter.decide"
TELLS_OBLIGATION = "jobcenter.obligation_issued"

# The core's codes in an office's words: an answer to the advisor, never a formal decision.
REASONS: tuple[Choice, ...] = (
    ("not_responsible", N_("Anderes Jobcenter oder Agentur für Arbeit zuständig")),
    ("outside_area", N_("Wohnort außerhalb unseres Gebiets")),
    ("funding_or_legal_status", N_("Zurzeit Leistungen einer anderen Stelle")),
    ("missing_documents", N_("Unterlagen fehlen")),
    ("already_served", N_("Schon in Betreuung, bitte an die bekannte Person wenden")),
    ("language_not_available", N_("Sprachmittlung fehlt")),
    ("no_contact", N_("Person nicht erreicht")),
    ("other", N_("Anderer Grund")),
)
MEASURES: tuple[Choice, ...] = (
    ("avgs", N_("Aktivierungs- und Vermittlungsgutschein (AVGS)")),
    ("mat", N_("Maßnahme bei einem Träger (MAT)")),
    ("mag", N_("Probearbeit bei einem Betrieb (MAG)")),
    ("egz", N_("Eingliederungszuschuss an den Betrieb (EGZ)")),
    ("fbw", N_("Weiterbildung mit Bildungsgutschein (FbW)")),
    ("einstiegsgeld", N_("Einstiegsgeld")),
    ("agh", N_("Arbeitsgelegenheit (AGH)")),
    ("eq", N_("Einstiegsqualifizierung (EQ)")),
    ("job_bsk", N_("Berufssprachkurs neben der Arbeit (Job-BSK)")),
)

OBLIGATION_ISSUED = State(
    "obligation_issued", N_("Verpflichtung ausgesprochen"), Status.IN_PROGRESS
)
ISSUE_OBLIGATION = Action(
    key="issue_obligation",
    label=N_("Verpflichtung eintragen"),
    done=N_("Verpflichtung ausgesprochen"),
    sources=(Status.ACCEPTED, Status.SCHEDULED, Status.IN_PROGRESS),
    target=OBLIGATION_ISSUED.key,
    side=Side.RECEIVER,
    permission=MAY_DECIDE,
    message=TELLS_OBLIGATION,
    fields=(
        Field(key="course_kind", label=N_("Kurs"), kind=Kind.CHOICE, choices=courses.CHOICES),
        Field(key="decided_on", label=N_("Ausgesprochen am"), kind=Kind.DATE, default_days=0,
              days=(-366, 0)),
        REVIEW_ON,
        Field(key="explanation", label=N_("Erläuterung"), required=False,
              hint=N_("Nötig, wenn die Beratung nicht darum gebeten hat.")),
    ),
)  # fmt: skip

_DECLINE = Field(
    key="code", label=N_("Grund"), kind=Kind.CHOICE, choices=REASONS,
    hint=N_("Eine Auskunft an die Beratung, kein Bescheid."),
)  # fmt: skip
_COMPLETE = (
    code_field(
        N_("Ergebnis"),
        choices(OUTCOME, "help_received", "help_partly_received", "application_filed",
                "advised_only", "further_referral_recommended"),
    ),
    Field(key="measure", label=N_("Angebotene Förderung"), kind=Kind.CHOICE, choices=MEASURES,
          required=False),
    NOTE,
)  # fmt: skip
_FAIL = code_field(
    N_("Grund"),
    choices(FAILURE, "could_not_contact", "no_show", "dropped_out", "not_eligible_after_check",
            "legal_status_changed", "referred_elsewhere", "other"),
)  # fmt: skip

WORKFLOW = standard(
    without=("waitlist",),  # an office has no waiting list: whoever is entitled is served
    states=(OBLIGATION_ISSUED,),
    actions=(ISSUE_OBLIGATION,),
    # "Zugesagt" would read as a promise of benefits.
    labels={
        "accepted": N_("In Bearbeitung"),
        "accept": N_("Übernehmen"),
        "accept_with_appointment": N_("Übernehmen mit Termin"),
        "decline": N_("Nicht übernehmen"),
        "declined": N_("Nicht übernommen"),
    },
    done={
        "accept": N_("Übernommen"),
        "accept_with_appointment": N_("Übernommen mit Termin"),
        "decline": N_("Nicht übernommen"),
    },
    fields={
        "decline": (_DECLINE, EXPLANATION),
        "complete": _COMPLETE,
        "fail": (_FAIL, EXPLANATION),
    },
)
