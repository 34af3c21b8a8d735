"""The number of a referral that people read out to each other."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.referrals.models import ReferenceCounter


def next_reference(year: int) -> str:
    """VM-2026-004711: one more than the last of its year, also when several ask at once."""
    advance = (
        update(ReferenceCounter)
        .where(ReferenceCounter.year == year)
        .values(last=ReferenceCounter.last + 1)
        .returning(ReferenceCounter.last)
    )
    number = db.session.scalar(advance)
    if number is None:
        # The first of the year. Somebody else may be adding the row at this very moment.
        with suppress(IntegrityError), db.session.begin_nested():
            db.session.add(ReferenceCounter(year=year, last=0))
        number = db.session.scalar(advance)
    return f"VM-{year}-{number:06d}"
