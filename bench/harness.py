"""What every figure shares: servers of its own, a stopwatch, memory, and the table that is printed.

These machines are noisy, so a figure is a ratio to a reference measured in the same run.
"""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


@dataclass(frozen=True)
class Figure:
    """One measured line. ``goal`` says in words what it should be; ``holds`` whether it is."""

    name: str
    measured: str
    reference: str
    ratio: str
    goal: str
    holds: bool


@dataclass
class Report:
    figures: list[Figure] = field(default_factory=list)

    def add(
        self, name: str, *, measured: str, goal: str, holds: bool, reference: str = "", ratio: str = ""
    ) -> None:
        self.figures.append(Figure(name, measured, reference, ratio, goal, holds))
        print(f"  {'ok  ' if holds else 'MISS'} {name}: {measured} {ratio} (goal: {goal})", flush=True)

    def markdown(self) -> str:
        lines = [
            "| figure | measured | reference in the same run | ratio | goal | |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {each.name} | {each.measured} | {each.reference} | {each.ratio} | {each.goal} "
            f"| {'✓' if each.holds else 'falls short'} |"
            for each in self.figures
        ]
        return "\n".join(lines)


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """``with stopwatch() as seconds: …`` leaves the elapsed seconds in ``seconds[0]``."""
    seconds = [0.0]
    begin = time.perf_counter()
    yield seconds
    seconds[0] = time.perf_counter() - begin


def peak_memory_mb() -> float:
    """The process's peak resident memory so far, in MB (Linux counts in KB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_results(report: Report, sections: list[str]) -> None:
    """Write ``bench/RESULTS.md``: the table, the machine and the versions."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("sqlalchemy", "asyncpg", "strawberry-graphql")
    )
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {packages}"
    RESULTS.write_text(
        f"# Figures\n\nMeasured {datetime.now(UTC):%Y-%m-%d} by `make bench` ({', '.join(sections)}) on "
        f"{machine}, PostgreSQL 18 embedded.\n"
        f"These machines are noisy: read the ratios.\n\n{report.markdown()}\n",
        "utf-8",
    )
