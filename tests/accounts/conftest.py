"""People who can sign in, and an administrator."""

from __future__ import annotations

import pytest
from flask_security import hash_password
from werkzeug.test import TestResponse

from portal.accounts.models import Membership
from portal.extensions import db
from portal.testing.client import PortalClient
from portal.testing.town import Town

PASSWORD = "vier Wörter sind gut"


def log_in(client: PortalClient, mail: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return client.submit("/login", {"email": mail, "password": password, **more})


@pytest.fixture
def advisor(town: Town) -> Membership:
    """An advisor with a password."""
    town.advisor.person.password = hash_password(PASSWORD)
    db.session.commit()
    return town.advisor


@pytest.fixture
def admin(town: Town) -> Membership:
    f = town.factory
    office = f.unit(f.organisation("Stabsstelle (Demo)", "county"))
    membership = f.member("Ada Admin", office, "admin")
    db.session.commit()
    return membership
