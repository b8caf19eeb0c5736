"""A machine that asks the services of the books for anything, in any order, through two pools at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from cartera.actors import Actor
from cartera.db.session import Database
from cartera.db.tables.customers import Customer
from cartera.errors import Refused
from cartera.rules.money import Money
from cartera.services.payments import record_payment
from cartera.services.periods import Closing, close_period
from cartera.services.reversals import reverse_payment
from tests.factories import Factory
from tests.services.books import move
from tests.services.books_machine.asking import CURRENCIES, DRAFTS, KINDS, MONEY, USUAL, Asked, Books, Draft
from tests.services.books_machine.checks import Known, digest, hold, nothing_left_to_do, reported
from tests.services.books_machine.papers import PAPERS

START = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
# Minor units cross in both directions: some are worth many of another's, some a fraction.
RATES = {"USD": "18.5", "CLP": "0.0197", "KWD": "60.25"}
COUNTRIES = ("MX", "CL", "US")
ALL = {**KINDS, **PAPERS}
BOTH = (*USUAL, *PAPERS)
T = TypeVar("T")


@dataclass
class Pools:
    """Where machines run: one event loop, two pools; how many steps they took, and what was refused."""

    runner: asyncio.Runner
    one: Database
    two: Database
    steps: int = 0
    done: int = 0
    refused: dict[str, int] = field(default_factory=dict)


class Stop(Exception):
    """Leaves a transaction without a trace."""


class BooksMachine(RuleBasedStateMachine):
    def __init__(self, pools: Pools) -> None:
        super().__init__()
        self.pools = pools
        self.factory = Factory(pools.one, START)
        self.books = Books(START.date())
        self.manager: Actor | None = None
        # What was done, to be asked for again.
        self.past: list[tuple[Asked, Actor, Any]] = []
        self.known: list[Known] = []
        self.last_digest = ""
        self.quoted_on = START.date()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.pools.runner.run(work)

    @initialize(country=st.sampled_from(COUNTRIES), drafts=st.lists(DRAFTS, min_size=6, max_size=6))
    def found(self, country: str, drafts: list[Draft]) -> None:
        self.run(self._found(country))
        for draft in drafts:
            self.run(self._invoice(draft))
        self._settle()
        for kind in ("pay", "charge"):
            for draft in drafts[:3]:
                self._ask(kind, draft, typed=False, second=False)
                self._settle()

    async def _found(self, country: str) -> None:
        await self.factory.organization_row(country=country, discount_basis_points=500, discount_days=60)
        self.manager = await self.factory.actor("manager")
        for currency, rate in RATES.items():
            await self.factory.rate(currency, rate, START.date() - timedelta(days=30))
        self.books.customers += [(await self.factory.customer()).id for _ in range(2)]

    async def _invoice(self, draft: Draft) -> None:
        places = draft.place % len(self.books.customers)
        async with self.factory.read() as tx:
            closed = tx.organization.closed_through or self.books.today - timedelta(days=400)
            customer = await tx.session.get_one(
                Customer, (self.factory.organization_id, self.books.customers[places])
            )
        issued = max(self.books.today - timedelta(days=draft.days * 3), closed + timedelta(days=1))
        made = await self.factory.receivable(
            customer,
            Money(draft.amount, draft.currency).decimal,
            currency=draft.currency,
            issued_on=issued,
            due_on=issued + timedelta(days=draft.part),
        )
        self.books.receivables.append((made.id, customer.id, draft.currency))

    @rule(kind=st.sampled_from(MONEY), draft=DRAFTS)
    def move_money(self, kind: str, draft: Draft) -> None:
        self._ask(kind, draft, typed=False, second=True)

    @rule(kind=st.sampled_from(USUAL), draft=DRAFTS, typed=st.booleans(), second=st.booleans())
    def ask(self, kind: str, draft: Draft, typed: bool, second: bool) -> None:
        self._ask(kind, draft, typed=typed, second=second)

    def _ask(self, kind: str, draft: Draft, *, typed: bool, second: bool) -> None:
        asked = ALL[kind](self.books, draft)
        if asked is not None:
            db = self.pools.two if second else self.pools.one
            self.run(self._do(db, asked, typed))
        self._settle()

    @rule(kind=st.sampled_from(list(PAPERS)), draft=DRAFTS, typed=st.booleans())
    def handle_papers(self, kind: str, draft: Draft, typed: bool) -> None:
        self._ask(kind, draft, typed=typed, second=False)
        self._settle()

    @rule(
        kinds=st.tuples(st.sampled_from(BOTH), st.sampled_from(BOTH)),
        drafts=st.tuples(DRAFTS, DRAFTS),
        same_place=st.booleans(),
    )
    def ask_two_at_once(self, kinds: tuple[str, str], drafts: tuple[Draft, Draft], same_place: bool) -> None:
        first, second = drafts
        if same_place:
            second = replace(second, place=first.place, currency=first.currency)
        asked = [ALL[kind](self.books, draft) for kind, draft in zip(kinds, (first, second), strict=True)]
        self.run(self._both([each for each in asked if each is not None]))
        self._settle()

    async def _both(self, asked: list[Asked]) -> None:
        pools = (self.pools.one, self.pools.two)
        # What both made is kept in the order of the asking, however they overtook each other.
        outcomes = await asyncio.gather(
            *(self._try(db, each, self._actor(False)) for db, each in zip(pools, asked, strict=False))
        )
        for each, result in zip(asked, outcomes, strict=True):
            self._keep(each, self._actor(False), result)

    @rule(place=st.integers(0, 40), how=st.sampled_from(["repeat", "misuse", "report", "report_else"]))
    def ask_again(self, place: int, how: str) -> None:
        if self.past:
            asked, actor, result = self.past[place % len(self.past)]
            again, expected = getattr(self, f"_{how}")(asked, replace(result, replayed=True))
            if again is not None:
                assert self.run(self._try(self.pools.two, again, actor)) == expected
                assert self.run(self._read_digest()) == self.last_digest, "asking again changes nothing"
        self.pools.steps += 1

    def _repeat(self, asked: Asked, result: Any) -> tuple[Asked | None, Any]:
        """The same key and input: the same type and ids."""
        return asked, result

    def _misuse(self, asked: Asked, _result: Any) -> tuple[Asked | None, Any]:
        """The same key for something else."""
        return replace(asked, given=_altered(asked.given)), "IDEMPOTENCY_KEY_REUSED"

    def _report(self, asked: Asked, result: Any) -> tuple[Asked | None, Any]:
        """The bank, or the provider, tells a second time what it told before."""
        told = asked.service in (record_payment, reverse_payment)
        return replace(asked, given=replace(asked.given, idempotency_key=None)) if told else None, result

    def _report_else(self, asked: Asked, _result: Any) -> tuple[Asked | None, Any]:
        """One id of the bank's for two payments."""
        if asked.service is not record_payment:
            return None, None
        given = replace(asked.given, idempotency_key=None, amount=asked.given.amount + asked.given.amount)
        return replace(asked, given=given), "PAYMENT_ID_TAKEN"

    @rule(what=st.sampled_from(["invoice", "days_pass", "days_pass", "close", "quote"]), draft=DRAFTS)
    def something_happens(self, what: str, draft: Draft) -> None:
        self.run(getattr(self, f"_{what}")(draft))
        self._settle()

    async def _days_pass(self, draft: Draft) -> None:
        days = draft.days // 2 + 1
        await self._remember(self.books.today - timedelta(days=draft.part), self.factory.now)
        await move(self.factory, days)
        self.books.today += timedelta(days=days)

    async def _close(self, draft: Draft) -> None:
        through = self.books.today - timedelta(days=draft.days + 1)
        async with self.factory.write() as tx:
            if tx.organization.closed_through and tx.organization.closed_through >= through:
                return
            await close_period(tx, Closing(through))
        # What a closed period says needs no instant to stay as it is.
        await self._remember(through, None)

    async def _remember(self, as_of: Any, at: datetime | None) -> None:
        async with self.factory.read() as tx:
            self.known.append(Known(as_of, at, await reported(tx, as_of, at)))

    async def _quote(self, draft: Draft) -> None:
        """A new rate for a day to come, one a day: it counts when that business day begins."""
        currency = CURRENCIES[1 + draft.choice % 3]
        self.quoted_on = max(self.quoted_on, self.books.today) + timedelta(days=1)
        rate = Decimal(RATES[currency]) * (draft.part + 50) / 100
        await self.factory.rate(currency, str(rate), self.quoted_on)

    def _actor(self, typed: bool) -> Actor:
        return self.manager if typed and self.manager else self.factory.system

    async def _do(self, db: Database, asked: Asked, typed: bool) -> None:
        actor = self._actor(typed)
        result = await self._try(db, asked, actor)
        self._keep(asked, actor, result)
        if isinstance(result, str):
            assert await self._read_digest() == self.last_digest, f"refused with {result}, and yet changed"

    async def _try(self, db: Database, asked: Asked, actor: Actor) -> Any:
        """The service's result, or the code with which it refused; anything else is a bug."""
        self.factory.now += timedelta(milliseconds=1)
        try:
            async with db.write(actor, self.factory.now) as tx:
                return await asked.service(tx, asked.given)
        except Refused as refused:
            return refused.problems[0].code

    def _keep(self, asked: Asked, actor: Actor, result: Any) -> None:
        if isinstance(result, str):
            self.pools.refused[result] = self.pools.refused.get(result, 0) + 1
            return
        self.pools.done += 1
        if asked.kept == "charges":
            self.books.charges.append((result.charge_id, asked.given.amount.currency))
        elif asked.kept:
            getattr(self.books, asked.kept).append(getattr(result, _ID[asked.kept]))
        if getattr(asked.given, "idempotency_key", None):
            self.past.append((asked, actor, result))

    async def _read_digest(self) -> str:
        async with self.pools.two.read(self.factory.system, self.factory.now) as tx:
            return await digest(tx)

    def _settle(self) -> None:
        """After a step: every invariant, read through the other pool."""
        self.pools.steps += 1
        self.run(self._check())

    async def _check(self) -> None:

        steps = self.pools.steps
        try:
            async with self.pools.two.write(self.factory.system, self.factory.now) as tx:
                self.last_digest = await digest(tx)
                await hold(tx, tx.today - timedelta(days=steps * 7 % 130), self.known)
                await nothing_left_to_do(tx, self.books.customers)
                raise Stop
        except Stop:
            pass


_ID = {
    "payments": "payment_id",
    "notes": "credit_note_id",
    "promises": "promise_id",
    "disputes": "dispute_id",
    "plans": "plan_id",
    "instruments": "instrument_id",
}


def _altered(given: Any) -> Any:
    """The same asking, but for one word of it."""
    for name in ("note", "bank", "reference", "reason"):
        if hasattr(given, name):
            return replace(given, **{name: "otra cosa"})
    for name in ("deposited_on", "cleared_on"):
        if hasattr(given, name):
            return replace(given, **{name: START.date()})
    return replace(given, lines=((given_id(given), 1),))


def given_id(given: Any) -> Any:
    return getattr(given, "payment_id", None) or given.credit_note_id
