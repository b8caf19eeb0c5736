"""Every job, by the ``kind`` of its outbox rows, which is the function's name."""

from __future__ import annotations

from jobs.context import Job

JOBS: dict[str, Job] = {}
