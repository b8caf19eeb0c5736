"""The directory: what must be found before the organization is known.

These tables have no row-level security, no foreign key and no personal data beyond the looked-up key.
They are the only such tables; an architecture test names them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, index, one_of


class TokenKind(StrEnum):
    MEMBER_SESSION = "member_session"
    API_TOKEN = "api_token"  # noqa: S105 - a kind of token, not a secret
    PAYMENT_LINK = "payment_link"
    PORTAL_SESSION = "portal_session"


class OrganizationDirectory(Base):
    __tablename__ = "organization_directory"

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    # Name of the database on which the organization lives; "main" until one moves.
    database: Mapped[str]


class LoginDirectory(Base):
    __tablename__ = "login_directory"

    email: Mapped[str] = mapped_column(primary_key=True)  # lower case
    organization_id: Mapped[UUID]


class TokenDirectory(Base):
    """SHA-256 of every secret that opens something, and whose it is."""

    __tablename__ = "token_directory"
    __table_args__ = (
        one_of("token_directory", "kind", TokenKind),
        # By which housekeeping finds what has run out.
        index("token_directory", "expires_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str]
    organization_id: Mapped[UUID]
    expires_at: Mapped[datetime]


class GatewayDirectory(Base):
    """A gateway's account (``sandbox:<account>``) and the organization that it collects for."""

    __tablename__ = "gateway_directory"

    account: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
