"""The servers everything runs on: where they are, and as which PostgreSQL role to speak to them.

Three roles share the work: `cartera_owner` owns and migrates the tables, `cartera_app` serves people under
row-level security, `cartera_relay` sees only what is due to be sent. None is a superuser or passes by
row-level security. Where one login serves several of them, each connection names its role as it starts.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from cartera.errors import UserFacingError
from cartera.settings import Settings

OWNER, APP, RELAY = ROLES = ("cartera_owner", "cartera_app", "cartera_relay")

# Where in Redis a worker says, every few seconds, that jobs are being done.
WORKER_HEARTBEAT = "cartera:worker:heartbeat"


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """Where a pool connects and, if the login is not the role itself, the role that it takes on."""

    url: str = field(repr=False)
    role: str | None = None

    @property
    def server_settings(self) -> dict[str, str]:
        """What to hand to asyncpg's `server_settings`, so that a connection starts in its role."""
        return {"role": self.role} if self.role else {}


@dataclass(frozen=True, slots=True)
class Servers:
    """The same PostgreSQL database as seen by each of the three roles, and Redis."""

    owner: DatabaseUrl
    app: DatabaseUrl
    relay: DatabaseUrl
    redis: str

    @classmethod
    def at(cls, *, owner_url: str, app_url: str, relay_url: str, redis_url: str) -> "Servers":
        """Decide for each address whether its login is the role itself or has to take it.

        An address that serves one role only belongs to a login made for it; one that serves several roles
        belongs to a login that may take each of them.
        """
        shared = Counter((owner_url, app_url, relay_url))

        def endpoint(url: str, role: str) -> DatabaseUrl:
            return DatabaseUrl(url, role if shared[url] > 1 else None)

        return cls(
            owner=endpoint(owner_url, OWNER),
            app=endpoint(app_url, APP),
            relay=endpoint(relay_url, RELAY),
            redis=redis_url,
        )

    @classmethod
    def of(cls, settings: Settings) -> "Servers":
        """The servers of settings that name them all, as those of a web or worker process do.

        Raises UserFacingError where one is missing: only the command line starts embedded servers.
        """
        if not settings.database_url or not settings.redis_url:
            raise UserFacingError(
                "No servers are named: start with cartera up, or set DATABASE_URL and REDIS_URL."
            )
        return cls.at(
            owner_url=settings.database_owner_url or settings.database_url,
            app_url=settings.database_url,
            relay_url=settings.database_relay_url or settings.database_url,
            redis_url=settings.redis_url,
        )

    def named_in(self, settings: Settings) -> Settings:
        """The same settings, naming these servers."""
        return replace(
            settings,
            database_url=self.app.url,
            database_owner_url=self.owner.url,
            database_relay_url=self.relay.url,
            redis_url=self.redis,
        )

    def environment(self) -> dict[str, str]:
        """The variables with which another process of this installation finds the same servers."""
        return {
            "DATABASE_URL": self.app.url,
            "DATABASE_OWNER_URL": self.owner.url,
            "DATABASE_RELAY_URL": self.relay.url,
            "REDIS_URL": self.redis,
        }
