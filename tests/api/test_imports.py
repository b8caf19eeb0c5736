"""Imports in the application: upload, questions, preview, the word to go on, and who may do none of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.schema import ids
from cartera.db.base import new_id
from cartera.db.tables.receivables import Receivable
from cartera.settings import Settings
from tests.api.conftest import Client, Visitors, node_id
from tests.factories import Factory
from tests.office import Office

HEAD = "Cliente,Nombre,Factura,Fecha,Vencimiento,Moneda,Importe,Saldo\n"
TWO = (
    HEAD
    + "C1,Papelería El Sol,A1,2026-10-01,2026-10-31,MXN,100.00,100.00\n"
    + "C2,Ferretería Luna,A2,2026-10-02,2026-11-01,MXN,250.50,250.50\n"
)
ONE_BAD = TWO + 'C3,"=HYPERLINK(1)",A3,2026-02-30,2026-11-01,MXN,10.00,10.00\n'
AMBIGUOUS = "Cliente,Factura,Fecha,Vencimiento,Importe\nC1,A1,03/04/2026,05/06/2026,100.00\n"

RUN = """
  id fileName kind state isSnapshot asOf rowsTotal rowsRead rowsBad failure badRowsUrl
  columns { header field samples }
  questions { code path sentence choices { value label } samples freeText }
  outcome { code count amounts { amount currencyCode } }
  notices
  problems { line code sentence cells }
"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on ImportRun {{ {RUN} }} }} }}"
ERRORS = "... on UserErrors { errors { __typename code message path } }"


def mutation(verb: str) -> str:
    name = f"import{verb}"
    return f"""
    mutation ($input: Import{verb}Input!) {{
      {name}(input: $input) {{ ... on Import{verb}Success {{ import {{ {RUN} }} }} {ERRORS} }}
    }}
    """


