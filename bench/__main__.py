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
    hold = True
    try:
        for name in names or SECTIONS:
            print(f"{name}:", flush=True)
            report = Report()
            import_module(f"bench.{name}").run(report)
            write_results(name, report)
            hold = hold and all(figure.holds for figure in report.figures)
    finally:
        portfolio.close()
    return 0 if hold else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
