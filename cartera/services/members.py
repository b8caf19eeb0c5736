"""Members: who works in the organization, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from cartera.db.base import new_id
from cartera.db.session import WriteTx
from cartera.db.tables.directory import LoginDirectory
from cartera.db.tables.organizations import Member
from cartera.errors import refuse
from cartera.rules.customers import Language
from cartera.rules.permissions import Role, Scope


@dataclass(frozen=True)
class NewMember:
    """``password_hash`` comes from ``passwords.hash_password``; None: cannot log in by password."""

    email: str
    name: str
    role: Role
    language: Language = Language.ES
    password_hash: str | None = None


async def add_member(tx: WriteTx, new: NewMember) -> UUID:
    """Let somebody work in the organization. An e-mail logs into one organization only.

    Raises Refused: NOT_AN_EMAIL, EMAIL_TAKEN, NAME_MISSING.
    """
    tx.actor.require(Scope.MEMBERS_WRITE)
    email, name = new.email.strip().lower(), new.name.strip()
    if not name:
        raise refuse("NAME_MISSING", "name")
    local, _, domain = email.partition("@")
    if not local or not domain or "@" in domain or any(sign.isspace() for sign in email):
        raise refuse("NOT_AN_EMAIL", "email")
    entered = await tx.session.execute(
        insert(LoginDirectory)
        .values(email=email, organization_id=tx.organization_id)
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(LoginDirectory.email)
    )
    if entered.one_or_none() is None:
        raise refuse("EMAIL_TAKEN", "email")
    row = Member(
        organization_id=tx.organization_id,
        id=new_id(),
        email=email,
        name=name,
        role=new.role,
        language=new.language,
        password_hash=new.password_hash,
        is_active=True,
        created_at=tx.now,
    )
    tx.session.add(row)
    tx.audit("add_member", "member", row.id, after={"role": new.role})
    return row.id
