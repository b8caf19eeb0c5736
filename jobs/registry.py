"""Every job, by the ``kind`` of its outbox rows, which is the function's name."""

from __future__ import annotations

from jobs.business_day import begin_business_day
from jobs.context import Job
from jobs.promises import judge_promises
from jobs.tasks import wake_task

JOBS: dict[str, Job] = {
    "begin_business_day": begin_business_day,
    "judge_promises": judge_promises,
    "wake_task": wake_task,
}
