"""A customer's visit to the portal: entering through a payment link, and promising a date.

What a visitor may see is decided by the link: the customer's receivables, or just those that it names.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, update

from cartera.actors import Actor, ActorKind
from cartera.checks import check_words
from cartera.db.base import new_id
from cartera.db.idempotency import earlier, remember
from cartera.db.queries import access, portal
from cartera.db.queries import payment_links as links
from cartera.db.queries.disputes import open_amounts
from cartera.db.queries.locks import lock
from cartera.db.session import Database, WriteTx
from cartera.db.tables.access import PortalSession
from cartera.db.tables.directory import TokenDirectory, TokenKind
from cartera.db.tables.organizations import Organization
from cartera.db.tables.payments import PaymentLink
from cartera.errors import Problem, Refused, refuse
from cartera.rules.disputes import payable
from cartera.rules.money import Money
from cartera.rules.permissions import Scope
from cartera.rules.promises import PromiseChannel
from cartera.services.access import Opened, Visitor, secret_hash
from cartera.services.disputes import DisputeDone, NewDispute, open_dispute
from cartera.services.promises import NewPromise, PromiseMade, make_promise

SESSION_LIFETIME = timedelta(hours=2)

SCOPES = frozenset(
    {
        Scope.CUSTOMERS_READ,
        Scope.RECEIVABLES_READ,
        Scope.DISPUTES_WRITE,
        Scope.PAYMENTS_READ,
        Scope.PAYMENTS_WRITE,
        Scope.PROMISES_READ,
        Scope.PROMISES_WRITE,
    }
)


@dataclass(frozen=True, slots=True)
class PortalPromise:
    """All of the named receivables that is not contested, by a day."""

    receivable_ids: tuple[UUID, ...]
    due_on: date
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A customer who has come in through a link."""

    actor: Actor
    organization: Organization
    expires_at: datetime


async def enter(db: Database, token: str, now: datetime, visitor: Visitor) -> Opened | None:
    """Open a session for whoever holds a payment link's token, and note that the link was opened.

    None for a token that is wrong, expired, revoked or not a link's, all alike.
    """
    hashed = secret_hash(token)
    organization_id = await access.organization_of_token(db, hashed, TokenKind.PAYMENT_LINK, now)
    if organization_id is None:
        return None
    session_id = new_id()
    actor = Actor(
        organization_id,
        ActorKind.PORTAL,
        str(session_id),
        address=visitor.address,
        request_id=visitor.request_id,
    )
    async with db.write(actor, now) as tx:
        link = await links.usable(tx, hashed)
        if link is None:
            return None
        if link.opened_at is None:
            link.opened_at = now
            tx.audit("payment_link.open", "payment_link", link.id, customer_id=link.customer_id)
        return _add_session(tx, session_id, link)


def _add_session(tx: WriteTx, session_id: UUID, link: PaymentLink) -> Opened:
    secret = secrets.token_urlsafe(32)
    expires_at = min(tx.now + SESSION_LIFETIME, link.expires_at)
    tx.session.add(
        PortalSession(
            organization_id=tx.organization_id,
            id=session_id,
            payment_link_id=link.id,
            customer_id=link.customer_id,
            token_hash=secret_hash(secret),
            created_at=tx.now,
            expires_at=expires_at,
            ended_at=None,
        )
    )
    tx.session.add(
        TokenDirectory(
            token_hash=secret_hash(secret),
            kind=TokenKind.PORTAL_SESSION,
            organization_id=tx.organization_id,
            expires_at=expires_at,
        )
    )
    return Opened(secret, expires_at)


