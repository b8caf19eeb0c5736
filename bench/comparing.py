"""Several servers under the same load in turn, and what that comes to for each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.contenders import Contender, Cpu
from bench.load import CONNECTIONS, Spell, Target, press

ROUNDS = int(os.environ.get("READING_ROUNDS", "5"))
SECONDS = float(os.environ.get("READING_SECONDS", "4"))
_WARM_SECONDS = 3.0


@dataclass(frozen=True)
class Measured:
    """Medians over the rounds of one server: requests per second, milliseconds, octets, CPU of a request."""

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
            f"CPU web {self.cpu.web * 1000:.2f} + database {self.cpu.database * 1000:.2f} ms, "
            f"{self.payload / 1000:.1f} kB"
        )


def compare(
    targets: Mapping[str, tuple[Contender, Target]], connections: int = CONNECTIONS
) -> dict[str, Measured]:
    """Each in turn, round after round, so that what else the machine does falls on all alike."""
    for _, target in targets.values():
        press(target, _WARM_SECONDS, connections)
    found: dict[str, list[tuple[Spell, Cpu]]] = {name: [] for name in targets}
    for _ in range(ROUNDS):
        for name, (contender, target) in targets.items():
            before = contender.cpu()
            spell = press(target, SECONDS, connections)
            found[name].append((spell, (contender.cpu() - before) / len(spell.latencies)))
    measured = {name: Measured.of(each) for name, each in found.items()}
    for name, each in measured.items():
        print(f"    {name}: {each}", flush=True)
    return measured
