"""How long what is kept, and why: the only place where these numbers stand.

A rule that changes is not rewritten: the old row gets a `valid_to`, a new one follows it.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from portal.lifecycle import GRACE_DAYS
from portal.wording import N_, Phrase

_GDPR = date(2018, 5, 25)  # since then storage must be limited in time


@dataclass(frozen=True)
class Period:
    """So many calendar months or days. It ends with the end of a day (§§ 187, 188 BGB)."""

    months: int = 0
    days: int = 0

    @property
    def label(self) -> Phrase:
        if self.months > 12 and self.months % 12 == 0:
            return Phrase(N_("%(number)s Jahre"), number=self.months // 12)
        if self.months:
            return Phrase(N_("%(number)s Monate"), number=self.months)
        if self.days:
            return Phrase(N_("%(number)s Tage"), number=self.days)
        return Phrase(N_("bis zum Ende des Tages"))

    def last_day(self, since: date) -> date:
        """The last day on which something is kept: of a shorter month its last one."""
        first, length = _month(since, self.months)
        return first.replace(day=min(since.day, length)) + timedelta(days=self.days)

    def newest_over(self, today: date) -> date:
        """The latest day whose period is over: what dates from it or before is due."""
        over = today - timedelta(days=self.days + 1)
        first, length = _month(over, -self.months)
        # What began on the last days of a longer month ends on the last day of this one, too.
        at_the_end = over.day == calendar.monthrange(over.year, over.month)[1]
        return first.replace(day=length if at_the_end else min(over.day, length))


def _month(day: date, further: int) -> tuple[date, int]:
    """The first day of a month so much further, and how many days it has."""
    year, month = divmod(day.year * 12 + day.month - 1 + further, 12)
    return date(year, month + 1, 1), calendar.monthrange(year, month + 1)[1]


@dataclass(frozen=True)
class RetentionRule:
    """One row of the table. `outcome` says in words what happens when `keep` is over."""

    key: str
    label: str
    keep: Period | None  # None: as long as something else
    counted_from: str
    outcome: str
    source: str
    valid_from: date = _GDPR
    valid_to: date | None = None

    def is_in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


RULES: tuple[RetentionRule, ...] = (
    RetentionRule(
        "closed_client", N_("Angaben zur Person nach dem Ende der Beratung"), Period(months=12),
        N_("Ende der Beratung"),
        N_("Alles wird gelöscht, was auf die Person zeigt. Nicht, solange die Verarbeitung "
           "eingeschränkt oder ein Anliegen zum Datenschutz offen ist."),
        N_("Art. 5 Abs. 1 Buchst. e DSGVO"),
    ),
    RetentionRule(
        "receiver_view", N_("Weitergegebene Angaben bei der empfangenden Stelle"),
        Period(days=GRACE_DAYS), N_("Ende der Vermittlung"),
        N_("Die Ansicht schließt sich von selbst. Das Paket wird mit der Person gelöscht."),
        N_("Art. 5 Abs. 1 Buchst. b und c DSGVO"),
    ),
    RetentionRule(
        "plugin", N_("Angaben in Erweiterungen"), None, N_("wie die Angaben zur Person"),
        N_("Sie werden mit der Person gelöscht."), N_("Art. 5 Abs. 1 Buchst. e DSGVO"),
    ),
    RetentionRule(
        "referral_metadata", N_("Kennung, Daten und Status von Vermittlungen ohne Personenbezug"),
        Period(months=60), N_("Ende der Beratung"),
        N_("Was nach dem Löschen der Person noch gezählt wurde, wird gelöscht."),
        N_("Nachweis der Verwendung von Fördermitteln"),
    ),
    RetentionRule(
        "consent", N_("Einwilligungen und Ablehnungen"), Period(months=36),
        N_("Ablauf, Widerruf oder Ablehnung"), N_("Der Nachweis wird gelöscht."),
        N_("Art. 7 Abs. 1 DSGVO; Verjährung nach § 195 BGB"),
    ),
    RetentionRule(
        "audit", N_("Zugriffsprotokoll"), Period(months=12), N_("Tag, an dem versiegelt wurde"),
        N_("Die Einträge ganzer Siegel werden gelöscht, die ältesten zuerst."),
        N_("Art. 5 Abs. 1 Buchst. e und Abs. 2 DSGVO; Vorbild: § 8 Abs. 5 IntV"),
    ),
    RetentionRule(
        "outbox", N_("Benachrichtigungen"), Period(days=30), N_("Zustellung, sonst Entstehung"),
        N_("Sie werden gelöscht."), N_("Art. 5 Abs. 1 Buchst. e DSGVO"),
    ),
    RetentionRule(
        "failed_login", N_("Gescheiterte Anmeldungen"), Period(), N_("Versuch"),
        N_("Sie werden gelöscht, meist schon beim nächsten Versuch."), N_("Art. 32 DSGVO"),
    ),
    RetentionRule(
        "backup", N_("Sicherungskopien"), Period(days=35), N_("Tag der Sicherung"),
        N_("Der Betrieb löscht sie. Nach einer Wiederherstellung holt das Portal nach, was "
           "seither gelöscht wurde."),
        N_("Art. 32 Abs. 1 Buchst. c DSGVO"),
    ),
)  # fmt: skip


def in_force(day: date) -> list[RetentionRule]:
    return [rule for rule in RULES if rule.is_in_force(day)]
