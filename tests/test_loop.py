"""The loop closes: from the advisor's click to the reviewed answer."""

from __future__ import annotations

from portal.extensions import db
from portal.testing.town import Town


def test_a_handoff_is_answered_and_reviewed(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    assert (referral.status, referral.turn) == ("sent", "receiver")
    f.move(town.partner, referral.id, "accept")
    assert referral.handler_id == town.partner.id
    f.move(town.partner, referral.id, "complete", {"code": "help_received"})
    assert (referral.status, referral.turn) == ("completed", "sender")
    f.move(town.advisor, referral.id, "review")
    assert referral.loop_closed_at is not None
    assert referral.turn == ""
    db.session.commit()
