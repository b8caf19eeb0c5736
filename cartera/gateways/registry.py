"""Which gateways this installation has, and through which an organization is paid."""

from __future__ import annotations

from uuid import UUID

import httpx2

from cartera.gateways.base import Gateway
from cartera.gateways.sandbox import Sandbox
from cartera.settings import Settings


class NoGateway(LookupError):
    """No such gateway here, or none through which the organization could be paid."""


class Gateways:
    def __init__(self, settings: Settings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._transport = transport

    def account(self, name: str, account: str) -> Gateway:
        """An account at a gateway, by the names in its webhook's address. Raises NoGateway."""
        if name != Sandbox.name or not has_sandbox(self._settings):
            raise NoGateway(name)
        return Sandbox(
            account,
            public_url=self._settings.public_url,
            secret_key=self._settings.secret_key,
            transport=self._transport,
        )

    def of(self, organization_id: UUID, name: str = Sandbox.name) -> Gateway:
        """The organization's own account at a gateway. Raises NoGateway."""
        return self.account(name, sandbox_account(organization_id))

    def accepts(self, organization_id: UUID) -> bool:
        """Whether the organization can be paid through any gateway here."""
        try:
            self.of(organization_id)
        except NoGateway:
            return False
        return True


def has_sandbox(settings: Settings) -> bool:
    """The sandbox takes anybody's word that money has moved, so it exists for development only."""
    return settings.is_private


def sandbox_account(organization_id: UUID) -> str:
    """Every organization has one account at the sandbox, named after itself."""
    return organization_id.hex
