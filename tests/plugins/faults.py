"""Faults planted one by one in copies of the sample plugin, and the words that must name them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SAMPLE = Path(__file__).parent / "sample" / "portal_sample"
CODE = "__init__.py"
CARD = "templates/sample/card.html"
MIGRATION = "migrations/sample_0001.py"


@dataclass(frozen=True)
class Fault:
    """`old` becomes `new` in `file`; then the contract's `test` fails with `says`.

    `name` is the key of the copy.
    """

    name: str
    test: str
    says: str
    old: str
    new: str
    file: str = CODE


ADDRESS = 'api.db.session.get(api.Client, referral.client_id).profile.get("address", "")'

# A page with a form of one question, and what it answers.
FORM = """@bp.route("/<uuid:referral_id>/form", methods=["GET", "POST"])
def form(referral_id):
    from flask import request

    api.get_visible(api.current_actor(), referral_id)
    field = \'<form method="post"><input id="n" name="n"></form>\'
    return field if request.method == "GET" else ({answer})


def found(actor, referral):
"""


def _form(answer: str) -> tuple[str, str]:
    return "def found(actor, referral):\n", FORM.replace("{answer}", answer)


FAULTS = (
    Fault("unmigrated", "its_models_equal_its_migrations", "'colour'",
          "    note_sealed: Mapped[bytes | None]\n",
          "    note_sealed: Mapped[bytes | None]\n    colour: Mapped[str | None]\n"),
    Fault("unmodelled", "its_models_equal_its_migrations",
          "a migration makes 'unmodelled_extra', which no model has",
          "def upgrade() -> None:\n",
          "def upgrade() -> None:\n"
          '    op.create_table("sample_extra", sa.Column("id", sa.Uuid(), primary_key=True))\n',
          MIGRATION),
    Fault("leaving", "its_downgrade_leaves_nothing", "the downgrade leaves 'leaving_card'",
          'op.drop_table("sample_card")', "pass", MIGRATION),
    Fault("keyless", "it_loads_alone", "the table 'card' has a foreign prefix",
          '__tablename__ = "sample_card"', '__tablename__ = "card"'),
    Fault("pastapi", "it_imports_only_the_api", "imports portal.outbox",
          "from portal import api", "from portal import api, outbox"),
    Fault("friendly", "it_imports_only_the_api", "imports portal_jobcenter.models",
          "API_VERSION = 1", 'API_VERSION = 1\n__import__("portal_jobcenter.models")'),
    Fault("nopolicy", "strangers_get_404", "answers 200 to a stranger",
          "    referral = api.get_visible(api.current_actor(), referral_id)\n"
          '    return render_template("sample/card.html", **found(api.current_actor(), referral))',
          "    return api.db.session.get(api.Referral, referral_id).reference"),
    Fault("openview", "it_loads_alone", "the view 'openview.card' is open to everybody",
          "def card(referral_id):", '@api.access("public")\ndef card(referral_id):'),
    Fault("undisclosed", "nothing_undisclosed_is_rendered", "shows the receiver address",
          'return {"cards": cards, "items": items}',
          f'address = {ADDRESS}\n'
          '    return {"cards": cards, "items": [*items, {"text": address}]}'),
    Fault("tooearly", "nothing_undisclosed_is_rendered", "shows the receiver phone in state 'sent'",
          'return {"cards": cards, "items": items}',
          'phone = api.db.session.get(api.Client, referral.client_id).profile["phone"]\n'
          '    return {"cards": cards, "items": [*items, {"text": phone}]}'),
    Fault("unescaped", "text_is_escaped", "shows text unescaped",
          "{{ card.note }}", "{{ card.note | safe }}", CARD),
    Fault("brokenpanel", "text_is_escaped", "a panel on",
          "def panel(actor, referral):\n", "def panel(actor, referral):\n    1 / 0\n"),
    Fault("plaintext", "free_text_is_stored_encrypted",
          "plaintext_card.note_sealed keeps free text in the clear",
          'note=data["note"] or ""', 'note_sealed=(data["note"] or "").encode()'),
    Fault("keeping", "erasure_leaves_no_trace", "leaves a trace in keeping_card.note",
          "    api.db.session.execute(delete", "    0 and api.db.session.execute(delete"),
    Fault("greedy", "erasure_leaves_no_trace", "removes what is known of another",
          "delete(Card).where(Card.referral_id.in_(theirs))", "delete(Card)"),
    Fault("reseeding", "seeding_twice_equals_once", "seeding twice adds to 'organisation'",
          '"Muster (Demo)"', 'f"Muster {uuid.uuid4()}"'),
    Fault("stuck", "every_action_goes_where_the_workflow_says", "'accept' fails in state 'sent'",
          "@api.hookimpl\ndef portal_blueprints",
          "@api.hookimpl\ndef portal_action_check(referral, action, actor, data):\n"
          '    return "Nein." if action == "accept" else None\n\n\n'
          "@api.hookimpl\ndef portal_blueprints"),
    Fault("crashing", "odd_input_is_refused_at_its_field", "fails on odd input: ValueError",
          *_form('int(request.form["n"])')),
    Fault("swallowing", "odd_input_is_refused_at_its_field", "answers 200 to odd input, not 422",
          *_form('"Danke."')),
    Fault("mute", "odd_input_is_refused_at_its_field", "says nothing at the field 'n'",
          *_form('request.form["n"], 422')),
    Fault("forgetful", "odd_input_is_refused_at_its_field", "loses what was typed into 'n'",
          *_form("""field + '<p id="n-error">Nein.</p>', 422""")),
    Fault("overstrained", "values_at_their_limits_break_nothing",
          "'decline' fails on values at their limits: ValueError",
          "@api.hookimpl\ndef portal_blueprints",
          "@api.hookimpl\ndef portal_action_check(referral, action, actor, data):\n"
          '    int(data["explanation"] or 0) if action == "decline" else 0\n\n\n'
          "@api.hookimpl\ndef portal_blueprints"),
    Fault("impatient", "its_timers_make_their_moves_and_come_to_an_end",
          "the timer 'impatient.silent' cannot 'expire': Conflict",
          '.where(api.Referral.status == "sent")', ""),
    Fault("misspelt", "it_loads_alone", "there is no hook 'portal_action_perform'",
          "def portal_action_performed", "def portal_action_perform"),
    Fault("unmarked", "it_loads_alone", "'portal_seed' lacks @hookimpl",
          "@api.hookimpl\ndef portal_seed", "def portal_seed"),
    Fault("illdrawn", "it_loads_alone", "workflow of 'illdrawn': state 'nowhere' cannot be reached",
          "workflow=api.standard()",
          'workflow=api.standard(states=(api.State("nowhere", "Nirgends", "accepted"),))'),
    Fault("imageless", "it_loads_alone", "there is no template 'imageless/image.html'",
          'template="sample/card.html"', 'template="sample/image.html"'),
)  # fmt: skip


def plant(fault: Fault, folder: Path) -> None:
    """A copy of the sample plugin under the fault's name, with the fault in it."""
    package = sound_copy(fault.name, folder)
    file = package / _renamed(fault.file, fault.name)
    before = file.read_text()
    old, new = _renamed(fault.old, fault.name), _renamed(fault.new, fault.name)
    assert before.count(old) == 1, f"{fault.name}: the sample has changed"
    file.write_text(before.replace(old, new))


def sound_copy(name: str, folder: Path) -> Path:
    package = folder / f"portal_{name}"
    for path in SAMPLE.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            target = package / _renamed(str(path.relative_to(SAMPLE)), name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_renamed(path.read_text(), name))
    return package


def _renamed(text: str, name: str) -> str:
    return text.replace("sample", name)
