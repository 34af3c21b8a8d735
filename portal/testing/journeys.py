"""Referrals driven through a workflow by the real commands, into every state it has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.accounts.models import Membership, Unit
from portal.accounts.session import actor_for
from portal.actor import Actor
from portal.clients.models import Client
from portal.declarations import ReferralType
from portal.demo.factory import Factory
from portal.extensions import db
from portal.lifecycle import FINAL
from portal.network.models import Service
from portal.referrals import commands, policy, questions
from portal.referrals.models import Referral
from portal.testing.markers import Markers
from portal.workflow import Action, Side, Workflow


def ways(workflow: Workflow) -> dict[str, tuple[Action, ...]]:
    """For each state that can be reached, a shortest way to it; not by giving up a draft, of
    which the other side never hears."""
    found: dict[str, tuple[Action, ...]] = {workflow.initial: ()}
    todo = [workflow.initial]
    while todo:
        here = todo.pop(0)
        for action in workflow.actions_from(here):
            target = str(action.target or here)
            given_up = here == workflow.initial and workflow.status(target) in FINAL
            if target not in found and not given_up:
                found[target] = (*found[here], action)
                todo.append(target)
    return found


class Office:
    """A partner's unit with a service of one kind, and somebody for each side's moves."""

    def __init__(
        self, factory: Factory, kind: ReferralType, form: Mapping[str, Any],
        answers: Mapping[str, Mapping[str, Any]],
    ) -> None:  # fmt: skip
        self.factory, self.kind, self.form, self.answers = factory, kind, form, answers
        county = factory.organisation("Landratsamt (Probe)", "delivery_organisation")
        team = factory.unit(county, "Team", phone="0000 1")
        name = f"Stelle {kind.key} (Probe)"
        self.unit: Unit = factory.unit(factory.organisation(name, kind.recipient_kind))
        elsewhere = factory.unit(factory.organisation("Andere (Probe)", kind.recipient_kind))
        self.advisor = factory.member("Probe Beratung", team, "advisor")
        self.partner = factory.member("Probe Partner", self.unit, "partner")
        self.volunteer = factory.member("Probe Freiwillig", self.unit, "volunteer")
        self.senders = (self.advisor, factory.member("Probe Leitung", team, "team_lead"))
        self.receivers = (
            self.partner,
            factory.member("Probe Ehrenamt", self.unit, "volunteer_coordinator"),
            self.volunteer,
        )
        self.strangers = (
            factory.member("Probe Fremd", elsewhere, "partner"),
            factory.member("Probe Kollegin", team, "advisor"),
            factory.member("Probe Kreis", team, "coordinator"),
            factory.member("Probe Revision", team, "auditor"),
            factory.member("Probe Verwaltung", team, "admin"),
        )
        self.service: Service = factory.service(self.unit, kind.key, f"Angebot {kind.key}")

    @property
    def now(self) -> datetime:
        return self.factory.now

    def client(self, markers: Markers | None = None) -> Client:
        """A client who consented to everything this office may be told."""
        profile = markers.profile(self.now.date()) if markers else {}
        profile.pop("municipality", None)
        client = self.factory.client(self.advisor, **profile)
        self.factory.consent(self.advisor, client, self.unit)
        return client

    def referral(
        self, client: Client, way: tuple[Action, ...] = (), markers: Markers | None = None,
        withheld: list[str] | None = None,
    ) -> Referral:  # fmt: skip
        """A referral that went this way."""
        form = {**self.factory.answers(self.kind.form), **self.form}
        referral = self.factory.draft(
            self.advisor, client, self.service, withheld=withheld,
            form=markers.mark(self.kind.form, form) if markers else form,
        )  # fmt: skip
        for action in way:
            self.perform(referral, action, markers)
        return referral

    def sent_with(self, client: Client, form: Mapping[str, Any]) -> Referral:
        """A referral that was sent with these answers."""
        draft = self.factory.draft(self.advisor, client, self.service, form=form)
        return commands.perform(self.factory.actor(self.advisor), draft.id, "send", {})

    def perform(
        self, referral: Referral, action: Action, markers: Markers | None = None
    ) -> Referral:
        """Make a move as whoever may make it, with a plain value for all that is asked."""
        actor = self.actor_for(action)
        seen = policy.get_visible(actor, referral.id)
        fields = questions.fields_of(seen, action)
        values = {**self.factory.answers(fields), **self.answers.get(action.key, {})}
        values = markers.mark(fields, values) if markers else values
        return commands.perform(actor, referral.id, action.key, values)

    def is_possible(self, referral: Referral, action: Action) -> bool:
        actor = self.actor_for(action)
        return action in policy.possible_actions(actor, policy.get_visible(actor, referral.id))

    def actor_for(self, action: Action) -> Actor:
        if action.side is Side.SYSTEM:
            return Actor.system(self.now)
        actor = actor_for(self.member_for(action), self.now)
        return actor.recording(Side.CLIENT, "client") if action.side is Side.CLIENT else actor

    def member_for(self, action: Action) -> Membership:
        """Who makes this move, or writes it down for the client."""
        people = self.receivers if action.side is Side.RECEIVER else self.senders
        right = action.permission or policy.USUAL_RIGHT[action.side]
        able = (member for member in people if actor_for(member, self.now).may(right))
        return next(able, people[0])

    def everywhere(self, client: Client, markers: Markers) -> dict[str, Referral]:
        """A referral of this client in every state, with marked texts in all that is asked."""
        found = {
            state: self.referral(client, way, markers)
            for state, way in ways(self.kind.workflow).items()
        }
        db.session.commit()
        return found
