"""The sheet for the client's hands: which papers to bring."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template

from portal.api import MEMBER, NotFound, access, audit, current_actor, get_visible, readable
from portal_jobcenter import checklist
from portal_jobcenter.commands import PRINTED

bp = Blueprint("jobcenter", __name__)


@bp.get("/<uuid:referral_id>/unterlagen")
@access(MEMBER)
def documents(referral_id: UUID) -> str:
    """The list, to print. No name and no number on it: a sheet gets lost."""
    actor = current_actor()
    referral = get_visible(actor, referral_id)
    papers = checklist.papers(readable(actor, referral)) if referral.type == "jobcenter" else []
    if not papers:
        raise NotFound
    page = render_template("jobcenter/documents.html", referral=referral, papers=papers)
    audit.record_read(actor, PRINTED, subject=referral, client_id=referral.client_id,
                      purpose="slip")  # fmt: skip
    return page
