"""A whole portfolio, told customer by customer: equal arguments give equal rows, in any process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from cartera.demo import debts, staff
from cartera.demo.calendars import Calendar, Timeline
from cartera.demo.customers import write_customer
from cartera.demo.debts import Debt
from cartera.demo.follow_up import FollowUp, Person
from cartera.demo.ids import sequence
from cartera.demo.ledger import Books
from cartera.demo.profiles import Kind, Profile, Size, draw_profile
from cartera.demo.rows import Rows
from cartera.demo.world import World

DOMAIN = "altiplano.example"

_FIRST_BATCH = 300
_LARGEST_BATCH = 20_000


@dataclass(frozen=True)
class Plan:
    """What to generate: history ends on the evening before ``today``, the organization's business day."""

    today: date
    customers: int = 300
    receivables: int = 6_000
    seed: int = 4
    domain: str = DOMAIN


def generate(plan: Plan) -> Iterator[Rows]:
    """Rows of the portfolio in batches, of a few hundred receivables at first and 20,000 soon.

    The first holds staff and rates. It is small because whoever loads it takes statistics after it.
    """
    batch = _FIRST_BATCH
    rng = Random(f"{plan.seed}")  # a text is seeded by its hash, but by SHA-512's and not Python's
    timeline = Timeline(plan.today)
    ids = sequence(rng, plan.today)
    rows = Rows()
    people = staff.hire(
        rng, ids, rows, domain=plan.domain, since=timeline.moments[0], customers=plan.customers
    )
    staff.quote_rates(rng, ids, rows, timeline)
    world = World(
        timeline=timeline,
        ids=ids,
        numbers=debts.Numbers(plan.receivables),
        collectors=people.collectors,
        salespeople=people.salespeople,
    )
    for index, (size, count) in enumerate(share_out(rng, plan.customers, plan.receivables)):
        _tell(world, rows, Random(f"{plan.seed}/{index}"), size, count)
        if len(rows.receivable) >= batch:
            yield rows
            rows = Rows()
            batch = min(_LARGEST_BATCH, 4 * batch)
    yield rows


def share_out(rng: Random, customers: int, receivables: int) -> list[tuple[Size, int]]:
    """Size and number of receivables of each customer: few with many, many with few; the sum is exact."""
    draws = [rng.randrange(1000) for _ in range(customers)]
    weights = [1_000_000 // (50 + each) for each in draws]
    total = sum(weights)
    counts = [receivables * weight // total for weight in weights]
    for index in range(receivables - sum(counts)):
        counts[index] += 1
    sizes = [Size.LARGE if each < 80 else Size.MEDIUM if each < 400 else Size.SMALL for each in draws]
    return list(zip(sizes, counts, strict=True))


def _tell(world: World, rows: Rows, rng: Random, size: Size, count: int) -> None:
    """One customer's two years."""
    profile = draw_profile(rng, size)
    calendar = world.timeline.calendars[profile.country]
    known = write_customer(world, rows, rng, profile, count)
    story = _draw_debts(world, rng, profile, calendar, count)
    Books(world, rows, rng, known.id, profile).write(story, calendar, known.salesperson_id)
    FollowUp(
        world,
        rows,
        rng,
        customer_id=known.id,
        profile=profile,
        calendar=calendar,
        collector_id=known.collector_id,
        contact=Person(known.contact_id, known.contact_name),
    ).write(story)


def _draw_debts(world: World, rng: Random, profile: Profile, calendar: Calendar, count: int) -> list[Debt]:
    ids, numbers = world.ids, world.numbers
    typical = {
        currency: profile.typical_minor(currency)
        for currency in (profile.currency, profile.other_currency)
        if currency
    }
    issued_on = calendar.issue_days(
        rng, count, profile.first_day, profile.last_day, school=profile.kind is Kind.SCHOOL
    )
    story = []
    for issued in issued_on:
        kind, number = debts.draw_number(rng, numbers, profile.country, issued)
        currency = debts.draw_currency(rng, profile)
        base = debts.draw_base(rng, typical[currency], currency)
        due = issued + profile.terms
        debt = Debt(next(ids), kind, number, currency, issued, due, base, profile.tax_percent)
        debts.settle(rng, profile, calendar, debt)
        story.append(debt)
    return story
