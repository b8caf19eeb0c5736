"""Reading: the portfolio's page and the view of one customer, beside PostGraphile 5 and a bare endpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from bench import contenders, portfolio, queries
from bench.asking import Asked, Caller, page_of_floor
from bench.contenders import Contender, Cpu
from bench.harness import Report
from bench.load import Spell, Target, press
from bench.portfolio import LARGE
from cartera.servers import Servers

PAGE = 50
ROUNDS = int(os.environ.get("READING_ROUNDS", "5"))
SECONDS = float(os.environ.get("READING_SECONDS", "4"))
WARM_SECONDS = 3.0

CARTERA, POSTGRAPHILE, FLOOR = "Cartera", "PostGraphile", "floor"


@dataclass(frozen=True)
class Measured:
    """Medians over the rounds of one contender."""

    rate: float
    p50: float
    p99: float
    payload: float
    cpu: Cpu

    @classmethod
    def of(cls, rounds: Sequence[tuple[Spell, Cpu]]) -> Measured:
        spells = [spell for spell, _ in rounds]
        return cls(
            median(spell.rate for spell in spells),
            median(spell.percentile(0.5) for spell in spells),
            median(spell.percentile(0.99) for spell in spells),
            median(spell.payload for spell in spells),
            Cpu(median(cpu.web for _, cpu in rounds), median(cpu.database for _, cpu in rounds)),
        )

    def __str__(self) -> str:
        return (
            f"{self.rate:,.0f}/s, p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms, "
            f"CPU {self.cpu.web * 1000:.2f} + {self.cpu.database * 1000:.2f} ms, {self.payload / 1000:.1f} kB"
        )


def run(report: Report) -> None:
    servers = portfolio.opened()
    caller = Caller(servers, LARGE)
    _portfolio(report, servers, caller)


def _portfolio(report: Report, servers: Servers, caller: Caller) -> None:
    asked = Asked(queries.PORTFOLIO, {"first": PAGE})
    ((answer, (statement, *more)),) = caller.ask(asked)
    assert not more
    with ExitStack() as stack:
        cartera = stack.enter_context(contenders.cartera(servers))
        floor = stack.enter_context(contenders.floor(servers, [page_of_floor(answer, statement, PAGE)]))
        peer = stack.enter_context(contenders.postgraphile(servers, LARGE))
        found = compare(
            {
                CARTERA: (cartera, Target.posting(cartera.port, "/graphql", [asked.body], caller.headers)),
                FLOOR: (floor, Target.posting(floor.port, "/0", [{}])),
                POSTGRAPHILE: (
                    peer,
                    Target.posting(
                        peer.port,
                        "/graphql",
                        [{"query": queries.PORTFOLIO_OF_POSTGRAPHILE, "variables": {"first": PAGE}}],
                    ),
                ),
            }
        )
    for name, each in found.items():
        print(f"    {name}: {each}", flush=True)
    ours, theirs, bare = found[CARTERA], found[POSTGRAPHILE], found[FLOOR]
    assert len(answer) == bare.payload, (len(answer), bare.payload)
    report.add(
        "portfolio page against PostGraphile",
        measured=str(ours),
        reference=str(theirs),
        ratio=f"{ours.rate / theirs.rate:.1f} × its requests",
        goal="at least 2 ×",
        holds=ours.rate >= 2 * theirs.rate,
    )
    report.add(
        "portfolio page against the floor",
        measured=str(ours),
        reference=str(bare),
        ratio=f"{ours.rate / bare.rate:.2f} of its requests",
        goal="at least 0.6",
        holds=ours.rate >= 0.6 * bare.rate,
    )
    report.add(
        "CPU of a portfolio page, web and database",
        measured=f"{ours.cpu.both * 1000:.2f} ms",
        reference=f"PostGraphile {theirs.cpu.both * 1000:.2f} ms",
        ratio=f"{ours.cpu.both / theirs.cpu.both:.2f} of it",
        goal="at most 0.6",
        holds=ours.cpu.both <= 0.6 * theirs.cpu.both,
    )


def compare(
    targets: Mapping[str, tuple[Contender, Target]], rounds: int = ROUNDS, seconds: float = SECONDS
) -> dict[str, Measured]:
    """Each in turn, round after round, so that what else the machine does falls on all alike."""
    for _, target in targets.values():
        press(target, WARM_SECONDS)
    found: dict[str, list[tuple[Spell, Cpu]]] = {name: [] for name in targets}
    for _ in range(rounds):
        for name, (contender, target) in targets.items():
            before = contender.cpu()
            spell = press(target, seconds)
            found[name].append((spell, (contender.cpu() - before) / len(spell.latencies)))
    return {name: Measured.of(each) for name, each in found.items()}
