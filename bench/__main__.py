"""``make bench``: measure everything, or just the sections named, and write ``bench/RESULTS.md``."""

from __future__ import annotations

import sys
from importlib import import_module

from bench import portfolio
from bench.harness import Report, write_results

SECTIONS = ("books", "payments", "posting", "imports", "aging", "refresh", "reading", "seed", "start")


def main(names: list[str]) -> int:
    unknown = set(names) - set(SECTIONS)
    if unknown:
        print(f"No such section: {', '.join(sorted(unknown))}. There are: {', '.join(SECTIONS)}.")
        return 2
    report = Report()
    wanted = names or list(SECTIONS)
    try:
        for name in wanted:
            print(f"{name}:", flush=True)
            import_module(f"bench.{name}").run(report)
    finally:
        portfolio.close()
    write_results(report, wanted)
    return 0 if all(figure.holds for figure in report.figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
