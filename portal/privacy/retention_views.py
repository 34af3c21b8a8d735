"""What is kept how long, and what was deleted when under which rule: for the auditor, no names."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from sqlalchemy import select

from portal.accounts.session import current_actor
from portal.privacy.retention import RetentionRun
from portal.privacy.retention_rules import RULES, in_force
from portal.web.access import access
from portal.web.paging import page_of

bp = Blueprint("retention", __name__)


@bp.get("/retention")
@access("audit.read")
def index() -> str:
    """The rules in force today, and the reports, newest first."""
    page = page_of(
        select(RetentionRun), RetentionRun.day, after=request.args.get("after"), newest_first=True
    )
    return render_template(
        "privacy/retention.html", page=page, rules=in_force(current_actor().today),
        labels={rule.key: rule.label for rule in RULES},
    )  # fmt: skip
