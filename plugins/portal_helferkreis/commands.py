"""The rules of a circle: nobody is named to volunteers, nobody meets minors without clearance."""

from __future__ import annotations

import re
from typing import Any

from portal.api import N_, Client, Referral, db
from portal_helferkreis.workflow import CLIENT_AGREES, VOLUNTEER_AGREED

TYPE = "helferkreis"
NEEDS_ADDRESS = ("phone", "sms", "email")  # ways to be reached
SHORTEST_NAME = 3  # shorter ones are words of other sentences too


def objection(referral: Referral, action: str, data: dict[str, Any]) -> str | None:
    """Why this move is not possible, as a sentence for its form; None if it is."""
    if referral.type != TYPE:
        return None
    form = referral.request["form"]
    if action == "send":
        return _objection_to_request(referral, form)
    if action not in ("propose", "hand_on"):
        return None
    if form.get("with_minors") and not data["clearance_until"]:
        return "clearance_until: " + N_(
            "Kinder oder Jugendliche sind dabei: bitte nur mit gültigem Helferausweis."
        )
    for asked in (CLIENT_AGREES, VOLUNTEER_AGREED):
        if asked.key in data and not data[asked.key]:
            return f"{asked.key}: " + N_("Ohne dieses Einverständnis geht es nicht weiter.")
    return None


def _objection_to_request(referral: Referral, form: dict[str, Any]) -> str | None:
    client = db.session.get_one(Client, referral.client_id)
    names = (client.profile.get(key, "") for key in ("given_name", "family_name"))
    told = f"{form['task_text']} {form['time_window']}".casefold()
    words = set(re.findall(r"\w+", told))
    if any(
        len(part) >= SHORTEST_NAME and part in words
        for name in names
        for part in re.findall(r"\w+", name.casefold())
    ):
        return N_(
            "Die Aufgabe nennt den Namen der Person. Ehrenamtliche lesen sie vor ihrer Zusage."
        )
    if form["reached_by"] in NEEDS_ADDRESS and not form.get("reached_at"):
        return N_("Bitte die Nummer oder E-Mail-Adresse eintragen, die die Person dafür nennt.")
    return None
