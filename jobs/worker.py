"""``python -m jobs.worker``: the worker, the relay and the clock of one installation, in one process.

Any number of these processes may run beside each other. A Redis or a database that goes away is waited for.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Any, cast
from uuid import UUID

import structlog
from arq.connections import ArqRedis
from arq.worker import Worker, func
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from cartera.clock import clock_from
from cartera.db.doorbell import Doorbell
from cartera.db.session import Database, make_engine
from cartera.logs import configure
from cartera.rules.outbox import Lane
from cartera.servers import WORKER_HEARTBEAT, Servers
from cartera.settings import Settings
from jobs.clock import Due
from jobs.registry import JOBS
from jobs.relay import Relay, queue_of
from jobs.runner import Runner

_HEARTBEAT_SECONDS = 3.0
_HEARTBEAT_LIVES_SECONDS = 15
# A relay that has not looked into the outbox for so long is no sign of life.
_SILENCE_SECONDS = 20.0

# How often arq looks into its queue; with the doorbell this is most of what a job waits.
_POLL_SECONDS = 0.05
# A job that takes longer is cancelled and tried again.
_JOB_SECONDS = 1800
# What running jobs get to end in when the process is asked to stop; less than the supervisor grants us.
_STOP_SECONDS = 5.0
# Jobs waiting in Redis for each that can run: enough to keep busy, too few to delay anybody.
_QUEUED_PER_RUNNING = 4

log = structlog.get_logger(__name__)


def lanes_of(concurrency: int) -> dict[Lane, int]:
    """How many jobs of each lane run at a time: every lane has places of its own, bulk the most."""
    third = max(concurrency // 3, 1)
    return {Lane.MONEY: third, Lane.INTERACTIVE: third, Lane.BULK: max(concurrency - 2 * third, 1)}


def redis_pool(url: str) -> ArqRedis:
    """A client whose jobs are JSON; it connects when first used."""
    return ArqRedis(
        pool_or_conn=ConnectionPool.from_url(url, socket_connect_timeout=2.0),
        job_serializer=lambda job: json.dumps(job).encode(),
        job_deserializer=json.loads,
    )


class LaneWorker:
    """arq's worker for the queue of one lane, started anew whenever it gave up on Redis."""

    def __init__(self, lane: Lane, running: int, redis: ArqRedis, runner: Runner) -> None:
        self._lane = lane
        self._running = running
        self._redis = redis
        self._runner = runner
        self._worker: Worker | None = None

    async def run(self) -> None:
        wait = 0.2
        while True:
            started = monotonic()
            self._worker = self._make()
            try:
                await self._worker.async_run()
            except (RedisError, OSError, TimeoutError) as error:
                # arq leaves its running jobs behind; they end on their own and the database knows how.
                wait = 0.2 if monotonic() - started > 10 else min(2 * wait, 5.0)
                log.warning("worker_waits", lane=self._lane, error=type(error).__name__, seconds=wait)
                await self._settle(_STOP_SECONDS)
                await asyncio.sleep(wait)

    async def stop(self) -> None:
        """Take no more jobs, and let the running ones end; what does not is run again by somebody else."""
        if self._worker:
            self._worker.allow_pick_jobs = False
            await self._settle(_STOP_SECONDS)

    async def _settle(self, seconds: float) -> None:
        tasks = list(self._worker.tasks.values()) if self._worker else []
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _make(self) -> Worker:
        # arq's type of a coroutine asks for a name that methods have but mypy does not see.
        run = cast(Any, self._run)
        return Worker(
            functions=[func(run, name="run", keep_result=0, timeout=_JOB_SECONDS, max_tries=1000)],
            queue_name=queue_of(self._lane),
            redis_pool=self._redis,
            max_jobs=self._running,
            poll_delay=_POLL_SECONDS,
            keep_result=0,
            handle_signals=False,
            job_serializer=self._redis.job_serializer,
            job_deserializer=self._redis.job_deserializer,
        )

    async def _run(self, _: dict[Any, Any], *ids: Any, **__: Any) -> None:
        organization_id, outbox_id, attempt = ids
        await self._runner.run(UUID(organization_id), UUID(outbox_id), attempt)


class Process:
    """Everything that runs in a worker process, opened by ``run`` and closed when it returns."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Work until ``stop``. Raises what a part of it could not go on after."""
        settings, servers = self._settings, Servers.of(self._settings)
        clock, running = clock_from(settings), lanes_of(settings.worker_concurrency)
        async with AsyncExitStack() as stack:
            redis = redis_pool(servers.redis)
            stack.push_async_callback(redis.aclose, close_connection_pool=True)
            # A place for each running job, one for each lease renewed meanwhile, and the clock's.
            db = Database(servers.app, pool_size=2 * sum(running.values()) + 2, ring=Doorbell(redis).ring)
            stack.push_async_callback(db.close)
            engine = make_engine(servers.relay, pool_size=4, application="cartera-relay")
            stack.push_async_callback(engine.dispose)
            runner = Runner(db, clock, settings, JOBS)
            lanes = [LaneWorker(lane, places, redis, runner) for lane, places in running.items()]
            relay = Relay(
                engine, redis, clock, {lane: n * _QUEUED_PER_RUNNING for lane, n in running.items()}
            )
            parts = [relay.run, Due(engine, db, clock).run, *(lane.run for lane in lanes)]
            await self._work([*parts, lambda: _beat(redis, relay)], lanes)

    async def _work(self, parts: list[Callable[[], Awaitable[None]]], lanes: list[LaneWorker]) -> None:
        tasks = [asyncio.ensure_future(part()) for part in parts]
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*(lane.stop() for lane in lanes))
        broken = [task for task in tasks if task.done()]
        for task in (*tasks, stopping):
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)
        for task in broken:
            task.result()


async def _beat(redis: ArqRedis, relay: Relay) -> None:
    """Say in Redis, again and again, that this installation's jobs are being done."""
    while True:
        if monotonic() - relay.looked_at < _SILENCE_SECONDS:
            sign = json.dumps({"pid": os.getpid(), "at": datetime.now(UTC).isoformat()})
            with suppress(RedisError, OSError, TimeoutError):
                await redis.set(WORKER_HEARTBEAT, sign, ex=_HEARTBEAT_LIVES_SECONDS)
        await asyncio.sleep(_HEARTBEAT_SECONDS if relay.looked_at else 0.1)


async def work(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM. ``settings`` name every server."""
    configure(settings.log_level)
    # Its lines say of each job what the runner says better.
    logging.getLogger("arq").setLevel(logging.WARNING)
    process = Process(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, process.stop)
    await process.run()


if __name__ == "__main__":
    asyncio.run(work(Settings.from_environment(os.environ)))
