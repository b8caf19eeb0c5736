"""What the portfolio's page must not depend on: size, depth, filter and order, and how long a process lives.

``bench/PAIRS.md`` lists every pair of filter and order. A short run asks 20,000 requests of one process;
READING_REQUESTS=200000 asks as many as the goal says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count, islice, product
from pathlib import Path
from statistics import median
from typing import Any

from bench import contenders, queries
from bench.asking import Asked, Caller
from bench.comparing import compare
from bench.harness import Report
from bench.load import Target, press
from bench.portfolio import LARGE, SMALL, node_id
from cartera.servers import Servers

PAGE = 50
DEEP = 200
REQUESTS = int(os.environ.get("READING_REQUESTS", "20000"))
PAIRS = Path(__file__).parent / "PAIRS.md"
# PostgreSQL settles on a plan of a prepared statement after five executions.
_WARM, _ROUNDS = 6, 5

SLOW = 5
# The page that each pair is measured against, asked in turn with those of each order.
USUAL = ("none", "usual")

ORDERS = ("PRIORITY", "OVERDUE", "BALANCE", "OLDEST_DUE", "LAST_CONTACT", "NEXT_ACTION", "NAME")
DIRECTIONS = ("DESC", "ASC")
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "name begins alike for many": {"search": "comercial"},
    "name of one": {"search": "Textiles Villa 1"},
    "external id": {"search": "C-004711"},
    "segment": {"segment": "mayoreo"},
    "collector": {"collectorId": node_id("Member", LARGE.collector(1))},
    "assigned to me": {"assignedToMe": True},
    "overdue": {"overdueOnly": True},
    "due now": {"dueNow": True},
    "bucket current": {"agingBucket": "CURRENT"},
    "bucket 1-30": {"agingBucket": "DAYS_1_30"},
    "bucket 31-60": {"agingBucket": "DAYS_31_60"},
    "bucket 61-90": {"agingBucket": "DAYS_61_90"},
    "bucket over 90": {"agingBucket": "OVER_90"},
    "promise pending": {"promiseState": "PENDING"},
    "promise kept": {"promiseState": "KEPT"},
    "promise broken": {"promiseState": "BROKEN"},
    "promise renegotiated (none)": {"promiseState": "RENEGOTIATED"},
    "tag": {"tag": "tag-4"},
    "tag that nobody has": {"tag": "nothing"},
    "overdue at least, many": {"minOverdue": "10000.00"},
    "overdue at least, few": {"minOverdue": "5000000.00"},
}


def run(report: Report, servers: Servers, caller: Caller) -> None:
    _size_and_depth(report, servers, caller)
    _pairs(report, servers, caller)
    _memory(report, servers, caller)


def _size_and_depth(report: Report, servers: Servers, caller: Caller) -> None:
    small = Caller(servers, SMALL)
    first = Asked(queries.PORTFOLIO, {"first": PAGE}).body
    deep = Asked(queries.PORTFOLIO, {"first": PAGE, "after": _cursor(caller, (DEEP - 1) * PAGE)}).body
    with contenders.cartera(servers) as web:
        found = compare(
            {
                "large": (web, Target.posting(web.port, "/graphql", [first], caller.headers)),
                "small": (web, Target.posting(web.port, "/graphql", [first], small.headers)),
                "deep": (web, Target.posting(web.port, "/graphql", [deep], caller.headers)),
            }
        )
    large = found["large"]
    for name, of, other, ratio, goal in (
        (
            f"p50 of the portfolio page at {LARGE.receivables:,} receivables",
            large,
            f"at {SMALL.receivables:,}: {found['small'].p50:.1f} ms, {found['small'].payload / 1000:.1f} kB",
            large.p50 / found["small"].p50,
            1.2,
        ),
        (
            f"p50 of page {DEEP}",
            found["deep"],
            f"page 1: {large.p50:.1f} ms, {large.payload / 1000:.1f} kB",
            found["deep"].p50 / large.p50,
            1.3,
        ),
    ):
        report.add(
            name,
            measured=f"{of.p50:.1f} ms, {of.payload / 1000:.1f} kB",
            reference=other,
            ratio=f"{ratio:.2f} ×",
            goal=f"within {goal} ×",
            holds=ratio <= goal,
        )


def _cursor(caller: Caller, place: int) -> str:
    """Of the last of so many customers in the order of the portfolio."""
    after: str | None = None
    for _ in range(place // PAGE):
        (answered,) = caller.ask(Asked(queries.END_OF_PAGE, {"first": PAGE, "after": after}))
        after = json.loads(answered.text)["data"]["customers"]["pageInfo"]["endCursor"]
    assert after is not None
    return after


@dataclass(frozen=True)
class Pair:
    """``ratio``: its time to that of the usual page, asked in turn with it."""

    filter: str
    order: str
    direction: str
    rows: int
    milliseconds: float
    ratio: float


def _pairs(report: Report, servers: Servers, caller: Caller) -> None:
    collector = Caller(servers, LARGE, "collector1")
    found: list[Pair] = []
    with contenders.cartera(servers) as web:
        for order in ORDERS:
            found += _of_order(web.port, order, caller, collector)
    best = min((pair for pair in found if pair.rows == PAGE), key=lambda pair: pair.ratio)
    worst = max(found, key=lambda pair: pair.ratio)
    slow = sum(_is_slow(pair, best) for pair in found)
    _list(found, best)
    report.add(
        f"the worst of {len(found)} pairs of filter and order",
        measured=f"{worst.filter} by {worst.order} {worst.direction}: {worst.milliseconds:.1f} ms",
        reference=f"the best full page {best.milliseconds:.1f} ms; all of them in bench/{PAIRS.name}",
        ratio=f"{worst.ratio / best.ratio:.1f} ×, {slow} above {SLOW} ×",
        goal=f"within {SLOW} ×",
        holds=not slow,
    )


def _is_slow(pair: Pair, best: Pair) -> bool:
    return pair.ratio > SLOW * best.ratio


def _of_order(port: int, order: str, caller: Caller, collector: Caller) -> Iterator[Pair]:
    """One after the other over one connection, in as many rounds as it takes."""
    asked = {USUAL: {"filter": {}, "orderBy": {"field": "PRIORITY", "direction": "DESC"}}} | {
        (name, direction): {"filter": narrowed, "orderBy": {"field": order, "direction": direction}}
        for (name, narrowed), direction in product(FILTERS.items(), DIRECTIONS)
    }
    # A text of its own for each order keeps all its plans at hand.
    query = queries.WORKLIST.replace("query Worklist", f"query By{order.title().replace('_', '')}")
    targets = {
        key: Target.posting(
            port,
            "/graphql",
            [{"query": query, "variables": {"first": PAGE, **each}}],
            (collector if "assignedToMe" in each["filter"] else caller).headers,
        )
        for key, each in asked.items()
    }
    spells = {key: [press(target, 60, 1, _WARM)] for key, target in targets.items()}
    for _ in range(_ROUNDS):
        for key, target in targets.items():
            spells[key].append(press(target, 60, 1, 1))
    taken = {key: 1000 * median(spell.latencies[0] for spell in told[1:]) for key, told in spells.items()}
    for key in asked:
        if key != USUAL:
            rows = len(json.loads(spells[key][0].last)["data"]["customers"]["edges"])
            yield Pair(key[0], order, key[1], rows, taken[key], taken[key] / taken[USUAL])


def _list(found: list[Pair], best: Pair) -> None:
    columns = [f"{order} {direction}" for order, direction in product(ORDERS, DIRECTIONS)]
    at = {(pair.filter, f"{pair.order} {pair.direction}"): pair for pair in found}
    lines = [
        "# Pairs of filter and order",
        "",
        f"Times of a page of {PAGE} of {LARGE.customers:,} customers to that of the best page, one caller, "
        f"median of {_ROUNDS}; the best, {best.filter} by {best.order} {best.direction}, takes "
        f"{best.milliseconds:.1f} ms. More than {SLOW} is **bold**; in brackets the number of rows of a page "
        "that is not full.",
        "",
        f"| filter | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
    ]
    for name in FILTERS:
        cells = []
        for column in columns:
            pair = at[name, column]
            told = f"{pair.ratio / best.ratio:.1f}" + (f" ({pair.rows})" if pair.rows < PAGE else "")
            cells.append(f"**{told}**" if _is_slow(pair, best) else told)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    PAIRS.write_text("\n".join(lines) + "\n", "utf-8")


def _memory(report: Report, servers: Servers, caller: Caller) -> None:
    """One process under everything at once; its memory after a fifth of the requests and at the end."""
    parts = 10
    series = []
    with ExitStack() as stack:
        web = stack.enter_context(contenders.cartera(servers))
        mixed = _mixed()
        for _ in range(parts):
            bodies = list(islice(mixed, REQUESTS // parts))
            press(Target.posting(web.port, "/graphql", bodies, caller.headers), 3600, most=len(bodies))
            series.append(web.memory_mb())
            print(f"    {series[-1]:.0f} MB, {web.cpu().web:.0f} s of CPU", flush=True)
    early, late = series[1], series[-1]
    report.add(
        f"memory of a web process after {REQUESTS:,} mixed requests",
        measured=f"{late:.0f} MB ({', '.join(f'{each:.0f}' for each in series)})",
        reference=f"after a fifth of them {early:.0f} MB",
        ratio=f"{late / early:.2f} ×",
        goal="within 1.05 ×",
        holds=late <= 1.05 * early,
    )


def _mixed() -> Iterator[dict[str, Any]]:
    """Pages by every order and filter, one customer after another, what must be walked, what is no query, and
    again and again a text that was never seen before. There is no end to them.
    """
    pairs = list(product(ORDERS, FILTERS.values()))
    for number in count():
        order, narrowed = pairs[number % len(pairs)]
        asked = {"filter": narrowed, "orderBy": {"field": order, "direction": DIRECTIONS[number % 2]}}
        yield {"query": queries.WORKLIST, "variables": {"first": 10, **asked}}
        yield {"query": queries.PORTFOLIO, "variables": {"first": 5 + number % 40}}
        for place in range(3):
            customer = node_id("Customer", LARGE.customer((3 * number + place) % LARGE.customers))
            yield {"query": queries.CUSTOMER, "variables": {"id": customer}}
        yield {"query": queries.TIMELINE, "variables": {"id": customer, "first": 10}}
        yield {"query": queries.END_OF_PAGE, "variables": {"first": 1 + number % 100}}
        yield {"query": f"{{ customers(first: {number} }} }}"}
        if number % 2:
            yield {"query": queries.WORKLIST.replace("Worklist", f"Fresh{number}"), "variables": {"first": 3}}
