"""The embedded servers: three bound roles, one holder at a time, no first start that cannot be finished."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest
import redis

from cartera.errors import UserFacingError
from cartera.local import embedded, open_servers
from cartera.local.folder import Folder
from cartera.local.postgres import Postgres, postgres_url
from cartera.process import stop_all
from cartera.servers import Servers
from cartera.settings import Settings
from tests.embedded import FAST, processes_of, sql

BEYOND_LIMITS = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with TemporaryDirectory(prefix="cartera-test-") as folder:
        yield Path(folder, "home")


@pytest.fixture(scope="module")
def servers(home: Path) -> Iterator[Servers]:
    with embedded(home, postgres_settings=FAST) as servers:
        yield servers


@pytest.fixture(scope="module")
def bare() -> Iterator[str]:
    """A server as somebody else would give it to us, without our roles: its superuser's address."""
    with TemporaryDirectory(prefix="cartera-test-") as place:
        folder = Folder(Path(place))
        folder.make()
        server = Postgres(folder, FAST)
        server.start()
        yield postgres_url(folder, "postgres", "postgres")
        stop_all([server.process], 5.0)


class TestEmbedded:
    def test_each_role_is_bound_by_row_level_security(self, servers: Servers) -> None:
        for where, role in (
            (servers.owner, "cartera_owner"),
            (servers.app, "cartera_app"),
            (servers.relay, "cartera_relay"),
        ):
            assert sql(where, "SELECT current_user") == role
            assert (
                sql(
                    where,
                    BEYOND_LIMITS,
                )
                is False
            )

    def test_only_the_owner_makes_tables(self, servers: Servers) -> None:
        assert sql(servers.owner, "CREATE TABLE tried (id int)", "DROP TABLE tried", "SELECT 1") == 1
        for where in (servers.app, servers.relay):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                sql(where, "CREATE TABLE tried (id int)", "SELECT 1")

    def test_the_database_sorts_by_code_point_and_keeps_time_in_utc(self, servers: Servers) -> None:
        database = "FROM pg_database WHERE datname = current_database()"
        sort = (
            f"SELECT format('%s %s %s', pg_encoding_to_char(encoding), datlocprovider, datlocale) {database}"
        )
        assert sql(servers.app, sort) == "UTF8 b C.UTF-8"
        assert sql(servers.app, "SHOW timezone") == "UTC"
        assert sql(servers.app, "SELECT upper('ñ')") == "Ñ"

    def test_no_server_listens_on_the_network(self, servers: Servers) -> None:
        assert sql(servers.app, "SHOW listen_addresses") == ""
        with redis.Redis.from_url(servers.redis) as client:
            assert client.config_get("port") == {"port": "0"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendonly") == {"appendonly": "yes"}

    def test_nobody_else_reaches_the_sockets_or_the_data(self, home: Path, servers: Servers) -> None:
        for name in ("postgres", "redis", "run"):
            assert (home / name).stat().st_mode & 0o077 == 0

    def test_a_second_holder_is_told_who_has_the_folder(self, home: Path, servers: Servers) -> None:
        with (
            pytest.raises(UserFacingError, match=f"in use by embedded servers .process {os.getpid()}."),
            embedded(home),
        ):
            pass
        assert sql(servers.app, "SELECT 1") == 1

    def test_a_command_uses_the_servers_that_run_already(self, home: Path, servers: Servers) -> None:
        settings = Settings.from_environment({"CARTERA_HOME": str(home)})
        with open_servers(settings, "cartera token") as opened:
            assert opened.own == ()
            assert opened.servers == servers
        assert sql(servers.app, "SELECT 1") == 1
        with (
            pytest.raises(UserFacingError, match="stop it first"),
            open_servers(settings, "cartera up", sole=True),
        ):
            pass

    def test_another_process_finds_the_same_servers_by_its_environment(
        self, own_folder: Path, servers: Servers
    ) -> None:
        environ = {**servers.environment(), "CARTERA_HOME": str(own_folder / "home"), "SECRET_KEY": "k" * 40}
        with open_servers(Settings.from_environment(environ), "cartera serve") as opened:
            assert (opened.servers, opened.own) == (servers, ())
        assert not (own_folder / "home").exists()


class TestFolder:
    def test_a_long_or_odd_path_still_gets_short_sockets(self, own_folder: Path) -> None:
        home = own_folder / ("x" * 90) / "mi cartera, ñandú & 'co' %20"
        with embedded(home, postgres_settings=FAST) as servers:
            sockets = Folder(home).sockets
            assert len(f"{sockets}/.s.PGSQL.5432") < 107
            assert sql(servers.app, "SELECT 1") == 1
            with redis.Redis.from_url(servers.redis) as client:
                assert client.ping()
        assert not sockets.exists()

    def test_data_stay_from_one_start_to_the_next(self, own_folder: Path) -> None:
        with embedded(own_folder, postgres_settings=FAST) as servers:
            sql(servers.owner, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)", "SELECT 1")
            with redis.Redis.from_url(servers.redis) as client:
                client.set("kept", "7")
        assert processes_of(own_folder) == []
        with embedded(own_folder, postgres_settings=FAST) as servers:
            assert sql(servers.owner, "SELECT id FROM kept") == 7
            with redis.Redis.from_url(servers.redis) as client:
                assert client.get("kept") == b"7"

    def test_a_cluster_of_another_version_is_left_alone(self, own_folder: Path) -> None:
        (own_folder / "postgres").mkdir()
        (own_folder / "postgres" / "PG_VERSION").write_text("17\n")
        with pytest.raises(UserFacingError, match="made by PostgreSQL 17"), embedded(own_folder):
            pass
        assert [path.name for path in (own_folder / "postgres").iterdir()] == ["PG_VERSION"]

    def test_a_brief_command_is_waited_for(self, own_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        folder = Folder(own_folder)
        folder.make()
        assert folder.lock("cartera import", lasting=False)
        waiting = subprocess.Popen(
            [sys.executable, "-c", _OPEN, str(own_folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == f"Waiting for cartera import (process {os.getpid()}) to finish.\n"
        folder.unlock()
        assert waiting.communicate(timeout=30)[0] == "2 own\n"


_OPEN = """
import sys
from cartera.local import open_servers
from cartera.settings import Settings
from tests.embedded import FAST, processes_of, sql
with open_servers(Settings.from_environment({"CARTERA_HOME": sys.argv[1]}), "cartera token") as opened:
    print(len(opened.own), "own")
"""


class TestServersOfSomebodyElse:
    def settings(
        self, own_folder: Path, bare: str, redis_address: str, login: str, database: str
    ) -> Settings:
        url = bare.replace("postgres@/postgres", f"{login}@/{database}")
        return Settings.from_environment(
            {
                "CARTERA_HOME": str(own_folder),
                "DATABASE_URL": url,
                "REDIS_URL": redis_address,
                "SECRET_KEY": "k" * 40,
            }
        )

    def test_one_login_gets_the_three_roles_and_takes_them(
        self, own_folder: Path, bare: str, servers: Servers
    ) -> None:
        sql(
            bare,
            "CREATE ROLE una LOGIN CREATEROLE",
            "CREATE DATABASE de_una OWNER una TEMPLATE template0",
            "SELECT 1",
        )
        settings = self.settings(own_folder, bare, servers.redis, "una", "de_una")
        for _ in range(2):
            with open_servers(settings, "cartera serve") as opened:
                assert opened.own == ()
                given = opened.servers
        assert (given.owner.role, given.app.role, given.relay.role) == (
            "cartera_owner",
            "cartera_app",
            "cartera_relay",
        )
        assert sql(given.app, "SELECT session_user || ' as ' || current_user") == "una as cartera_app"
        assert (
            sql(
                given.owner,
                "CREATE TABLE tried (id int)",
                "SELECT tableowner FROM pg_tables WHERE tablename = 'tried'",
            )
            == "cartera_owner"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            sql(given.app, "SELECT count(*) FROM tried")

    def test_a_login_without_rights_is_told_the_sql(
        self, own_folder: Path, bare: str, servers: Servers
    ) -> None:
        sql(
            bare,
            "CREATE ROLE nadie LOGIN",
            "CREATE DATABASE de_nadie OWNER nadie TEMPLATE template0",
            "SELECT 1",
        )
        roles = sql(bare, "SELECT count(*) FROM pg_roles")
        settings = self.settings(own_folder, bare, servers.redis, "nadie", "de_nadie")
        with pytest.raises(UserFacingError) as refusal, open_servers(settings, "cartera serve"):
            pass
        assert "GRANT cartera_app TO nadie WITH SET TRUE;" in str(refusal.value)
        assert sql(bare, "SELECT count(*) FROM pg_roles") == roles
        # What the sentence says is enough.
        statements = str(refusal.value).partition("run: ")[2].split(";")[:-1]
        sql(bare.replace("/postgres?", "/de_nadie?"), *statements, "SELECT 1")
        with open_servers(settings, "cartera serve") as opened:
            assert sql(opened.servers.app, "SELECT current_user") == "cartera_app"

    def test_a_login_that_passes_by_row_level_security_is_refused(
        self, own_folder: Path, bare: str, servers: Servers
    ) -> None:
        environ = {
            "DATABASE_URL": bare,
            "DATABASE_OWNER_URL": f"{bare}&port=5432",
            "DATABASE_RELAY_URL": f"{bare}&user=postgres",
        }
        settings = Settings.from_environment(
            {**environ, "REDIS_URL": servers.redis, "CARTERA_HOME": str(own_folder), "SECRET_KEY": "k" * 40}
        )
        with (
            pytest.raises(UserFacingError, match="postgres passes by row-level security"),
            open_servers(settings, "cartera serve"),
        ):
            pass

    @pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
    def test_a_server_that_is_down_is_one_sentence(
        self, own_folder: Path, servers: Servers, name: str
    ) -> None:
        down = {
            "DATABASE_URL": "postgresql://ana:s3creto@127.0.0.1:9/cartera",
            "REDIS_URL": "redis://127.0.0.1:9",
        }
        environ = {
            **servers.environment(),
            name: down[name],
            "CARTERA_HOME": str(own_folder),
            "SECRET_KEY": "k" * 40,
        }
        with (
            pytest.raises(UserFacingError, match="cannot be used") as refusal,
            open_servers(Settings.from_environment(environ), "cartera serve"),
        ):
            pass
        assert "\n" not in str(refusal.value)
        assert "s3creto" not in str(refusal.value)
