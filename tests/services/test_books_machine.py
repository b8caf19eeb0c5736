"""The books always add up: random work through the public services, checked after every step.

BOOKS_MACHINE_STEPS sets how many steps a run takes; more than in CI are drawn anew each time.
"""

from __future__ import annotations

import asyncio
import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from cartera.db.session import Database
from cartera.servers import Servers
from tests.services.books_machine.machine import BooksMachine, Pools

CI_STEPS = 2000
STEPS_EACH = 40
SHORT = "BOOKS_MACHINE_SHRINK" not in os.environ
STEPS = int(os.environ.get("BOOKS_MACHINE_STEPS", CI_STEPS))


def test_the_books_always_add_up(database: Servers) -> None:
    with asyncio.Runner() as runner:
        pools = Pools(runner, Database(database.app, pool_size=4), Database(database.app, pool_size=4))
        try:
            run_state_machine_as_test(
                lambda: BooksMachine(pools),
                settings=settings(
                    max_examples=max(1, STEPS // 50),
                    stateful_step_count=STEPS_EACH,
                    derandomize=STEPS == CI_STEPS,
                    database=None,
                    deadline=None,
                    print_blob=True,
                    report_multiple_bugs=False,
                    phases=[Phase.generate] if SHORT else [Phase.generate, Phase.shrink],
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(pools.one.close())
            runner.run(pools.two.close())
    print(f"{pools.steps} steps, {pools.done} done, refused: {pools.refused}")
    assert pools.steps >= STEPS
