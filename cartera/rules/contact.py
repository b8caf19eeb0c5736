"""The contact gate: may this debtor be contacted now, by this means? If not: by which rule, and until when.

Asked when a message is planned and again when it is to leave. Rules are data (``contact_packs``); each says
whom it protects. What a country's pack leaves open the courtesy rules decide. An organization may add rules
of its own: rules only ever forbid, so it can be stricter and never laxer.

All hours and days are those of the debtor's own zone. Holidays and banking days come in as functions, since
rules know no calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, StrEnum
from zoneinfo import ZoneInfo

from cartera.rules.activities import ActivityKind, ActivityOutcome
from cartera.rules.customers import DebtorType
from cartera.rules.messages import HoldRule

CONSUMER = frozenset({DebtorType.CONSUMER})
ANYBODY = frozenset(DebtorType)

SPOKEN = frozenset({ActivityKind.CALL, ActivityKind.VISIT})
WRITTEN = frozenset({ActivityKind.EMAIL, ActivityKind.SMS, ActivityKind.WHATSAPP, ActivityKind.LETTER})
ANY_MEANS = SPOKEN | WRITTEN

# Outcomes that mean that the person was spoken to.
REACHED = frozenset(
    {
        ActivityOutcome.REACHED,
        ActivityOutcome.PROMISED,
        ActivityOutcome.REFUSED,
        ActivityOutcome.DISPUTED,
        ActivityOutcome.SAYS_PAID,
        ActivityOutcome.CALL_BACK,
    }
)

# Days in which an allowed instant is sought; longer closures than any calendar has.
_HORIZON_DAYS = 60


class Closed(Enum):
    """Days on which nobody is contacted, beside those without hours."""

    NEVER = "never"
    PUBLIC_HOLIDAYS = "public_holidays"
    NON_BANKING_DAYS = "non_banking_days"


class Duty(StrEnum):
    """What every message to a protected debtor must say."""

    IDENTIFY_CREDITOR = "identify_creditor"
    OPT_OUT = "opt_out"


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the week, Monday first: from the first, included, to the second, excluded; None is closed."""

    id: str
    source: str
    protects: frozenset[DebtorType]
    week: tuple[tuple[time, time] | None, ...]
    closed: Closed = Closed.NEVER
    means: frozenset[ActivityKind] = ANY_MEANS


@dataclass(frozen=True, slots=True)
class Frequency:
    """At most ``at_most`` of the counted contacts in any ``days`` running days, the last being today.

    Where a law says "a week" any seven running days are taken: never laxer than calendar weeks.
    """

    id: str
    source: str
    protects: frozenset[DebtorType]
    at_most: int
    days: int
    means: frozenset[ActivityKind] = ANY_MEANS
    counts: frozenset[ActivityKind] = ANY_MEANS
    # Count only contacts in which the debtor was spoken to.
    only_reached: bool = False
    # Count only contacts by other means than the one that is asked for.
    only_other_means: bool = False
    # A courtesy, which a person who writes by hand applies to the same means alone.
    is_courtesy: bool = False


Rule = Hours | Frequency


@dataclass(frozen=True, slots=True)
class Pack:
    """A country's rules and duties."""

    rules: tuple[Rule, ...] = ()
    duties: tuple[tuple[Duty, frozenset[DebtorType]], ...] = ()


@dataclass(frozen=True, slots=True)
class PastContact:
    """An outbound attempt or contact of the past."""

    at: datetime
    means: ActivityKind
    reached: bool


@dataclass(frozen=True)
class Debtor:
    """Who would be contacted, and what the gate must know of where they are."""

    country: str
    type: DebtorType
    zone: ZoneInfo
    is_public_holiday: Callable[[date], bool]
    is_banking_day: Callable[[date], bool]
    past: tuple[PastContact, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """``next_at`` is the first allowed instant after; None where time alone will not allow it."""

    rule_id: str
    source: str
    held_by: HoldRule
    next_at: datetime | None


def gate(
    debtor: Debtor,
    means: ActivityKind,
    at: datetime,
    rules: Iterable[Rule],
    *,
    consents: bool = True,
    by_hand: bool = False,
) -> Blocked | None:
    """None where the contact is allowed at the instant, else the first rule against it.

    ``rules`` are those of ``contact_packs.rules_for``, and the organization's own. ``by_hand``: a person
    asked for it, having perhaps just spoken to the debtor.
    """
    if not consents:
        return Blocked("consent", "the contact's own choice", HoldRule.NO_CONSENT, None)
    mine = [rule for rule in rules if debtor.type in rule.protects and means in rule.means]
    first = _first_against(debtor, means, at, mine, by_hand)
    if first is None:
        return None
    rule, later = first
    last_day = at + timedelta(days=_HORIZON_DAYS)
    while later < last_day and (against := _first_against(debtor, means, later, mine, by_hand)):
        later = against[1]
    held_by = HoldRule.CONTACT_HOURS if isinstance(rule, Hours) else HoldRule.CONTACT_FREQUENCY
    return Blocked(rule.id, rule.source, held_by, later)


def _first_against(
    debtor: Debtor, means: ActivityKind, at: datetime, rules: list[Rule], by_hand: bool
) -> tuple[Rule, datetime] | None:
    """The first rule against an instant, and the first later instant that this rule may allow."""
    for rule in rules:
        if isinstance(rule, Hours):
            later = _next_open(rule, debtor, at)
        else:
            later = _next_free(rule, debtor, means, at, by_hand)
        if later is not None:
            return rule, later
    return None


def _next_open(rule: Hours, debtor: Debtor, at: datetime) -> datetime | None:
    local = at.astimezone(debtor.zone)
    hours = _hours_on(rule, debtor, local.date())
    if hours and hours[0] <= local.time() < hours[1]:
        return None
    if hours and local.time() < hours[0]:
        return _at(local.date(), hours[0], debtor.zone)
    for ahead in range(1, _HORIZON_DAYS):
        day = local.date() + timedelta(days=ahead)
        hours = _hours_on(rule, debtor, day)
        if hours:
            return _at(day, hours[0], debtor.zone)
    return at + timedelta(days=_HORIZON_DAYS)


def _hours_on(rule: Hours, debtor: Debtor, day: date) -> tuple[time, time] | None:
    if rule.closed is Closed.PUBLIC_HOLIDAYS and debtor.is_public_holiday(day):
        return None
    if rule.closed is Closed.NON_BANKING_DAYS and not debtor.is_banking_day(day):
        return None
    return rule.week[day.weekday()]


def _next_free(
    rule: Frequency, debtor: Debtor, means: ActivityKind, at: datetime, by_hand: bool
) -> datetime | None:
    counted = rule.counts & {means} if rule.is_courtesy and by_hand else rule.counts
    if rule.only_other_means:
        counted -= {means}
    today = at.astimezone(debtor.zone).date()
    days = sorted(
        past.at.astimezone(debtor.zone).date()
        for past in debtor.past
        if past.means in counted and past.at <= at and (past.reached or not rule.only_reached)
    )
    within = [day for day in days if day > today - timedelta(days=rule.days)]
    if len(within) < rule.at_most:
        return None
    # Free again once the oldest of the last ``at_most`` has left the running days.
    return _at(within[-rule.at_most] + timedelta(days=rule.days), time(0), debtor.zone)


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)
