"""What was sent to course providers, advice services, workshops and the volunteer circle."""

from __future__ import annotations

from portal.demo.story import Clock, Day, Member, Step, Story, on

VOLKER = Member("Volker Freimuster")


def registered(day: int, begins: Clock) -> Step:
    """A place in one of the workshops, which differ in their Saturdays alone."""
    return on(day, "register", workshop="Wohnungsführerschein Kinzigtal", language="de",
              appointment_at=begins, place="Probegasse 2, Hausach", sessions=2)  # fmt: skip


COURSES = (
    # The provider will ask which script she reads.
    Story("rahima", "vhs", -5, "", (on(-5, "send"), on(-4, "acknowledge")), "language", "urgent",
          form={"wanted_kind": "second_script", "route": "claim", "entitled_until": Day(52),
                "times": ["morning"], "radius": "30", "childcare_needed": True}),
    Story("rahima", "elternkurs", -14, "",
          (on(-14, "send"), on(-11, "waitlist", position=2, next_on=Day(4)),
           on(-3, "offer_seat", course_name="Elternkurs Haslach", course_kind="state_parents",
              course_level="a1", starts_on=Day(49), course_place="Musterhof 8, Haslach",
              course_times="Montag bis Donnerstag, 8:30 bis 11:45 Uhr", next_on=Day(4))),
          "language",
          form={"wanted_kind": "state_parents", "times": ["morning"], "radius": "here",
                "childcare_needed": True}),
    Story("hawa", "elternkurs", -5, "", (on(-5, "send"),), "language",
          form={"wanted_kind": "state_parents", "times": ["morning"], "radius": "30",
                "childcare_needed": True}),
    # Without an obligation she can only be noted down.
    Story("oksana", "vhs", -12, "", (on(-12, "send"), on(-10, "waitlist", position=9,
                                                         next_on=Day(11))), "language",
          form={"wanted_kind": "general", "route": "none", "times": ["morning", "afternoon"],
                "radius": "30"}),
    Story("amal", "vhs", -6, "",
          (on(-6, "send"), on(-5, "set_placement_test", appointment_at=Clock(1, 9),
              place="Probegasse 2, Raum 4")), "language",
          form={"wanted_kind": "literacy", "route": "obligation", "times": ["morning"],
                "radius": "30", "childcare_needed": True}),
    Story("soran", "vhs", -91, "",
          (on(-91, "send"),
           on(-87, "offer_seat", course_name="Integrationskurs 7", course_kind="general",
              course_level="a2", starts_on=Day(-77), course_place="Probegasse 2, Hausach",
              course_times="Montag bis Freitag, 8:30 bis 12 Uhr", next_on=Day(-80)),
           on(-84, "take_seat"), on(-77, "start", started_on=Day(-77)),
           on(-10, "report_progress", module=3, level="a2")), "language",
          form={"wanted_kind": "general", "route": "obligation", "times": ["morning"],
                "radius": "60"}),
    Story("lamin", "vhs", -189, "",
          (on(-189, "send"), on(-185, "accept", next_on=Day(-182)),
           on(-182, "start", started_on=Day(-182)),
           on(-11, "complete", code="certificate_issued", level="b1", exam="passed"),
           on(-7, "review")), "language", consent_until=30,
          form={"wanted_kind": "intensive", "route": "obligation", "times": ["afternoon"],
                "radius": "30"}),
    Story("layla", "elternkurs_rm", -10, "",
          (on(-10, "send"), on(-4, "waitlist", "email", position=7, next_on=Day(10))), "language",
          form={"wanted_kind": "state_parents", "times": ["morning", "evening"], "radius": "60",
                "childcare_needed": True}),
)  # fmt: skip

CIRCLE = (
    # On Friday she will take back her consent.
    Story("oksana", "begleitung", -11, "Begleitung zu Terminen bei Behörden, Formulare lesen.",
          (on(-11, "send"), on(-10, "accept"),
           on(-6, "propose", handler=VOLKER, client_agrees=True, next_on=Day(-3)),
           on(-5, "take_on")), "legal_admin",
          form={"task_kind": "accompaniment", "time_window": "vormittags, etwa zwei Stunden",
                "meeting_point": "Rathaus Hausach, Eingang"}),
    Story("yusuf", "begleitung", -7, "Gemeinsam ein gebrauchtes Fahrrad für den Arbeitsweg "
          "herrichten.", (on(-7, "send"), on(-4, "accept", next_on=Day(3))), "participation",
          form={"task_kind": "bicycle", "time_window": "dienstags ab 16 Uhr",
                "meeting_point": "Fahrradwerkstatt am Bahnhof Wolfach"}),
    # Young people are there: not without a clearance.
    Story("emine", "begleitung", -13, "Zwei Jugendlichen bei den Hausaufgaben in Mathematik "
          "helfen.", (on(-13, "send"), on(-11, "accept"),
                      on(-3, "propose", handler=VOLKER, clearance_until=Day(219),
                         client_agrees=True, next_on=Day(2))), "school_education",
          form={"task_kind": "homework", "time_window": "mittwochs von 15 bis 17 Uhr",
                "meeting_point": "Stadtbücherei Hausach", "with_minors": True}),
)  # fmt: skip

ADVICE = (
    Story("karim", "schulden", -5, "", (on(-5, "send"), on(-4, "acknowledge")),
          "benefits_finance", form={"subject": "money"}),
    # His three years of counselling end in March; the plan is reviewed on Wednesday.
    Story("samuel", "mbe", -3, "", (), "orientation",
          form={"subject": "settling_in", "lead_role": "lead"}),
    Story("biniam", "mbe", -25, "",
          (on(-25, "send"), on(-21, "accept", next_on=Day(-11)),
           on(-11, "start", started_on=Day(-12))), "legal_admin", form={"subject": "papers"}),
    Story("hawa", "mbe", -7, "", (on(-7, "send"), on(-4, "ask", question="interpreting")),
          "family", form={"subject": "family"}),
)  # fmt: skip

WORKSHOPS = (
    Story("yusuf", "wohnen", -4, "", (on(-4, "send"),), "housing",
          form={"understands": ["plain_german", "english"], "times": ["saturday"]}),
    Story("karim", "wohnen", -18, "",
          (on(-18, "send"), registered(-13, Clock(5, 9))),
          "housing", form={"understands": ["interpreted"], "times": ["saturday"]}),
    Story("soran", "wohnen", -42, "",
          (on(-42, "send"), registered(-38, Clock(-23, 9)),
           on(-12, "complete", code="certificate_issued", certificate_number="WF-0017", hours=6,
              modules=["tenant", "heating", "waste"])), "housing",
          form={"understands": ["plain_german"], "times": ["saturday"]}),
    Story("dawit", "wohnen", -31, "",
          (on(-31, "send"), registered(-27, Clock(-9, 9)),
           on(-12, "event_cancelled", reason="too_few", next_on=Day(11))), "housing",
          form={"understands": ["plain_german"], "times": ["saturday", "evening"]}),
)  # fmt: skip

STORIES = (*COURSES, *CIRCLE, *ADVICE, *WORKSHOPS)
