"""The contract of a plugin's pages: who may open them, and what they may show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from uuid import UUID

from flask import Flask
from werkzeug.routing import Rule

from portal.accounts.models import Membership
from portal.extensions import db
from portal.lifecycle import UNDER_WAY
from portal.referrals import endings
from portal.referrals.models import Referral
from portal.referrals.packages import ALWAYS
from portal.registry import registry
from portal.testing import pages, untranslated
from portal.testing.alone import PluginAlone
from portal.testing.journeys import Office, ways
from portal.testing.markers import Markers
from portal.web.access import MEMBER, PERSON, rule_of


class PagesContract(PluginAlone):
    """A page is for members, of referrals they see, and shows what was handed over."""

    def test_its_routes_need_a_login(self, portal: Flask) -> None:
        ids = [office.referral(office.client()).id for office in self._offices()]
        db.session.commit()
        with portal.test_request_context():
            login = portal.url_for("accounts.login")
        for rule in pages.routes(portal, self._key):
            for path, method in product(pages.paths(portal, rule, ids), pages.methods(rule)):
                response = pages.browser(portal).open(path, method=method)
                if response.status_code != 302 or login not in response.location:
                    self._fault(f"{method} {rule} does not ask for a login")

    def test_strangers_get_404(self, portal: Flask) -> None:
        for office in self._offices():
            client = office.client()
            found = office.everywhere(client, Markers("zqalpha"))
            ids = [*(r.id for r in found.values()), client.id, *pages.row_ids(self._key)]
            for rule in pages.routes(portal, self._key):
                if rule.arguments:
                    for stranger in office.strangers:
                        self._closed_to(portal, stranger, rule, ids)
                    self._open_to_somebody(portal, office, rule, ids)
            db.session.rollback()

    def _closed_to(self, portal: Flask, stranger: Membership, rule: Rule, ids: list[UUID]) -> None:
        wanted = rule_of(portal.view_functions[rule.endpoint], of_plugin=True)
        rights = {MEMBER, PERSON, *registry().permissions_of(stranger.role)}
        expected = 404 if wanted in rights else 403
        visitor = pages.browser(portal, stranger)
        for path, method in product(pages.paths(portal, rule, ids), pages.methods(rule)):
            status = visitor.open(path, method=method).status_code
            if status != expected:
                self._fault(f"{method} {rule} answers {status} to a stranger ({stranger.role})")

    def _open_to_somebody(self, portal: Flask, office: Office, rule: Rule, ids: list[UUID]) -> None:
        """A page that nobody can open proves nothing."""
        if "GET" in pages.methods(rule):
            visitors = [pages.browser(portal, m) for m in (office.advisor, office.partner)]
            tries = product(visitors, pages.paths(portal, rule, ids))
            if not any(visitor.get(path).status_code == 200 for visitor, path in tries):
                self._fault(f"GET {rule} opens for nobody: neither sender nor receiver")

    def test_nothing_undisclosed_is_rendered(self, portal: Flask) -> None:
        for office in self._offices():
            kind, markers = office.kind, Markers("zqalpha")
            disclosed = set(kind.discloses)
            before = disclosed if kind.preview is None else set(kind.preview)
            for state, referral in office.everywhere(office.client(markers), markers).items():
                is_open = state_opens(office, state)
                allowed, when = (disclosed if is_open else before), f"in state {state!r}"
                seen = self._shows_only(portal, office, referral, markers, allowed, when)
                if is_open and not seen:
                    self._fault(f"the receiver cannot open the referral {when}")
            self._hides_what_was_held_back(portal, office)
            self._hides_after_revocation(portal, office)
            db.session.rollback()  # what was read so far is older than what the pages wrote

    def _hides_what_was_held_back(self, portal: Flask, office: Office) -> None:
        db.session.rollback()
        markers = Markers("zqbravo")
        everything = [*office.kind.discloses, *(field.key for field in office.kind.form)]
        way = next(w for s, w in ways(office.kind.workflow).items() if state_opens(office, s))
        referral = office.referral(office.client(markers), way, withheld=everything)
        db.session.commit()
        self._shows_only(portal, office, referral, markers, set(ALWAYS), "though it was held back")

    def _hides_after_revocation(self, portal: Flask, office: Office) -> None:
        db.session.rollback()
        markers = Markers("zqcargo")
        found = office.everywhere(office.client(markers), markers)
        consent_id = next(r.consent_id for r in found.values() if r.consent_id)
        endings.revoke_consent(office.factory.actor(office.advisor), consent_id)
        db.session.commit()
        for referral in found.values():
            self._shows_only(portal, office, referral, markers, set(), "after the revocation")

    def _shows_only(
        self, portal: Flask, office: Office, referral: Referral, markers: Markers,
        allowed: set[str], when: str,
    ) -> int:  # fmt: skip
        seen = list(self._opened(portal, office.partner, referral))
        for path, html in seen:
            if shown := markers.fields_in(html) - allowed:
                self._fault(f"{path} shows the receiver {', '.join(sorted(shown))} {when}")
        return len(seen)

    def test_text_is_escaped(self, portal: Flask) -> None:
        for office in self._offices():
            markers = Markers("zqalpha")
            found = office.everywhere(office.client(markers), markers)
            for referral, member in product(found.values(), (office.advisor, office.partner)):
                for path, html in self._opened(portal, member, referral):
                    if text := markers.unescaped_in(html):
                        self._fault(f"{path} shows text unescaped: {text}")
                    if pages.UNAVAILABLE in html:
                        self._fault(f"a panel on {path} fails")
            db.session.rollback()

    def test_all_it_says_can_be_translated(self, portal: Flask) -> None:
        """For a plugin with catalogues; without any it says that it speaks German alone."""
        if self._plugin.folder("translations") is None:
            return
        untranslated.mark_translations()
        for office in self._offices():
            markers = Markers("zqalpha")
            found = office.everywhere(office.client(markers), markers)
            readers = (office.advisor, office.partner, office.volunteer)
            for reader in readers:
                reader.person.language = untranslated.LANGUAGE
            db.session.commit()
            typed, moves = [*markers.texts, *untranslated.stored_texts()], _moves(office, found)
            for (state, referral), reader in product(found.items(), readers):
                for path, html in self._opened(portal, reader, referral, moves[state]):
                    if left := untranslated.left_in(html, typed):
                        self._fault(f"{path} shows what no catalogue can translate: {left}")
            db.session.rollback()

    def _opened(
        self, portal: Flask, member: Membership, referral: Referral, more: Iterable[str] = ()
    ) -> Iterator[tuple[str, str]]:
        """What the member sees of this referral: on the core's pages, and on the plugin's."""
        core = [f"/referrals/{referral.id}", f"/clients/{referral.client_id}", *more]
        ids = [referral.id, *pages.row_ids(self._key, about=referral.id)]
        db.session.rollback()
        return pages.opened(portal, self._key, member, core, ids)


def _moves(office: Office, found: Mapping[str, Referral]) -> dict[str, list[str]]:
    """The form of every move, once: by the first state in which there is one."""
    asked: set[str] = set()
    pages: dict[str, list[str]] = {}
    for state, referral in found.items():
        new = [a for a in office.kind.workflow.actions_from(state) if a.key not in asked]
        asked |= {action.key for action in new}
        pages[state] = [f"/referrals/{referral.id}/{action.key}" for action in new]
    return pages


def state_opens(office: Office, state: str) -> bool:
    """Whether somebody said yes on the way to this state: then the package is open."""
    workflow = office.kind.workflow
    passed = [state, *(a.target for a in ways(workflow)[state] if a.target)]
    return any(workflow.status(one) in UNDER_WAY for one in passed)
