"""What lets somebody in: looked up in the directory first, then in the organization that it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, Text, bindparam, cast, inspect, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from cartera.db.session import Database, Turn, Tx
from cartera.db.statements import Statement
from cartera.db.tables.access import ApiToken, MemberSession
from cartera.db.tables.directory import LoginDirectory, TokenDirectory, TokenKind
from cartera.db.tables.organizations import Member, Organization
from cartera.kept import Kept
from cartera.rules.permissions import Role, Scope


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A member's session, and whose it is."""

    id: UUID
    last_seen_at: datetime
    expires_at: datetime
    member_id: UUID
    role: Role
    language: str
    organization: Organization


@dataclass(frozen=True, slots=True)
class ValidToken:
    """A script's token: with a role's rights, or just these scopes."""

    id: UUID
    role: Role | None
    scopes: frozenset[Scope]
    last_used_at: datetime | None
    expires_at: datetime
    organization: Organization


# Asked by each request, so they are compiled once and run bare.
_HASH = bindparam("token_hash", type_=LargeBinary())
_NOW = bindparam("now", type_=DateTime(timezone=True))
_ORGANIZATION = [each.key for each in inspect(Organization).column_attrs if each.key != "organization_id"]
_ORGANIZATION_COLUMNS = [getattr(Organization, key).label(f"organization_{key}") for key in _ORGANIZATION]
_DIRECTORY = Statement.of(
    select(TokenDirectory.organization_id).where(
        TokenDirectory.token_hash == _HASH,
        TokenDirectory.kind == bindparam("kind"),
        TokenDirectory.expires_at > _NOW,
    )
)
_SESSION = Statement.of(
    select(
        MemberSession.id,
        MemberSession.last_seen_at,
        MemberSession.expires_at,
        MemberSession.member_id,
        Member.role,
        Member.language.label("member_language"),
        *_ORGANIZATION_COLUMNS,
    )
    .join(Member, Member.id == MemberSession.member_id)
    .join(Organization, true())
    .where(
        MemberSession.token_hash == _HASH,
        MemberSession.ended_at.is_(None),
        MemberSession.expires_at > _NOW,
        Member.is_active,
    )
)
_TOKEN = Statement.of(
    select(
        ApiToken.id,
        ApiToken.role,
        cast(ApiToken.scopes, Text).label("scopes"),
        ApiToken.last_used_at,
        ApiToken.expires_at,
        *_ORGANIZATION_COLUMNS,
    )
    .join(Organization, true())
    .where(ApiToken.token_hash == _HASH, ApiToken.revoked_at.is_(None), ApiToken.expires_at > _NOW)
)


# An organization by all of its values: nobody changes one that was read to let somebody in.
_organizations: Kept[tuple[Any, ...], Organization] = Kept(1000)


async def organization_of_login(directory: AsyncSession, email: str) -> UUID | None:
    """The organization of a login, by its e-mail in lower case."""
    return await directory.scalar(select(LoginDirectory.organization_id).where(LoginDirectory.email == email))


async def organization_of_token(
    db: Database, token_hash: bytes, kind: TokenKind, now: datetime
) -> UUID | None:
    """The organization of a token, which need not be valid any more."""
    known = db.organizations.find((kind, token_hash))
    if known is not None:
        return known
    told = {"token_hash": token_hash, "kind": kind, "now": now}
    async with db.looking_up() as connection:
        found = await connection.fetchval(_DIRECTORY.text, *_DIRECTORY.arguments(told))
    return db.organizations.keep((kind, token_hash), _uuid(found)) if found else None


async def active_member(tx: Tx, email: str) -> Member | None:
    return await tx.session.scalar(select(Member).where(Member.email == email, Member.is_active))


async def open_session(
    turn: Turn, organization_id: UUID, token_hash: bytes, now: datetime
) -> OpenSession | None:
    """The session of this token and its member, if it has not ended and the member may still enter."""
    row = await _fetch(turn, _SESSION, organization_id, token_hash, now)
    if row is None:
        return None
    return OpenSession(
        _uuid(row["id"]),
        row["last_seen_at"],
        row["expires_at"],
        _uuid(row["member_id"]),
        Role(row["role"]),
        row["member_language"],
        _organization(row, organization_id),
    )


async def valid_token(
    turn: Turn, organization_id: UUID, token_hash: bytes, now: datetime
) -> ValidToken | None:
    """The API token, unless it was revoked or has run out."""
    row = await _fetch(turn, _TOKEN, organization_id, token_hash, now)
    if row is None:
        return None
    return ValidToken(
        _uuid(row["id"]),
        Role(row["role"]) if row["role"] else None,
        frozenset(map(Scope, loads(row["scopes"]))),
        row["last_used_at"],
        row["expires_at"],
        _organization(row, organization_id),
    )


async def _fetch(
    turn: Turn, statement: Statement, organization_id: UUID, token_hash: bytes, now: datetime
) -> Any:
    told = {"organization": organization_id, "token_hash": token_hash, "now": now}
    async with turn.statements(organization_id) as connection:
        return await connection.fetchrow(statement.text, *statement.arguments(told))


def _organization(row: Any, organization_id: UUID) -> Organization:
    values = (organization_id, *(row[f"organization_{key}"] for key in _ORGANIZATION))
    return _organizations.get(values, lambda: _made(values))


def _made(values: tuple[Any, ...]) -> Organization:
    return Organization(**dict(zip(("organization_id", *_ORGANIZATION), values, strict=True)))


def _uuid(found: UUID) -> UUID:
    # The driver's own kind of UUID is none to some libraries.
    return UUID(bytes=found.bytes)
