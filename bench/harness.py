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
_HEAD = """# Figures

As `make bench` measured them, section by section. These machines are noisy: read the ratios."""


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


def write_results(section: str, report: Report) -> None:
    """Put a section's table into ``bench/RESULTS.md``, with day and machine, in the place of its last."""
    told = _sections()
    told[section] = f"{_circumstances()}\n\n{report.markdown()}"
    parts = [f"## {name}\n\n{told[name]}" for name in sorted(told)]
    RESULTS.write_text("\n\n".join([_HEAD, *parts]) + "\n", "utf-8")


def _sections() -> dict[str, str]:
    """What the file says, by section."""
    _, *parts = RESULTS.read_text("utf-8").split("\n## ") if RESULTS.exists() else [""]
    return {name: text.strip() for name, _, text in (part.partition("\n") for part in parts)}


def _circumstances() -> str:
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("sqlalchemy", "asyncpg", "strawberry-graphql")
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {packages}, PostgreSQL 18 embedded."
    )
