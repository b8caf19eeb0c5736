"""What lets somebody in: looked up in the directory first, then in the organization that it names."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cartera.db.session import Tx
from cartera.db.tables.access import ApiToken, MemberSession
from cartera.db.tables.directory import LoginDirectory, TokenDirectory, TokenKind
from cartera.db.tables.organizations import Member


async def organization_of_login(directory: AsyncSession, email: str) -> UUID | None:
    """The organization of a login, by its e-mail in lower case."""
    return await directory.scalar(select(LoginDirectory.organization_id).where(LoginDirectory.email == email))


async def organization_of_token(
    directory: AsyncSession, token_hash: bytes, kind: TokenKind, now: datetime
) -> UUID | None:
    """The organization of a token that has not run out."""
    return await directory.scalar(
        select(TokenDirectory.organization_id).where(
            TokenDirectory.token_hash == token_hash,
            TokenDirectory.kind == kind,
            TokenDirectory.expires_at > now,
        )
    )


async def active_member(tx: Tx, email: str) -> Member | None:
    return await tx.session.scalar(select(Member).where(Member.email == email, Member.is_active))


async def open_session(tx: Tx, token_hash: bytes) -> tuple[MemberSession, Member] | None:
    """The session of this token and its member, if it has not ended and the member may still enter."""
    found = await tx.session.execute(
        select(MemberSession, Member)
        .join(Member, Member.id == MemberSession.member_id)
        .where(
            MemberSession.token_hash == token_hash,
            MemberSession.ended_at.is_(None),
            MemberSession.expires_at > tx.now,
            Member.is_active,
        )
    )
    row = found.one_or_none()
    return (row[0], row[1]) if row else None


async def valid_token(tx: Tx, token_hash: bytes) -> ApiToken | None:
    return await tx.session.scalar(
        select(ApiToken).where(
            ApiToken.token_hash == token_hash,
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > tx.now,
        )
    )
