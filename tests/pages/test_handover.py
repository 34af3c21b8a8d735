"""Vermitteln, page by page: from the need to the sent referral, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.consents.models import Consent
from portal.extensions import db
from portal.referrals import packages
from portal.referrals.models import Referral
from portal.testing.town import NOW, Town


def share_url(town: Town, *services: Any) -> str:
    chosen = "&".join(f"service={service.id}" for service in services)
    return f"/clients/{town.client.id}/handover/childcare/share?{chosen}"


def filled(service: Any, **changes: str) -> dict[str, Any]:
    """The form of one service as an advisor fills it in; a value of "" leaves it empty."""
    prefix = f"s{service.id.hex[:8]}-"
    values: dict[str, Any] = {
        "concern": "Platz für ein Kind, 3 Jahre, ab Januar.",
        "urgency": "normal",
        "share": ["given_name", "family_name", "phone", "municipality", "contact_language"],
        "c-purpose": "Damit das Kita-Büro einen Platz suchen und sich melden kann.",
        "c-valid_until": "2027-03-01",
        "c-answer": "agreed",
        "c-purpose_code": "childcare_school",
        "c-kind": "sharing",
        "c-direction": "mutual",
        "t-form": "paper_signed",
        "t-explained_on": f"{NOW:%Y-%m-%d}",
        "t-explained": "y",
        "t-copy_given": "y",
        **changes,
    }
    # The talk (t-) is asked about once, all else for each service.
    return {key if key.startswith("t-") else prefix + key: v for key, v in values.items()}


@pytest.fixture
def advisor(as_member: Any, town: Town) -> FlaskClient:
    return as_member(town.advisor)


def the_referral() -> Referral:
    """The only referral there is, as the last request left it."""
    db.session.rollback()
    return db.session.scalars(select(Referral)).one()


def count(model: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_three_steps_lead_to_a_sent_referral(advisor: FlaskClient, town: Town) -> None:
    need = advisor.get(f"/clients/{town.client.id}/handover")
    assert need.status_code == 200
    assert "Kita und Kinderbetreuung" in need.text
    services = advisor.get(f"/clients/{town.client.id}/handover/childcare")
    assert "Kita-Plätze" in services.text
    page = advisor.get(share_url(town, town.service))
    assert "0000 123456" in page.text
    sent = advisor.post(share_url(town, town.service), data=filled(town.service))
    assert sent.status_code == 303
    referral = the_referral()
    assert (referral.status, referral.goal_area) == ("sent", "childcare")
    package = packages.latest(referral)
    assert package is not None
    assert package.content["family_name"] == "Pryklad"
    assert referral.consent is not None
    assert set(package.categories) <= set(referral.consent.categories)


def test_what_is_unticked_stays_out_of_package_and_consent(
    advisor: FlaskClient, town: Town
) -> None:
    form = filled(town.service, share=["contact_language"])  # type: ignore[arg-type]
    advisor.post(share_url(town, town.service), data=form)
    referral = the_referral()
    package = packages.latest(referral)
    assert package is not None
    assert "phone" not in package.content
    assert referral.consent is not None
    assert "contact" not in referral.consent.categories


def test_two_recipients_in_one_sitting_have_a_consent_each(
    advisor: FlaskClient, town: Town
) -> None:
    data = {**filled(town.service), **filled(town.other_service)}
    answer = advisor.post(share_url(town, town.service, town.other_service), data=data)
    assert answer.status_code == 303
    assert (count(Referral), count(Consent)) == (2, 2)


def test_one_refused_recipient_sends_to_nobody_and_keeps_what_was_typed(
    advisor: FlaskClient, town: Town
) -> None:
    data = {**filled(town.service), **filled(town.other_service, **{"c-purpose": ""})}
    answer = advisor.post(share_url(town, town.service, town.other_service), data=data)
    assert answer.status_code == 422
    assert "Bitte ausfüllen." in answer.text
    assert answer.text.count("Platz für ein Kind, 3 Jahre, ab Januar.") == 2
    assert (count(Referral), count(Consent)) == (0, 0)


def test_a_consent_at_hand_is_not_asked_for_again(advisor: FlaskClient, town: Town) -> None:
    narrow = filled(town.service, share=["contact_language"])  # type: ignore[arg-type]
    advisor.post(share_url(town, town.service), data=narrow)
    page = advisor.get(share_url(town, town.service))
    assert "Eine Einwilligung liegt vor" not in page.text  # the first one left fields out
    db.session.rollback()
    town.factory.consent(town.advisor, town.client, town.service.unit)
    db.session.commit()
    page = advisor.get(share_url(town, town.service))
    assert "Eine Einwilligung liegt vor" in page.text
    advisor.post(share_url(town, town.service), data=filled(town.service))
    assert (count(Referral), count(Consent)) == (2, 2)


def test_a_draft_is_kept_and_sent_later(advisor: FlaskClient, town: Town) -> None:
    data = {**filled(town.service), "do": "draft"}
    advisor.post(share_url(town, town.service), data=data)
    draft = the_referral()
    assert (draft.status, draft.sent_at) == ("draft", None)
    address = f"/referrals/{draft.id}/draft"
    page = advisor.get(address)
    assert "Platz für ein Kind" in page.text
    changed = filled(town.service, concern="Jetzt für zwei Kinder.")
    assert advisor.post(address, data=changed).status_code == 303
    db.session.rollback()
    assert draft.status == "sent"
    assert packages.latest(draft).content["concern"] == "Jetzt für zwei Kinder."  # type: ignore[union-attr]
    assert advisor.get(address).status_code == 409


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("concern", "", "Bitte ausfüllen."),
        ("concern", "x" * 601, "Der Text ist zu lang."),
        ("concern", "harmlos\u202eexe.txt", "Schreibrichtung"),
        ("concern", "Glocke \x07", "Steuerzeichen"),
        ("wanted_by", "31.02.2027", "falsche Form"),
        ("wanted_by", "99999-01-01", "falsche Form"),
        ("urgency", "sofort!", "angebotenen Möglichkeiten"),
        ("c-purpose", "zur Beratung", "mindestens 30 Zeichen"),
        ("c-purpose", "Allgemein zur Beratung und soweit erforderlich", "zu allgemein"),
        ("c-valid_until", "2020-01-01", "zu früh"),
        ("c-valid_until", "2040-01-01", "zu spät"),
        ("t-form", "telepathisch", "angebotenen Möglichkeiten"),
        ("t-explained", "", "Ohne Erklärung"),
    ],
)
def test_bad_input_is_named_at_the_field_and_nothing_is_sent(
    advisor: FlaskClient, town: Town, field: str, value: str, message: str
) -> None:
    answer = advisor.post(
        share_url(town, town.service), data=filled(town.service, **{field: value})
    )
    assert answer.status_code == 422
    assert message in answer.text
    assert count(Referral) == 0


def test_foreign_and_unknown_ids_look_alike(as_member: Any, town: Town) -> None:
    colleague = as_member(town.colleague)
    for client_id in (town.client.id, uuid4()):
        assert colleague.get(f"/clients/{client_id}/handover").status_code == 404
        assert colleague.get(f"/clients/{client_id}/handover/childcare").status_code == 404
    advisor = as_member(town.advisor)
    assert advisor.get(f"/clients/{town.client.id}/handover/nonsense").status_code == 404
    unknown = f"/clients/{town.client.id}/handover/childcare/share?service={uuid4()}"
    assert advisor.get(unknown).status_code == 404
    assert advisor.get(unknown.rpartition("=")[0] + "=zzz").status_code == 303


def test_the_filters_of_services(advisor: FlaskClient, town: Town) -> None:
    spoken = town.factory.service(
        town.service.unit, "andere_stelle", "Kita auf Ukrainisch", languages=("uk",)
    )
    far = town.factory.service(
        town.service.unit, "andere_stelle", "Kita in Waiblingen", municipalities=("08119079",)
    )
    spoken.closed_until = NOW.date() + timedelta(days=1)
    db.session.commit()
    url = f"/clients/{town.client.id}/handover/childcare"
    names = [town.service.name, spoken.name, far.name]

    def shown(query: str) -> list[str]:
        text = advisor.get(url + query).text
        return [name for name in names if f"<strong>{name}</strong>" in text]

    assert shown("") == [town.service.name, spoken.name]
    assert shown("?language=1") == [spoken.name]
    assert shown("?accepting=1") == [town.service.name]
    assert shown("?everywhere=1") == names