async def upload(client: Client, content: str | bytes, name: str = "cartera.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return await client.http.post("/imports", files={"file": (name, data, "text/csv")})


async def uploaded(client: Client, office: Office, content: str | bytes) -> str:
    """The id of an import that a job has looked at."""
    response = await upload(client, content)
    assert response.status_code == 201, response.text
    await office.work_off()
    return str(response.json()["id"])


async def shown(client: Client, import_id: str) -> dict[str, Any]:
    return dict((await client.ask(NODE, id=import_id))["node"])


async def say(client: Client, verb: str, **given: Any) -> dict[str, Any]:
    return dict((await client.ask(mutation(verb), input=given))[f"import{verb}"])


async def rows(factory: Factory) -> dict[str, int]:
    async with factory.read() as tx:
        return {
            table: await tx.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0
            for table in ("import_run", "customer", "receivable", "entry", "outbox", "audit_entry")
        }


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The web process and the worker share a home, where the files lie."""
    return Settings.from_environment({"CARTERA_HOME": str(tmp_path), "SECRET_KEY": "k" * 40})


async def test_a_file_goes_by_its_preview_onto_the_books(
    anna: Client, office: Office, factory: Factory, settings: Settings
) -> None:
    import_id = await uploaded(anna, office, TWO)
    run = await shown(anna, import_id)
    assert (run["state"], run["kind"], run["fileName"]) == ("NEEDS_CONFIRMATION", "INVOICES", "cartera.csv")
    assert (run["rowsTotal"], run["rowsBad"], run["questions"], run["badRowsUrl"]) == (2, 0, [], None)
    expected = [
        {"code": "created", "count": 2, "amounts": [{"amount": "350.50", "currencyCode": "MXN"}]},
        {"code": "customers_created", "count": 2, "amounts": []},
    ]
    assert run["outcome"] == expected
    assert (await rows(factory))["receivable"] == 0
    begun = await say(anna, "Confirm", importId=import_id)
    assert begun["import"]["state"] == "RUNNING"
    await office.work_off()
    done = await shown(anna, import_id)
    assert (done["state"], done["rowsRead"], done["outcome"]) == ("DONE", 2, expected)
    assert (await rows(factory))["receivable"] == 2
    assert [path for path in (settings.home / "files").rglob("*") if path.is_file()] == []
    again = await say(anna, "Confirm", importId=import_id)
    assert again["errors"] == [
        {
            "__typename": "ConflictError",
            "code": "IMPORT_NOT_WAITING",
            "message": "Esta importación ya se ejecutó, terminó o se canceló.",
            "path": ["importId"],
        }
    ]


async def test_what_is_open_is_asked_and_answered_in_the_caller_s_language(
    visitors: Visitors, office: Office, factory: Factory
) -> None:
    bruno, _ = await visitors.member("manager", language="pt")
    import_id = await uploaded(bruno, office, AMBIGUOUS)
    run = await shown(bruno, import_id)
    assert run["state"] == "NEEDS_ANSWERS"
    order, currency = run["questions"]
    assert (order["code"], order["path"], order["freeText"]) == ("DATE_ORDER", None, False)
    assert order["choices"] == [
        {"value": "DMY", "label": "dia/mês/ano"},
        {"value": "MDY", "label": "mês/dia/ano"},
    ]
    assert order["sentence"].startswith("Em que ordem estão dia e mês?")
    assert (currency["code"], currency["choices"], currency["freeText"]) == ("CURRENCY", [], True)
    early = await say(bruno, "Confirm", importId=import_id)
    assert early["errors"][0]["code"] == "IMPORT_NEEDS_ANSWERS"
    answers = [{"code": "DATE_ORDER", "value": "DMY"}, {"code": "CURRENCY", "value": "cop"}]
    columns = [{"header": each["header"], "field": each["field"]} for each in run["columns"]]
    answered = await say(bruno, "Answer", importId=import_id, answers=answers, columns=columns)
    assert answered["import"]["state"] == "UPLOADED"
    await office.work_off()
    assert (await shown(bruno, import_id))["state"] == "NEEDS_CONFIRMATION"
    await say(bruno, "Confirm", importId=import_id)
    await office.work_off()
    async with factory.read() as tx:
        found = (await tx.session.execute(text("SELECT issued_on::text, currency FROM receivable"))).all()
        assert found == [("2026-04-03", "COP")]
    # A file of the same shape asks nothing.
    next_id = await uploaded(bruno, office, AMBIGUOUS.replace("A1", "A2"))
    assert (await shown(bruno, next_id))["state"] == "NEEDS_CONFIRMATION"


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        (
            {"answers": [{"code": "DATE_ORDER", "value": "XYZ"}]},
            "IMPORT_ANSWER_INVALID",
            ["answers", "0", "value"],
        ),
        (
            {"answers": [{"code": "CURRENCY", "value": "PESOS"}]},
            "IMPORT_ANSWER_INVALID",
            ["answers", "0", "value"],
        ),
        (
            {"answers": [{"code": "NO_SUCH", "value": "1"}]},
            "IMPORT_ANSWER_INVALID",
            ["answers", "0", "value"],
        ),
        (
            {"answers": [{"code": "CURRENCY_OF_WORD", "value": "MXN"}]},
            "IMPORT_ANSWER_INVALID",
            ["answers", "0", "value"],
        ),
        (
            {"answers": [], "columns": [{"header": "Nada", "field": "amount"}]},
            "IMPORT_ANSWER_INVALID",
            ["columns", "0", "header"],
        ),
        (
            {"answers": [], "columns": [{"header": "Importe", "field": "weight"}]},
            "IMPORT_ANSWER_INVALID",
            ["columns", "0", "field"],
        ),
        (
            {
                "answers": [],
                "columns": [{"header": "Importe", "field": "amount"}, {"header": "Fecha", "field": "amount"}],
            },
            "IMPORT_FIELD_TWICE",
            ["columns", "0", "field"],
        ),
    ],
)
async def test_an_answer_that_is_none_is_refused_where_it_stands(
    anna: Client, office: Office, factory: Factory, given: dict[str, Any], code: str, path: list[str]
) -> None:
    import_id = await uploaded(anna, office, AMBIGUOUS)
    before = await rows(factory)
    said = await say(anna, "Answer", importId=import_id, **given)
    assert [(error["__typename"], error["code"], error["path"]) for error in said["errors"]] == [
        ("ValidationError", code, path)
    ]
    assert await rows(factory) == before
    assert (await shown(anna, import_id))["state"] == "NEEDS_ANSWERS"


async def test_another_kind_is_read_afresh(anna: Client, office: Office) -> None:
    import_id = await uploaded(anna, office, AMBIGUOUS)
    run = await shown(anna, import_id)
    columns = [{"header": each["header"], "field": each["field"]} for each in run["columns"]]
    await say(anna, "Answer", importId=import_id, kind="PAYMENTS", answers=[], columns=columns)
    await office.work_off()
    read = await shown(anna, import_id)
    assert (read["state"], read["kind"]) == ("NEEDS_ANSWERS", "PAYMENTS")


async def test_amounts_with_too_many_decimals_are_rounded_where_a_person_says_so(
    anna: Client, office: Office
) -> None:
    import_id = await uploaded(anna, office, TWO + "C3,Sol,A3,2026-10-03,2026-11-02,MXN,10.004,10.004\n")
    run = await shown(anna, import_id)
    assert [problem["code"] for problem in run["problems"]] == ["AMOUNT_TOO_PRECISE"]
    await say(anna, "Answer", importId=import_id, answers=[{"code": "EXTRA_DECIMALS", "value": "round"}])
    await office.work_off()
    run = await shown(anna, import_id)
    assert (run["state"], run["rowsBad"]) == ("NEEDS_CONFIRMATION", 0)
    added = {each["code"]: each["amounts"] for each in run["outcome"]}["created"]
    assert added == [{"amount": "360.50", "currencyCode": "MXN"}]


async def test_all_or_nothing_is_refused_before_anything_runs(anna: Client, office: Office) -> None:
    import_id = await uploaded(anna, office, ONE_BAD)
    await say(anna, "Answer", importId=import_id, answers=[], allOrNothing=True)
    await office.work_off()
    said = await say(anna, "Confirm", importId=import_id)
    assert said["errors"][0]["code"] == "IMPORT_ROWS_REFUSED"
    assert (await shown(anna, import_id))["state"] == "NEEDS_CONFIRMATION"


async def test_a_file_that_is_none_fails_in_the_reader_s_language(
    anna: Client, visitors: Visitors, office: Office, factory: Factory
) -> None:
    import_id = await uploaded(anna, office, b"PK\x03\x04" + bytes(200))
    run = await shown(anna, import_id)
    assert run["state"] == "FAILED"
    assert run["failure"] == "El archivo no es texto sino XLSX/ZIP. Guárdelo como CSV e inténtelo otra vez."
    john, _ = await visitors.member("manager", language="en")
    assert (await shown(john, import_id))["failure"].startswith("The file is not text but XLSX/ZIP.")
    assert (await rows(factory))["receivable"] == 0


async def test_a_cancelled_file_is_forgotten(
    anna: Client, office: Office, factory: Factory, settings: Settings
) -> None:
    import_id = await uploaded(anna, office, TWO)
    assert (await say(anna, "Cancel", importId=import_id))["import"]["state"] == "CANCELLED"
    assert [path for path in (settings.home / "files").rglob("*") if path.is_file()] == []
    assert (await say(anna, "Confirm", importId=import_id))["errors"][0]["code"] == "IMPORT_NOT_WAITING"
    assert (await rows(factory))["receivable"] == 0


async def test_answers_are_remembered_by_a_file_on_the_books_and_by_no_other(
    anna: Client, office: Office, factory: Factory
) -> None:
    import_id = await uploaded(anna, office, AMBIGUOUS)
    answers = [{"code": "DATE_ORDER", "value": "MDY"}, {"code": "CURRENCY", "value": "USD"}]
    await say(anna, "Answer", importId=import_id, answers=answers)
    await office.work_off()
    assert (await shown(anna, import_id))["state"] == "NEEDS_CONFIRMATION"
    await say(anna, "Cancel", importId=import_id)
    async with factory.read() as tx:
        assert await tx.session.scalar(text("SELECT count(*) FROM import_mapping")) == 0
    next_id = await uploaded(anna, office, AMBIGUOUS)
    run = await shown(anna, next_id)
    assert (run["state"], [each["code"] for each in run["questions"]]) == (
        "NEEDS_ANSWERS",
        ["DATE_ORDER", "CURRENCY"],
    )


async def test_imports_are_listed_the_latest_first(anna: Client, office: Office) -> None:
    made = [await uploaded(anna, office, TWO) for _ in range(3)]
    query = """query ($after: String) { imports(first: 2, after: $after) {
      edges { node { id } } pageInfo { hasNextPage endCursor } } }"""
    first = (await anna.ask(query))["imports"]
    after = first["pageInfo"]["endCursor"]
    rest = (await anna.ask(query, after=after))["imports"]
    assert [edge["node"]["id"] for edge in first["edges"] + rest["edges"]] == made[::-1]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


@pytest.mark.parametrize("role", ["collector", "salesperson", "viewer"])
async def test_those_who_may_not_import_change_nothing(
    anna: Client, visitors: Visitors, office: Office, factory: Factory, role: str
) -> None:
    import_id = await uploaded(anna, office, ONE_BAD)
    other, _ = await visitors.member(role)
    before = await rows(factory)
    response = await upload(other, TWO)
    assert (response.status_code, response.json()["error"]) == (403, "NOT_PERMITTED")
    for verb, given in (("Answer", {"answers": []}), ("Confirm", {}), ("Cancel", {})):
        said = await say(other, verb, importId=import_id, **given)
        assert [error["__typename"] for error in said["errors"]] == ["PermissionError"]
    assert (await other.ask(NODE, id=import_id))["node"] is None
    assert (await other.http.get(f"/imports/{import_id}/bad-rows.csv")).status_code == 403
    assert (await other.answer("{ imports { edges { cursor } } }"))["errors"]
    assert await rows(factory) == before


async def test_foreign_and_missing_imports_answer_alike(
    anna: Client, visitors: Visitors, office: Office, factory: Factory
) -> None:
    mine = await uploaded(anna, office, ONE_BAD)
    other = await factory.other()
    async with other.write() as tx:
        assert await tx.session.scalar(text("SELECT count(*) FROM import_run")) == 0
        foreign = new_id()
        await tx.session.execute(
            text("""INSERT INTO import_run (organization_id, id, file_name, file_sha256, shape, is_snapshot,
                state, proposal, answers, all_or_nothing, rows_total, rows_read, rows_bad, outcome, actor,
                created_at) VALUES (:org, :id, 'f', '', '', false, 'needs_confirmation', '{}', '{}', false, 0,
                0, 0, '{}', 'system:test', :now)"""),
            {"org": other.organization_id, "id": foreign, "now": factory.now},
        )
    before = await rows(factory)
    strangers = (
        node_id("ImportRun", foreign),
        node_id("ImportRun", new_id()),
        node_id("Customer", ids.decode(mine, "ImportRun")),
        "x",
    )
    for stranger in strangers:
        said = await say(anna, "Confirm", importId=stranger)
        assert [(e["__typename"], e["path"]) for e in said["errors"]] == [("NotFoundError", ["importId"])]
        assert (await anna.http.get(f"/imports/{stranger}/bad-rows.csv")).status_code == 404
    assert (await anna.ask(NODE, id=strangers[0]))["node"] is None
    assert await rows(factory) == before


async def test_outcomes_are_counted_once(anna: Client, office: Office, factory: Factory) -> None:
    import_id = await uploaded(anna, office, TWO + TWO.splitlines()[1] + "\n")
    run = await shown(anna, import_id)
    assert {each["code"]: each["count"] for each in run["outcome"]} == {
        "created": 2,
        "customers_created": 2,
        "duplicates": 1,
    }
    async with factory.read() as tx:
        assert await tx.session.scalar(select(func.count()).select_from(Receivable)) == 0


async def test_an_import_that_kills_every_worker_is_told_as_failed(
    anna: Client, office: Office, factory: Factory, relay_engine: AsyncEngine
) -> None:
    import_id = await uploaded(anna, office, TWO)
    await say(anna, "Confirm", importId=import_id)
    async with relay_engine.begin() as connection:
        # As the relay leaves it when a worker took it four times and was never heard of again.
        await connection.execute(text("UPDATE outbox SET attempts = 4 WHERE kind = 'run_import'"))
    await office.work_off()
    run = await shown(anna, import_id)
    assert run["state"] == "FAILED"
    assert "4 intentos" in run["failure"]
    async with factory.read() as tx:
        assert await tx.session.scalar(select(func.count()).select_from(Receivable)) == 0


async def test_a_file_is_read_as_its_preview_was_whatever_others_are_like(
    anna: Client, office: Office, factory: Factory
) -> None:
    async def read_as(order: str, file: str) -> str:
        import_id = await uploaded(anna, office, file)
        answers = [{"code": "DATE_ORDER", "value": order}, {"code": "CURRENCY", "value": "MXN"}]
        await say(anna, "Answer", importId=import_id, answers=answers)
        await office.work_off()
        return import_id

    async def confirm(import_id: str) -> None:
        await say(anna, "Confirm", importId=import_id)
        await office.work_off()
        assert (await shown(anna, import_id))["state"] == "DONE"

    await confirm(await read_as("DMY", AMBIGUOUS))
    previewed = await uploaded(anna, office, AMBIGUOUS.replace("A1", "A2"))
    await confirm(await read_as("MDY", AMBIGUOUS.replace("A1", "A3")))
    await confirm(previewed)

    async with factory.read() as tx:
        found = await tx.session.execute(select(Receivable.number, Receivable.issued_on))
        days = {number: day.isoformat() for number, day in found}
    assert days == {"A1": "2026-04-03", "A2": "2026-04-03", "A3": "2026-03-04"}
