"""Who may call a view: said at the view, forced before every request, tested for every route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"  # nobody need be signed in
PERSON = "person"  # signed in, also without an active membership
MEMBER = "member"  # signed in and acting in some role


def access(rule: str) -> Callable[[View], View]:
    """Mark a view with PUBLIC, PERSON, MEMBER or a permission that its caller needs."""

    def mark(view: View) -> View:
        view.access_rule = rule  # type: ignore[attr-defined]
        return view

    return mark


def reads(view: View) -> View:
    """Mark a view that is posted to and yet changes nothing: it need not wait for who writes."""
    view.only_reads = True  # type: ignore[attr-defined]
    return view


def rule_of(view: Callable[..., Any], *, of_plugin: bool) -> str | None:
    """The rule of a view; None when its author forgot. A plugin's views are for members."""
    rule: str | None = getattr(view, "access_rule", None)
    return MEMBER if rule is None and of_plugin else rule
