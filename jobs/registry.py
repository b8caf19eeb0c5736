"""Every job, by the ``kind`` of its outbox rows, which is the function's name."""

from __future__ import annotations

from jobs.business_day import begin_business_day
from jobs.charges import post_charges
from jobs.context import Job
from jobs.housekeeping import housekeeping
from jobs.imports import inspect_import, run_import
from jobs.messages import send_messages, send_receipt
from jobs.payment_attempts import reconcile_attempt
from jobs.payment_links import expire_links
from jobs.reminders import plan_reminders
from jobs.tasks import wake_task
from jobs.webhooks import process_inbox

JOBS: dict[str, Job] = {
    "begin_business_day": begin_business_day,
    "expire_links": expire_links,
    "housekeeping": housekeeping,
    "inspect_import": inspect_import,
    "plan_reminders": plan_reminders,
    "post_charges": post_charges,
    "process_inbox": process_inbox,
    "reconcile_attempt": reconcile_attempt,
    "run_import": run_import,
    "send_messages": send_messages,
    "send_receipt": send_receipt,
    "wake_task": wake_task,
}
