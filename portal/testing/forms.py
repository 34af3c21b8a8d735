"""The forms of a page, filled in and sent as a browser would, whatever was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote_plus

from werkzeug.test import TestResponse

from portal.testing.client import PortalClient

TYPED = ("text", "textarea", "date", "datetime-local", "number")  # what the page must keep
_AS_TEXT = ("email", "search", "tel", "url")


@dataclass
class Control:
    """One question. `kind` is the input's type, `textarea`, `select`, or `choices` for a group of
    boxes; `sends` what is sent untouched; `options` what can be chosen."""

    name: str
    id: str
    kind: str
    sends: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    """`path` is where it is sent to."""

    path: str
    controls: list[Control] = field(default_factory=list)

    @property
    def asked(self) -> list[Control]:
        """What a person sees of it."""
        return [control for control in self.controls if control.kind != "hidden"]

    def send(self, browser: PortalClient, typed: Mapping[str, Sequence[str]]) -> TestResponse:
        """With other values in some of its controls, none for those that are left out."""
        pairs = [
            f"{quote_plus(control.name)}={quote_plus(value, errors='surrogatepass')}"
            for control in self.controls
            for value in typed.get(control.name, control.sends)
        ]
        kind = "application/x-www-form-urlencoded"
        return browser.post(self.path, data="&".join(pairs), content_type=kind)


def forms_of(html: str, path: str) -> list[Form]:
    """The forms of a page that are posted; `path` is the page's own."""
    reader = _Reader(path)
    reader.feed(html)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._fieldsets: list[str] = []
        self._control: Control | None = None  # whose options or text come next

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method") == "post":
            self._form = Form(given.get("action") or self.path)
            self.forms.append(self._form)
        elif tag == "fieldset":
            self._fieldsets.append(given.get("id", ""))
        elif self._form is None or "disabled" in given:
            return
        elif tag == "option" and self._control is not None:
            self._control.options.append(given.get("value", ""))
            if "selected" in given:
                self._control.sends = [given.get("value", "")]
        elif tag in ("select", "textarea"):
            self._control = Control(given["name"], given.get("id", ""), tag)
            self._form.controls.append(self._control)
        elif tag == "input":
            self._input(self._form, given)

    def _input(self, form: Form, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        box = kind in ("checkbox", "radio")
        value = given.get("value", "on" if box else "")
        sent = [value] if not box or "checked" in given else []
        group = self._fieldsets[-1] if self._fieldsets and box else ""
        known = next((c for c in form.controls if c.name == given["name"] and box), None)
        if known is None:
            kind = "choices" if group else "text" if kind in _AS_TEXT else kind
            known = Control(given["name"], group or given.get("id", ""), kind)
            form.controls.append(known)
        known.sends += sent
        known.options.append(value)

    def handle_data(self, data: str) -> None:
        if self._control is not None and self._control.kind == "textarea":
            self._control.sends = ["".join(self._control.sends) + data]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self._control = None
        elif tag == "form":
            self._form = None
        elif tag == "fieldset":
            self._fieldsets.pop()
