"""The public library: a card, a language corner, a reading circle."""

from portal.api import N_, Field, Kind, ReferralType, hookimpl, standard

API_VERSION = 1
WISH = Field(
    key="wish",
    label=N_("Was wird gewünscht?"),
    kind=Kind.CHOICE,
    choices=(("card", N_("Ausweis")), ("circle", N_("Lesekreis")), ("corner", N_("Lernecke"))),
)


@hookimpl
def portal_referral_types() -> list[ReferralType]:
    return [
        ReferralType(
            key="buecherei",
            label=N_("Bücherei"),
            recipient_kind="other_office",
            goal_areas=("language", "participation"),
            workflow=standard(without=("pause",), labels={"accept": N_("Gern, kommen Sie vorbei")}),
            form=(WISH,),
            discloses=("given_name", "family_name", "phone", "contact_language"),
            preview=("contact_language", "wish"),
        )
    ]
