"""A talk about consents as it is entered: one form for the talk, one for each recipient."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.accounts.models import Unit
from portal.actor import Actor
from portal.clients.models import Client
from portal.consents import commands, terms
from portal.consents.models import Consent
from portal.consents.sheet import consent_sheet
from portal.consents.terms import Talk, Terms
from portal.documents.sheet import Sheet
from portal.problems import Invalid
from portal.web.fields import FieldsForm, fields_form

PREFIX = "t-"  # of the inputs of the talk


@dataclass
class Ask:
    """What one recipient may be told: as the client is asked, and answers."""

    recipient: Unit
    form: FieldsForm
    categories: Collection[str]

    @property
    def refused(self) -> bool:
        return bool(self.form["answer"].data == "refused")

    def terms(self, actor: Actor, client: Client) -> Terms | None:
        named = {"categories": sorted(self.categories)}
        return self.form.checked(
            lambda entered: terms.terms_of(
                client, self.recipient, {**entered, **named}, actor.today
            )
        )


@dataclass
class ConsentForm:
    """The talk. What is refused stands at its fields, all at once; the caller rolls back."""

    client: Client
    talk: FieldsForm
    reference: str  # of the sheet, before and after it is signed
    strokes: str  # of a signature on the screen, as the page sends them
    signed: str  # digest of the sheet above that signature
    asks: list[Ask] = field(default_factory=list)

    def sheet(self, actor: Actor) -> Sheet | None:
        """The sheet to be read before anybody agrees. Nothing is kept."""
        talk = self.talk.checked(lambda entered: terms.sheet_talk_of(entered, actor.today))
        answers = self._answers(actor)
        if talk is None or answers is None:
            return None
        return consent_sheet(actor, self.client, talk, answers, self.reference)

    def read(self, actor: Actor) -> tuple[Talk, list[Terms]] | None:
        drawn = {"strokes": self.strokes}
        talk = self.talk.checked(lambda entered: terms.talk_of({**entered, **drawn}, actor.today))
        answers = self._answers(actor)
        return None if talk is None or answers is None else (talk, answers)

    def _answers(self, actor: Actor) -> list[Terms] | None:
        answers = [ask.terms(actor, self.client) for ask in self.asks]
        found = [each for each in answers if each is not None]
        return found if len(found) == len(answers) else None

    def record(self, actor: Actor, talk: Talk, answers: list[Terms]) -> list[Consent] | None:
        """Take down what was answered; None if another text was signed."""
        try:
            return commands.record_answers(
                actor, self.client, talk, answers, reference=self.reference,
                signed_digest=self.signed,
            )  # fmt: skip
        except Invalid as refused:
            self.talk.put_errors(refused.errors)
            return None


def consent_form(
    actor: Actor, client: Client, formdata: MultiDict[str, str] | None
) -> ConsentForm:  # fmt: skip
    """As entered, or as proposed: in the client's language, with a number of its own."""
    spoken = client.profile.get("contact_language", "")
    given: MultiDict[str, str] = MultiDict() if formdata is None else formdata
    number = given.get("sheet", "")
    return ConsentForm(
        client=client,
        talk=fields_form(
            terms.TALK, today=actor.today, formdata=formdata, prefix=PREFIX,
            values={"language": spoken if spoken in dict(terms.SHEET_LANGUAGES) else None},
        ),
        reference=number if commands.is_reference(number) else commands.new_reference(),
        strokes=given.get("strokes", ""),
        signed=given.get("signed", ""),
    )  # fmt: skip


def terms_form(
    actor: Actor, formdata: MultiDict[str, str] | None, prefix: str, values: Mapping[str, Any]
) -> FieldsForm:  # fmt: skip
    return fields_form(terms.TERMS, today=actor.today, formdata=formdata, prefix=prefix,
                       values=values)  # fmt: skip
