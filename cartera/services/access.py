"""Who gets in: members by e-mail and password, scripts by token. Secrets are kept as their SHA-256 only."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, update

from cartera.actors import Actor, ActorKind, member, system
from cartera.db.base import new_id
from cartera.db.queries import access
from cartera.db.queries.access import ValidToken
from cartera.db.session import Database, Turn, WriteTx
from cartera.db.tables.access import ApiToken, MemberSession
from cartera.db.tables.directory import TokenDirectory, TokenKind
from cartera.db.tables.organizations import Member, Organization
from cartera.errors import refuse
from cartera.rules.permissions import ROLE_SCOPES, Role, Scope
from cartera.services.passwords import Passwords

SESSION_IDLE = timedelta(hours=12)
SESSION_LIFETIME = timedelta(days=14)
TOKEN_PREFIX = "ct_"  # noqa: S105 - what our tokens begin with
TOKEN_LIFETIME = timedelta(days=90)

# How often "last seen" and "last used" are written down.
NOTICE_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Visitor:
    """Where a request comes from, as far as it says so."""

    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Admission:
    """Somebody who was let in: a member by session, or a script by token (``session_id`` None)."""

    actor: Actor
    organization: Organization
    expires_at: datetime
    session_id: UUID | None = None


@dataclass(frozen=True)
class Opened:
    """A secret, told once, and until when it opens."""

    secret: str
    expires_at: datetime


def secret_hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


async def sign_in(
    db: Database, passwords: Passwords, email: str, password: str, now: datetime, visitor: Visitor
) -> Opened | None:
    """Open a session, or None: for a wrong password, an unknown e-mail and a member who left alike.

    The answer takes as long in each case. No transaction is open while the password is being checked.
    """
    email = email.strip().lower()
    async with db.directory() as directory:
        organization_id = await access.organization_of_login(directory, email)
    found = None
    if organization_id is not None:
        async with db.read(system(organization_id, "sign_in"), now) as tx:
            found = await access.active_member(tx, email)
    stored = found.password_hash if found else None
    if not await passwords.match(stored, password) or organization_id is None or found is None:
        return None
    actor = _as_member(organization_id, found.id, Role(found.role), found.language, visitor)
    async with db.write(actor, now) as tx:
        return _open_session(tx, found, visitor)


def _open_session(tx: WriteTx, who: Member, visitor: Visitor) -> Opened:
    secret = secrets.token_urlsafe(32)
    expires_at = tx.now + SESSION_LIFETIME
    session = MemberSession(
        organization_id=tx.organization_id,
        id=new_id(),
        member_id=who.id,
        token_hash=secret_hash(secret),
        created_at=tx.now,
        last_seen_at=tx.now,
        expires_at=expires_at,
        ended_at=None,
        address=visitor.address,
        user_agent=(visitor.user_agent or "")[:300] or None,
    )
    tx.session.add(session)
    _enter_directory(tx, secret, TokenKind.MEMBER_SESSION, expires_at)
    tx.audit("sign_in", "member", who.id)
    return Opened(secret, expires_at)


async def session_of(
    db: Database, turn: Turn, secret: str, now: datetime, visitor: Visitor, *, touch: bool = True
) -> Admission | None:
    """The session that this cookie opens, unless it has ended, run out, or lain idle for too long.

    It is read in the request's own ``turn``, which goes on. ``touch`` counts as being seen; without it, an
    open screen that nobody uses does not keep it alive.
    """
    hashed = secret_hash(secret)
    organization_id = await access.organization_of_token(db, hashed, TokenKind.MEMBER_SESSION, now)
    if organization_id is None:
        return None
    session = await access.open_session(turn, organization_id, hashed, now)
    if session is None or now - session.last_seen_at > SESSION_IDLE:
        return None
    actor = _as_member(organization_id, session.member_id, session.role, session.language, visitor)
    if touch and now - session.last_seen_at > NOTICE_EVERY:
        async with db.write(actor, now) as tx:
            await tx.session.execute(
                update(MemberSession).where(MemberSession.id == session.id).values(last_seen_at=now)
            )
    return Admission(actor, session.organization, session.expires_at, session.id)


async def sign_out(tx: WriteTx, session_id: UUID) -> None:
    """End a session for good."""
    ended = await tx.session.execute(
        update(MemberSession)
        .where(MemberSession.id == session_id, MemberSession.ended_at.is_(None))
        .values(ended_at=tx.now)
        .returning(MemberSession.token_hash, MemberSession.member_id)
    )
    for token_hash, member_id in ended:
        await tx.session.execute(delete(TokenDirectory).where(TokenDirectory.token_hash == token_hash))
        tx.audit("sign_out", "member", member_id)


async def issue_token(
    tx: WriteTx,
    name: str,
    *,
    role: Role | None = None,
    scopes: Collection[Scope] = (),
    lifetime: timedelta = TOKEN_LIFETIME,
) -> Opened:
    """A bearer token for a script: with a role's rights, or with just these scopes.

    Raises Refused (ROLE_OR_SCOPES) unless exactly one of the two is given.
    """
    tx.actor.require(Scope.MEMBERS_WRITE)
    if (role is None) == (not scopes):
        raise refuse("ROLE_OR_SCOPES", "role")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        organization_id=tx.organization_id,
        id=new_id(),
        name=name,
        role=role,
        scopes=sorted(scopes),
        token_hash=secret_hash(secret),
        created_at=tx.now,
        expires_at=tx.now + lifetime,
        last_used_at=None,
        revoked_at=None,
    )
    tx.session.add(row)
    _enter_directory(tx, secret, TokenKind.API_TOKEN, row.expires_at)
    tx.audit("issue_token", "api_token", row.id, after={"role": role, "scopes": sorted(scopes)})
    return Opened(secret, row.expires_at)


async def token_entry(
    db: Database, turn: Turn, secret: str, now: datetime, visitor: Visitor
) -> Admission | None:
    """What a bearer token lets in, or None where it opens nothing."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    hashed = secret_hash(secret)
    organization_id = await access.organization_of_token(db, hashed, TokenKind.API_TOKEN, now)
    if organization_id is None:
        return None
    token = await access.valid_token(turn, organization_id, hashed, now)
    if token is None:
        return None
    actor = _as_token(organization_id, token, visitor)
    if token.last_used_at is None or now - token.last_used_at > NOTICE_EVERY:
        async with db.write(actor, now) as tx:
            await tx.session.execute(update(ApiToken).where(ApiToken.id == token.id).values(last_used_at=now))
    return Admission(actor, token.organization, token.expires_at)


def _enter_directory(tx: WriteTx, secret: str, kind: TokenKind, expires_at: datetime) -> None:
    tx.session.add(
        TokenDirectory(
            token_hash=secret_hash(secret),
            kind=kind,
            organization_id=tx.organization_id,
            expires_at=expires_at,
        )
    )


def _as_member(organization_id: UUID, key: UUID, role: Role, language: str, visitor: Visitor) -> Actor:
    actor = member(organization_id, key, role, language=language, address=visitor.address)
    return replace(actor, request_id=visitor.request_id)


def _as_token(organization_id: UUID, token: ValidToken, visitor: Visitor) -> Actor:
    return Actor(
        organization_id,
        ActorKind.TOKEN,
        str(token.id),
        role=token.role,
        scopes=ROLE_SCOPES[token.role] if token.role else token.scopes,
        language=token.organization.language,
        address=visitor.address,
        request_id=visitor.request_id,
    )
