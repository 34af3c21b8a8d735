"""Kita, school, recognition counselling, housing office: the standard workflow, one question."""

from portal.api import N_, NAMELESS_PREVIEW, Field, Kind, ReferralType, hookimpl, standard

API_VERSION = 1

CONCERN = Field(
    key="concern",
    label=N_("Worum geht es?"),
    kind=Kind.LONG_TEXT,
    max_length=600,
    hint=N_("Ein bis drei Sätze ohne Namen: die Stelle liest sie, bevor sie zusagt."),
)
WANTED_BY = Field(key="wanted_by", label=N_("Gewünscht bis"), kind=Kind.DATE, required=False)


@hookimpl
def portal_referral_types() -> list[ReferralType]:
    return [
        ReferralType(
            key="andere_stelle",
            label=N_("Andere Stelle"),
            recipient_kind="other_office",
            goal_areas=("childcare", "school_education", "recognition", "residence", "housing",
                        "legal_admin", "work", "participation"),
            workflow=standard(),
            form=(CONCERN, WANTED_BY),
            discloses=("given_name", "family_name", "phone", "email", "contact_way",
                       "municipality", "contact_language", "interpreter_needed",
                       "children_ages"),
            preview=(*NAMELESS_PREVIEW, "concern", "wanted_by"),
        )
    ]  # fmt: skip
