"""A referral on its way to an office without an account, and the link in its letter."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.extensions import db
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import Town
from tests.answering.opening import link_in, post


@pytest.fixture
def referral(town: Town) -> Referral:
    sent = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    return sent


@pytest.fixture
def address(referral: Referral) -> str:
    """The link as it came with the letter."""
    (letter,) = post()
    return link_in(letter)


@pytest.fixture
def browser(app: Flask) -> PortalClient:
    made: PortalClient = app.test_client()  # type: ignore[assignment]
    return made
