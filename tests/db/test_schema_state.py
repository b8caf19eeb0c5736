"""The quick look at a database's revision agrees with Alembic's."""

from __future__ import annotations

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from cartera.db.schema_state import MIGRATIONS, SchemaState, revisions, state, state_of
from cartera.db.session import make_engine
from cartera.servers import Servers


def test_the_files_are_alembics_one_line() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [revisions()[-1]]
    assert [script.revision for script in scripts.walk_revisions()] == revisions()[::-1]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], SchemaState.CURRENT),
        (["UPDATE alembic_version SET version_num = '9999'"], SchemaState.NEWER),
        (["DELETE FROM alembic_version"], SchemaState.EMPTY),
        (["DROP TABLE alembic_version"], SchemaState.EMPTY),
    ],
)
async def test_states(own_database: Servers, statements: list[str], expected: SchemaState) -> None:
    connection = await asyncpg.connect(own_database.owner.url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()
    assert await state(own_database.owner) is expected
    engine = make_engine(own_database.owner, pool_size=1)
    async with engine.connect() as opened:
        assert await state_of(opened) is expected
    await engine.dispose()


async def test_a_known_revision_before_the_last_is_older(
    database: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cartera.db.schema_state.revisions", lambda: [*revisions(), "9999"])
    assert await state(database.owner) is SchemaState.OLDER
