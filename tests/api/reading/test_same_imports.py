from __future__ import annotations

import pytest
from sqlalchemy import update

from api.schema import ids
from cartera.db.base import new_id
from cartera.db.tables.imports import ImportRun
from cartera.rules.imports.problems import Refusal, RefusalCode
from cartera.rules.permissions import Scope
from cartera.services.imports.documents import failure_document
from cartera.settings import Settings
from tests.api.conftest import Client, Visitors, node_id
from tests.api.reading.conftest import Compared, declared
from tests.api.test_imports import AMBIGUOUS, ONE_BAD, TWO, say, settings, upload, uploaded
from tests.factories import TODAY, Factory
from tests.office import Office

__all__ = ["settings"]

RUN = """
  __typename id fileName kind state isSnapshot asOf rowsTotal rowsRead rowsBad createdAt finishedAt
  failure badRowsUrl notices
  columns { __typename header field samples }
  questions { __typename code path sentence choices { value label } samples freeText }
  outcome { __typename code count amounts { amount currencyCode } }
"""
WIDE = f"""
query ($first: Int, $after: String, $last: Int, $before: String) {{
  imports(first: $first, after: $after, last: $last, before: $before) {{
    __typename
    edges {{ cursor node {{ {RUN} }} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
  }}
}}
"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on ImportRun {{ {RUN} }} }} }}"


@pytest.fixture
async def runs(anna: Client, office: Office, factory: Factory, settings: Settings) -> dict[str, str]:
    """Node ids of imports that wait for answers, for a word, are done with a bad row, or failed."""
    asking = await uploaded(anna, office, AMBIGUOUS)
    waiting = await uploaded(anna, office, TWO.replace("C1", "D1").replace("A1", "B1"))
    done = await uploaded(anna, office, ONE_BAD)
    await say(anna, "Confirm", importId=done)
    await office.work_off()
    failed = await uploaded(anna, office, "nada que leer")
    fresh = (await upload(anna, TWO, "Señal \\ 100 %.csv")).json()["id"]
    return {"asking": asking, "waiting": waiting, "done": done, "failed": failed, "fresh": fresh}


@pytest.fixture
def comparing(anna: Client) -> Compared:
    return Compared(anna)


async def test_a_wide_list_page_after_page_in_both_directions(
    comparing: Compared, runs: dict[str, str]
) -> None:
    edges = await comparing.edges(WIDE, "imports")
    assert {edge["node"]["id"] for edge in edges} == set(runs.values())
    assert len(edges) == 5
    # The refused rows have an argument, and a page of their own.
    assert declared("ImportRun") == edges[0]["node"].keys() - {"__typename"}
    times = [edge["node"]["createdAt"] for edge in edges]
    assert times == sorted(times, reverse=True)


async def test_each_tells_what_it_found_and_did(comparing: Compared, runs: dict[str, str]) -> None:
    told = {name: (await comparing.same(NODE, id=key))["node"] for name, key in runs.items()}
    assert told["asking"]["questions"][0]["sentence"]
    assert told["waiting"]["columns"][0]["samples"] == ["D1", "C2"]
    assert told["done"]["outcome"][0]["amounts"] == [{"amount": "350.50", "currencyCode": "MXN"}]
    assert told["done"]["badRowsUrl"] == f"/imports/{runs['done']}/bad-rows.csv"
    assert told["waiting"]["badRowsUrl"] is None
    assert told["fresh"]["fileName"] == "Señal \\ 100 %.csv"
    assert told["fresh"]["kind"] is None
    assert told["failed"]["failure"]


async def test_notices_failures_and_sums_of_many_currencies(
    comparing: Compared, runs: dict[str, str], factory: Factory
) -> None:
    created = {"count": 3, "amounts": {"MXN": 12345, "JPY": 99, "CLP": 0}}
    outcome = {
        "rows": {"created": created, "unchanged": {"count": 1, "amounts": {}}},
        "customers": 2,
        "notices": {"REPEATED": 4, "DECIMALS_ROUNDED": 1, "FORMULA_TEXT": 5},
    }
    failure = failure_document(Refusal(RefusalCode.NO_HEADER))
    async with factory.write() as tx:
        await tx.session.execute(
            update(ImportRun)
            .where(ImportRun.id == ids.decode(runs["done"], "ImportRun"))
            .values(outcome=outcome, failure=failure, as_of=TODAY, is_snapshot=True)
        )
    told = (await comparing.same(NODE, id=runs["done"]))["node"]
    codes = [each["code"] for each in told["outcome"]]
    assert set(codes) == {"created", "unchanged", "customers_created", "duplicates"}
    sums = told["outcome"][codes.index("created")]["amounts"]
    assert [each["amount"] for each in sums] == ["0", "99", "123.45"]
    assert len(told["notices"]) == 2
    assert told["failure"]
    assert (told["asOf"], told["isSnapshot"]) == (TODAY.isoformat(), True)


async def test_sentences_are_in_the_language_of_whoever_asks(
    comparing: Compared, runs: dict[str, str], visitors: Visitors
) -> None:
    spanish = (await comparing.same(NODE, id=runs["asking"]))["node"]["questions"][0]["sentence"]
    client, _ = await visitors.member("manager", language="en")
    english = (await Compared(client).same(NODE, id=runs["asking"]))["node"]["questions"][0]["sentence"]
    assert spanish != english


async def test_refused_rows_stand_beside(comparing: Compared, runs: dict[str, str]) -> None:
    query = """query ($id: ID!) { node(id: $id) { ... on ImportRun {
        fileName problems(first: 5) { line code sentence cells } state } } }"""
    found = (await comparing.same(query, id=runs["done"]))["node"]
    assert len(found["problems"]) == 1


async def test_another_organizations_are_never_seen_nor_by_who_may_not_read_them(
    comparing: Compared, runs: dict[str, str], factory: Factory, visitors: Visitors
) -> None:
    other = await factory.other()
    foreign = ImportRun(
        organization_id=other.organization_id,
        id=new_id(),
        file_name="ajeno.csv",
        file_sha256=b"",
        shape="",
        is_snapshot=False,
        state="uploaded",
        proposal={},
        answers={},
        all_or_nothing=False,
        rows_total=0,
        rows_read=0,
        rows_bad=0,
        outcome={},
        actor="system:test",
        created_at=other.now,
    )
    async with other.write() as tx:
        tx.session.add(foreign)
    assert len((await comparing.same(WIDE))["imports"]["edges"]) == 5
    assert (await comparing.same(NODE, id=node_id("ImportRun", foreign.id))) == {"node": None}
    script = Compared(await visitors.script(Scope.CUSTOMERS_READ))
    denied = await script.either(WIDE)
    assert [error["path"] for error in denied["errors"]] == [["imports"]]
    assert (await script.either(NODE, id=runs["done"]))["data"] == {"node": None}