async def visit(db: Database, secret: str, now: datetime, visitor: Visitor) -> Visit | None:
    """Whose portal a session's secret opens, or None; a link that was revoked ends its sessions too."""
    hashed = secret_hash(secret)
    organization_id = await access.organization_of_token(db, hashed, TokenKind.PORTAL_SESSION, now)
    if organization_id is None:
        return None
    async with db.read(Actor(organization_id, ActorKind.PORTAL, "unknown"), now) as tx:
        found = await links.visit(tx, hashed)
        if found is None:
            return None
        session, customer = found
        actor = Actor(
            organization_id,
            ActorKind.PORTAL,
            str(session.id),
            scopes=SCOPES,
            customer_id=customer.id,
            receivable_ids=await links.receivable_ids(tx, session.payment_link_id),
            language=customer.language,
            address=visitor.address,
            request_id=visitor.request_id,
        )
    return Visit(actor, tx.organization, session.expires_at)


async def leave(db: Database, secret: str, now: datetime) -> None:
    """End a session; one that has ended, or never was, is no error."""
    hashed = secret_hash(secret)
    organization_id = await access.organization_of_token(db, hashed, TokenKind.PORTAL_SESSION, now)
    if organization_id is None:
        return
    async with db.write(Actor(organization_id, ActorKind.PORTAL, "leaving"), now) as tx:
        await tx.session.execute(
            update(PortalSession)
            .where(PortalSession.token_hash == hashed, PortalSession.ended_at.is_(None))
            .values(ended_at=now)
        )
        await tx.session.execute(delete(TokenDirectory).where(TokenDirectory.token_hash == hashed))


async def promise(tx: WriteTx, new: PortalPromise) -> PromiseMade:
    """Promise what is payable of the named receivables by a day, as good as by phone.

    Raises Refused: CURRENCIES_MIXED and what ``make_promise`` raises.
    """
    tx.actor.require(Scope.PROMISES_WRITE)
    customer_id = portal.customer_of(tx)
    # A key of its own: the balance, and so what ``make_promise`` is told, may differ when this is replayed.
    done = await earlier(tx, "portal_promise", new.idempotency_key, new)
    if done is not None:
        return PromiseMade(done["promise"], replayed=True)
    await lock(tx, customers=[customer_id])
    whole = await _payable(tx, new.receivable_ids)
    made = await make_promise(
        tx, NewPromise(customer_id, new.receivable_ids, whole, new.due_on, PromiseChannel.PORTAL)
    )
    await remember(tx, "portal_promise", new.idempotency_key, promise=made.promise_id)
    return made


async def contest(tx: WriteTx, new: NewDispute) -> DisputeDone:
    """Open a dispute in the customer's own words; who answers it, and by when, is the seller's to say.

    Refused: WORDS_MISSING, and what ``open_dispute`` refuses.
    """
    portal.customer_of(tx)
    check_words(new.note, "note")
    return await open_dispute(tx, replace(new, owner_id=None, deadline_on=None))


async def _payable(tx: WriteTx, receivable_ids: tuple[UUID, ...]) -> Money:
    if not receivable_ids:
        raise refuse("NO_RECEIVABLES", "receivableIds")
    if len(receivable_ids) > portal.MAX_RECEIVABLES:
        raise refuse("TOO_MANY", "receivableIds", largest=portal.MAX_RECEIVABLES)
    shown = await portal.shown_receivables(tx, receivable_ids)
    problems = []
    for place, receivable_id in enumerate(receivable_ids):
        path, row = ("receivableIds", str(place)), shown.get(receivable_id)
        if row is None:
            problems.append(Problem("NOT_FOUND", path, {"noun": "receivable"}))
        elif row.balance_minor == 0:
            problems.append(Problem("RECEIVABLE_NOT_OPEN", path))
    if problems:
        raise Refused(*problems)
    currencies = sorted({row.currency for row in shown.values()})
    if len(currencies) > 1:
        raise refuse("CURRENCIES_MIXED", "receivableIds", currencies=", ".join(currencies))
    disputed = await open_amounts(tx, receivable_ids)
    amounts = (payable(row.balance_minor, disputed.get(row.id, 0)) for row in shown.values())
    return Money(sum(amounts), currencies[0])
