"""The contact gate at its boundaries, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cartera.rules.activities import ActivityKind
from cartera.rules.contact import ANYBODY, Blocked, Debtor, Duty, Hours, PastContact, gate
from cartera.rules.contact_packs import PACKS, duties_for, rules_for
from cartera.rules.customers import DebtorType
from cartera.rules.messages import HoldRule

EMAIL, CALL, SMS = ActivityKind.EMAIL, ActivityKind.CALL, ActivityKind.SMS
HOLIDAY = date(2026, 11, 18)  # a Wednesday, made a holiday for these tests

ZONES = {
    "MX": "America/Mexico_City",
    "CO": "America/Bogota",
    "CL": "America/Santiago",
    "PE": "America/Lima",
    "BR": "America/Sao_Paulo",
    "US": "America/New_York",
    "ES": "Europe/Madrid",
    "AR": "America/Argentina/Buenos_Aires",
}


def debtor(country: str, kind: str = "consumer", *past: PastContact) -> Debtor:
    return Debtor(
        country,
        DebtorType(kind),
        ZoneInfo(ZONES[country]),
        is_public_holiday=lambda day: day == HOLIDAY,
        is_banking_day=lambda day: day.weekday() < 5 and day != HOLIDAY,
        past=past,
    )


def at(country: str, local: str) -> datetime:
    """A local time of the week of Monday 16 November 2026, as "Mon 09:00" or "Mon+1 09:00" of the next."""
    day, clock = local.split()
    name, _, weeks = day.partition("+")
    offset = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index(name) + 7 * int(weeks or 0)
    hour = time.fromisoformat(clock)
    return datetime.combine(date(2026, 11, 16) + timedelta(days=offset), hour, ZoneInfo(ZONES[country]))


def ask(who: Debtor, means: ActivityKind, local: str, *, by_hand: bool = False) -> Blocked | None:
    return gate(
        who,
        means,
        at(who.country, local),
        rules_for(who.country, who.type, means),
        by_hand=by_hand,
    )


@pytest.mark.parametrize(
    ("country", "kind", "local", "rule", "next_local"),
    [
        # Mexico: 07:00–22:00, any day.
        ("MX", "consumer", "Mon 06:59:59", "mx_hours", "Mon 07:00"),
        ("MX", "consumer", "Mon 07:00", None, None),
        ("MX", "consumer", "Sun 21:59:59", None, None),
        ("MX", "consumer", "Mon 22:00", "mx_hours", "Tue 07:00"),
        ("MX", "consumer", "Mon 03:00", "mx_hours", "Mon 07:00"),
        # Colombia: Mon–Fri 07–19, Sat 08–15, never Sunday or holiday.
        ("CO", "consumer", "Mon 06:59", "co_hours", "Mon 07:00"),
        ("CO", "consumer", "Mon 07:00", None, None),
        ("CO", "consumer", "Fri 18:59", None, None),
        ("CO", "consumer", "Fri 19:00", "co_hours", "Sat 08:00"),
        ("CO", "consumer", "Sat 07:59", "co_hours", "Sat 08:00"),
        ("CO", "consumer", "Sat 14:59", None, None),
        ("CO", "consumer", "Sat 15:00", "co_hours", "Mon+1 07:00"),
        ("CO", "consumer", "Sun 10:00", "co_hours", "Mon+1 07:00"),
        ("CO", "consumer", "Wed 10:00", "co_hours", "Thu 07:00"),
        # Chile: Mon–Sat 08–20, not on holidays.
        ("CL", "consumer", "Sat 07:59", "cl_hours", "Sat 08:00"),
        ("CL", "consumer", "Sat 19:59", None, None),
        ("CL", "consumer", "Sat 20:00", "cl_hours", "Mon+1 08:00"),
        ("CL", "consumer", "Wed 12:00", "cl_hours", "Thu 08:00"),
        # Peru: nothing 20–07, Saturday, Sunday, holiday.
        ("PE", "consumer", "Fri 06:59", "pe_hours", "Fri 07:00"),
        ("PE", "consumer", "Fri 19:59", None, None),
        ("PE", "consumer", "Fri 20:00", "pe_hours", "Mon+1 07:00"),
        ("PE", "consumer", "Sat 12:00", "pe_hours", "Mon+1 07:00"),
        ("PE", "consumer", "Wed 12:00", "pe_hours", "Thu 07:00"),
        # United States: 08–21 local, any day.
        ("US", "consumer", "Sun 07:59", "us_hours", "Sun 08:00"),
        ("US", "consumer", "Sun 20:59", None, None),
        ("US", "consumer", "Sun 21:00", "us_hours", "Mon+1 08:00"),
        # No hours statute: courtesy, 09–20 on banking days.
        ("BR", "consumer", "Mon 08:59", "courtesy_hours", "Mon 09:00"),
        ("ES", "consumer", "Mon 19:59", None, None),
        ("ES", "consumer", "Mon 20:00", "courtesy_hours", "Tue 09:00"),
        ("AR", "consumer", "Tue 20:00", "courtesy_hours", "Thu 09:00"),
        ("AR", "company", "Fri 20:00", "courtesy_hours", "Mon+1 09:00"),
        # Consumer law protects no company: courtesy does.
        ("MX", "company", "Mon 08:00", "courtesy_hours", "Mon 09:00"),
        ("MX", "company", "Sat 12:00", "courtesy_hours", "Mon+1 09:00"),
        ("US", "company", "Sun 12:00", "courtesy_hours", "Mon+1 09:00"),
    ],
)
def test_hours(country: str, kind: str, local: str, rule: str | None, next_local: str | None) -> None:
    blocked = ask(debtor(country, kind), EMAIL, local)
    if rule is None or next_local is None:
        assert blocked is None
        return
    assert blocked is not None
    assert (blocked.rule_id, blocked.held_by) == (rule, HoldRule.CONTACT_HOURS)
    assert blocked.next_at == at(country, next_local)
    assert blocked.source


def said(country: str, means: ActivityKind, local: str, *, reached: bool = False) -> PastContact:
    return PastContact(at(country, local), means, reached)


def reached(country: str, means: ActivityKind, local: str) -> PastContact:
    return said(country, means, local, reached=True)


@pytest.mark.parametrize(
    ("country", "means", "local", "past", "rule", "next_local"),
    [
        # Courtesy: one a day, by any means.
        ("AR", EMAIL, "Mon 15:00", [("call", "Mon 10:00")], "courtesy_daily", "Tue 09:00"),
        ("AR", EMAIL, "Tue 09:00", [("call", "Mon 19:00")], None, None),
        # Courtesy: three in any seven running days.
        (
            "AR",
            EMAIL,
            "Sun+0 09:00",
            [],
            "courtesy_hours",
            "Mon+1 09:00",
        ),
        (
            "AR",
            EMAIL,
            "Fri 10:00",
            [("email", "Mon 10:00"), ("sms", "Tue 10:00"), ("call", "Thu 10:00")],
            "courtesy_weekly",
            "Mon+1 09:00",
        ),
        (
            "AR",
            EMAIL,
            "Mon+1 10:00",
            [("email", "Mon 10:00"), ("sms", "Tue 10:00"), ("call", "Thu 10:00")],
            None,
            None,
        ),
        # Mexico has no frequency of its own: courtesy's, also for consumers.
        ("MX", EMAIL, "Mon 15:00", [("email", "Mon 10:00")], "courtesy_daily", "Tue 07:00"),
        # Colombia: after a direct contact one a day, and no second channel that week.
        ("CO", CALL, "Mon 15:00", [("call!", "Mon 10:00")], "co_once_a_day", "Tue 07:00"),
        ("CO", CALL, "Tue 07:00", [("call!", "Mon 10:00")], None, None),
        ("CO", EMAIL, "Tue 10:00", [("call!", "Mon 10:00")], "co_one_channel", "Mon+1 07:00"),
        ("CO", EMAIL, "Tue 10:00", [("call", "Mon 10:00")], None, None),
        # Chile: one call a week; two messages a week, two days apart.
        ("CL", CALL, "Sat 10:00", [("call", "Mon 10:00")], "cl_one_call", "Mon+1 08:00"),
        ("CL", CALL, "Mon+1 08:00", [("call", "Mon 10:00")], None, None),
        ("CL", EMAIL, "Mon 12:00", [("call", "Mon 10:00")], None, None),
        ("CL", EMAIL, "Tue 10:00", [("sms", "Mon 10:00")], "cl_two_days_apart", "Thu 08:00"),
        ("CL", EMAIL, "Thu 10:00", [("sms", "Mon 10:00")], None, None),
        (
            "CL",
            EMAIL,
            "Fri 10:00",
            [("sms", "Mon 10:00"), ("email", "Thu 10:00")],
            "cl_two_messages",
            "Mon+1 08:00",
        ),
        # United States: seven calls in seven days, none within seven days after a conversation.
        ("US", CALL, "Tue 10:00", [("call", "Mon 10:00")] * 6, None, None),
        ("US", CALL, "Tue 10:00", [("call", "Mon 10:00")] * 7, "us_seven_calls", "Mon+1 08:00"),
        ("US", CALL, "Sun 10:00", [("call!", "Mon 10:00")], "us_after_conversation", "Mon+1 08:00"),
        ("US", CALL, "Mon+1 08:00", [("call!", "Mon 10:00")], None, None),
        ("US", EMAIL, "Tue 10:00", [("call!", "Mon 10:00")], None, None),
    ],
)
def test_frequency(
    country: str,
    means: ActivityKind,
    local: str,
    past: list[tuple[str, str]],
    rule: str | None,
    next_local: str | None,
) -> None:
    history = [
        PastContact(at(country, when), ActivityKind(what.removesuffix("!")), what.endswith("!"))
        for what, when in past
    ]
    blocked = ask(debtor(country, "consumer", *history), means, local)
    if rule is None or next_local is None:
        assert blocked is None
        return
    assert blocked is not None
    assert (blocked.rule_id, blocked.next_at) == (rule, at(country, next_local))
    held_by = HoldRule.CONTACT_HOURS if rule.endswith("hours") else HoldRule.CONTACT_FREQUENCY
    assert blocked.held_by is held_by


def test_one_who_does_not_consent_is_never_contacted() -> None:
    blocked = gate(debtor("MX"), EMAIL, at("MX", "Mon 10:00"), (), consents=False)
    assert blocked is not None
    assert (blocked.held_by, blocked.next_at) == (HoldRule.NO_CONSENT, None)


def test_a_person_may_write_after_calling_but_not_write_twice() -> None:
    called = debtor("MX", "company", said("MX", CALL, "Mon 10:00"))
    assert ask(called, EMAIL, "Mon 10:05") is not None
    assert ask(called, EMAIL, "Mon 10:05", by_hand=True) is None
    wrote = debtor("MX", "company", said("MX", EMAIL, "Mon 10:00"))
    assert ask(wrote, EMAIL, "Mon 10:05", by_hand=True) is not None


def test_no_courtesy_softens_a_law_for_a_person_who_writes_by_hand() -> None:
    spoken = debtor("CO", "consumer", reached("CO", CALL, "Mon 10:00"))
    blocked = ask(spoken, EMAIL, "Mon 10:05", by_hand=True)
    assert blocked is not None
    assert blocked.rule_id == "co_once_a_day"


def test_an_organization_may_be_stricter_and_never_laxer() -> None:
    strict = Hours("own_hours", "our policy", ANYBODY, ((time(10), time(12)),) * 7)
    lax = replace(strict, week=((time(0), time(23, 59)),) * 7)
    who = debtor("MX")
    law = rules_for("MX", who.type, EMAIL)
    assert gate(who, EMAIL, at("MX", "Mon 09:00"), law) is None
    blocked = gate(who, EMAIL, at("MX", "Mon 09:00"), (*law, strict))
    assert blocked is not None
    assert blocked.next_at == at("MX", "Mon 10:00")
    at_night = gate(who, EMAIL, at("MX", "Mon 03:00"), (*law, lax))
    assert at_night is not None
    assert at_night.rule_id == "mx_hours"


def test_hours_are_those_of_the_debtors_zone() -> None:
    instant = datetime(2026, 11, 16, 14, 30, tzinfo=UTC)  # 08:30 in Mexico City, 07:30 in Tijuana's winter
    here = debtor("MX", "company")
    rules = rules_for("MX", here.type, EMAIL)
    blocked = gate(here, EMAIL, instant, rules)
    assert blocked is not None
    assert blocked.next_at == datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
    there = replace(here, zone=ZoneInfo("America/Tijuana"))
    blocked = gate(there, EMAIL, instant, rules)
    assert blocked is not None
    assert blocked.next_at == datetime(2026, 11, 16, 17, 0, tzinfo=UTC)


def test_three_in_the_morning_is_never_allowed_anywhere() -> None:
    for country in ZONES:
        for kind in DebtorType:
            for day in ("Mon", "Sat", "Sun"):
                blocked = ask(debtor(country, kind), EMAIL, f"{day} 03:00")
                assert blocked is not None, country
                assert blocked.next_at is not None
                assert ask_at(country, kind, blocked.next_at) is None


def ask_at(country: str, kind: str, instant: datetime) -> Blocked | None:
    who = debtor(country, kind)
    return gate(who, EMAIL, instant, rules_for(country, who.type, EMAIL))


def test_every_rule_names_its_source_and_is_named_once() -> None:
    rules = [rule for country in ZONES if country in PACKS for rule in PACKS[country].rules]
    assert len({rule.id for rule in rules}) == len(rules) == 12
    assert all(rule.source and rule.protects for rule in rules)


def test_duties() -> None:
    assert duties_for("US", DebtorType.CONSUMER) == {Duty.OPT_OUT}
    assert duties_for("MX", DebtorType.CONSUMER) == {Duty.IDENTIFY_CREDITOR}
    assert duties_for("MX", DebtorType.COMPANY) == frozenset()
    assert duties_for("AR", DebtorType.CONSUMER) == frozenset()
