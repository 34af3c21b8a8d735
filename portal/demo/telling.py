"""Tells one story through the portal's own commands, every step at its moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal.accounts.models import Membership
from portal.actor import Actor
from portal.clients.limits import counselling_ends_on
from portal.clients.models import Client
from portal.consents import policy as consents
from portal.demo.county import County
from portal.demo.factory import Factory
from portal.demo.story import JOBCENTER_REQUESTS, Clock, Day, Member, Step, Story
from portal.referrals import commands, endings, packages, policy
from portal.referrals.handover import usual_purpose
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import Action, Kind, Side
from portal.working_days import add_working_days

EXPIRES_AFTER = 25  # working days without an answer
UNSTAFFED = "phone"  # how an office answers in which nobody has an account


class Telling:
    """One story on its way: which referral it is about by now."""

    def __init__(self, county: County, story: Story, number: int) -> None:
        self.county = county
        self.story = story
        self.number = number
        self.offer = county.offers[story.offer]
        self.referral: Referral  # by now; held, or the session would load it at every step

    @property
    def client(self) -> Client:
        return self.county.clients[self.story.client]

    @property
    def advisor(self) -> Membership:
        return self.county.advisors[self.story.client]

    def day_of(self, step: Step) -> int:
        """The day of a step; an expiry without one comes as soon as the system may."""
        if step.action != "expire" or step.day:
            return step.day
        sent_on = self.county.monday + timedelta(days=self.story.day)
        return (add_working_days(sent_on, EXPIRES_AFTER) - self.county.monday).days

    def write(self, moment: datetime) -> None:
        """The draft."""
        service = self.county.services[self.offer.key]
        questions = registry().referral_type(service.type).form
        form = self._resolved(self.story.form)
        form |= {q.key: self.story.concern for q in questions if q.kind is Kind.LONG_TEXT}
        if service.type == "jobcenter":
            form |= {"request": JOBCENTER_REQUESTS[self.story.goal_area],
                     "documents": ["identity", "letter"]}  # fmt: skip
        self.referral = self.county.factory.at(moment).draft(
            self.advisor, self.client, service, goal_area=self.story.goal_area, form=form,
            urgency=self.story.urgency,
        )  # fmt: skip

    def go_on(self, step: Step, moment: datetime) -> None:
        """One step further."""
        factory = self.county.factory.at(moment)
        act = factory.actor(self.advisor)
        if step.action == "again":
            if "offer" in step.data:
                self.offer = self.county.offers[step.data["offer"]]
            service = self.county.services[self.offer.key]
            self.referral = commands.send_again(act, self.referral.id, service.id)
        elif step.action == "revoke":
            assert self.referral.consent_id
            endings.revoke_consent(act, self.referral.consent_id)
        elif step.action == "void":
            commands.void(factory.actor(self._lead()), self.referral.id, step.data)
        else:
            if step.action == "send":
                self._consent(factory)
            self._move(factory, step)

    def _move(self, factory: Factory, step: Step) -> None:
        workflow = registry().referral_type(self.referral.type).workflow
        action = workflow.action(step.action)
        if action.side is Side.SYSTEM:
            commands.perform(Actor.system(factory.now), self.referral.id, step.action, {})
            return
        mover, recorded = self.advisor, step.recorded
        if action.side is Side.RECEIVER and not recorded:
            staff = self._staff_for(action)
            mover, recorded = (staff, "") if staff else (self.advisor, UNSTAFFED)
        factory.move(mover, self.referral.id, step.action, self._resolved(step.data),
                     recorded_source=recorded)  # fmt: skip

    def _consent(self, factory: Factory) -> None:
        categories = packages.categories_of(packages.offered_by(self.referral))
        unit = self.county.units[self.offer.office]
        today = factory.now.date()
        if consents.covering(self.client.id, unit.id, categories, today) is None:
            wanted = self.county.monday + timedelta(days=self.story.consent_until)
            latest = counselling_ends_on(self.client.counselling_started_on, today)
            factory.consent(self.advisor, self.client, unit, categories=categories,
                            purpose=self.offer.purpose,
                            purpose_code=usual_purpose(self.referral.goal_area),
                            valid_until=min(wanted, latest or wanted))  # fmt: skip

    def _staff_for(self, action: Action) -> Membership | None:
        """Somebody of the office with the right that this move needs: who has it in hand."""
        needed = action.permission or policy.USUAL_RIGHT[action.side]
        staff = [
            member
            for member in self.county.staff[self.offer.office]
            if needed in registry().permissions_of(member.role)
        ]
        in_hand = (member for member in staff if member.id == self.referral.handler_id)
        return next(in_hand, staff[self.number % len(staff)] if staff else None)

    def _lead(self) -> Membership:
        """Who may say that it was a mistake."""
        team = (member for staff in self.county.staff.values() for member in staff)
        unit_id = self.advisor.unit_id
        return next(m for m in team if m.role == "team_lead" and m.unit_id == unit_id)

    def _resolved(self, data: dict[str, Any]) -> dict[str, Any]:
        return {key: self._value(value) for key, value in data.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, Day | Clock):
            return value.on(self.county.monday)
        if isinstance(value, Member):
            return str(self.county.members[value.name].id)
        return value
