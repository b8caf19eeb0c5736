"""A worker whose only job never ends, to be killed by a test: ``python -m tests.jobs.doomed_worker``."""

from __future__ import annotations

import asyncio
import os

from cartera.clock import SystemClock
from cartera.db.session import Database, make_engine
from cartera.rules.outbox import Lane
from cartera.servers import Servers
from cartera.settings import Settings
from jobs.context import JobContext
from jobs.relay import Relay
from jobs.runner import Runner
from jobs.worker import LaneWorker, redis_pool


async def work(ctx: JobContext, number: str) -> None:
    async with ctx.step():
        print(f"working on {number}", flush=True)
        await asyncio.sleep(3600)


async def main() -> None:
    settings = Settings.from_environment(os.environ)
    servers, clock = Servers.of(settings), SystemClock()
    redis = redis_pool(servers.redis)
    runner = Runner(Database(servers.app), clock, settings, {"work": work})
    relay = Relay(make_engine(servers.relay), redis, clock, dict.fromkeys(Lane, 4))
    await asyncio.gather(relay.run(), LaneWorker(Lane.MONEY, 1, redis, runner).run())


asyncio.run(main())
