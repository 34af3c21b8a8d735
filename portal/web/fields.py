"""Forms drawn from Fields: one factory for referral questions, moves, clients and consents.

WTForms parses and redraws; whether a value is allowed is decided by `portal.workflow.clean`,
so that the API and the commands hold the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

from flask_babel import gettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Field as Control
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.widgets import CheckboxInput, ListWidget

from portal.problems import Invalid
from portal.web.language import translate
from portal.workflow import LOCAL, Field, Kind

T = TypeVar("T")

_CONTROLS: dict[Kind, type[Control]] = {
    Kind.TEXT: StringField,
    Kind.LONG_TEXT: TextAreaField,
    Kind.DATE: DateField,
    Kind.DATETIME: DateTimeLocalField,
    Kind.INTEGER: IntegerField,
    Kind.CHOICE: SelectField,
    Kind.CHOICES: SelectMultipleField,
    Kind.YES_NO: BooleanField,
    Kind.MEMBER: SelectField,
}


class FieldsForm(FlaskForm):
    """A form made of Fields. `read()` gives typed values; `put_errors` shows a refusal."""

    questions: tuple[Field, ...] = ()

    def read(self) -> dict[str, Any]:
        """What was entered, typed as `clean` expects it; what cannot be parsed is kept raw,
        so that `clean` complains at that field."""
        return {question.key: self._value(question) for question in self.questions}

    def _value(self, question: Field) -> Any:
        control = self[question.key]
        if question.kind in (Kind.DATE, Kind.DATETIME, Kind.INTEGER):
            raw = " ".join(control.raw_data or []).strip()
            if control.data is None:
                return raw or None
            if question.kind is Kind.DATETIME:
                return control.data.replace(tzinfo=LOCAL)
        return control.data

    def checked(self, rule: Callable[[dict[str, Any]], T]) -> T | None:
        """What `rule` makes of what was entered; None if it raises Invalid, whose messages then
        stand at the fields."""
        try:
            return rule(self.read())
        except Invalid as refused:
            self.put_errors(refused.errors)
            return None

    def put_errors(self, errors: Mapping[str, str]) -> None:
        """Attach messages to their fields; one for an unknown field goes to the whole form."""
        for key, message in errors.items():
            control = self._fields.get(key)
            if control is None:
                self.form_errors.append(translate(message))
            else:
                control.errors = [*control.errors, translate(message)]


def fields_form(
    fields: Iterable[Field], *, today: date, values: Mapping[str, Any] | None = None,
    formdata: MultiDict[str, Any] | None = None, prefix: str = "",
) -> FieldsForm:  # fmt: skip
    """A form of `fields`, filled from `formdata`, else `values`, else the fields' defaults."""
    questions = tuple(fields)
    controls = {question.key: _control(question, today) for question in questions}
    form_class = type("BoundForm", (FieldsForm,), {"questions": questions, **controls})
    data = {q.key: values[q.key] for q in questions if values and values.get(q.key) is not None}
    form: FieldsForm = form_class(formdata=formdata, data=data, prefix=prefix)
    return form


def _control(question: Field, today: date) -> Any:
    options: dict[str, Any] = {
        "label": gettext(question.label),
        "description": translate(question.hint),
        "default": _default(question, today),
        "validators": [],
    }
    if question.kind in (Kind.CHOICE, Kind.MEMBER):
        empty = gettext("Bitte wählen") if question.required else "–"
        options["choices"] = [SelectChoice("", empty), *_labelled(question)]
        options["validate_choice"] = False
    if question.kind is Kind.CHOICES:
        options["choices"] = _labelled(question)
        options["validate_choice"] = False
        options["widget"] = ListWidget(prefix_label=False)
        options["option_widget"] = CheckboxInput()
    if question.kind is Kind.DATETIME:
        options["format"] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
    if question.kind is Kind.DATE:
        options["format"] = ["%Y-%m-%d", "%d.%m.%Y"]
    return _CONTROLS[question.kind](**options)


def _labelled(question: Field) -> list[SelectChoice]:
    return [SelectChoice(code, gettext(label)) for code, label in question.choices]


def _default(question: Field, today: date) -> Any:
    if question.default_days is not None:
        return today + timedelta(days=question.default_days)
    return question.default
