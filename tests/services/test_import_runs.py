"""Runs of imports: what is kept of a look at a file, and for which wish of a person it holds."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cartera.db.tables.imports import ImportRun
from cartera.documents.csv import open_csv
from cartera.rules.money import Money
from cartera.services.imports import runs
from cartera.services.imports.documents import proposal_document, stored_questions
from cartera.services.imports.outcome import Outcome
from cartera.services.imports.proposals import Knowledge, Proposal, propose
from tests.factories import TODAY, Factory
from tests.rules.imports.tables import look

FILE = "Cliente,Factura,Fecha,Vencimiento,Moneda,Importe\nC1,A1,2026-10-01,2026-10-31,MXN,100.00\n"


def test_a_proposal_is_json_that_gives_its_questions_back() -> None:
    found = look("Cliente | Folio | Emisión | Saldo\nC1 | F1 | 03/01/2024 | 10.50")
    document = json.loads(json.dumps(proposal_document(found)))
    assert document["columns"][1] == {"heading": "Folio", "field": "number", "samples": ["F1"]}
    assert [each["code"] for each in document["questions"]] == ["TERMS", "DATE_ORDER", "CURRENCY"]
    assert document["questions"][1]["samples"] == [[2, "Emisión", "03/01/2024"]]
    assert stored_questions(document) == list(found.questions)


async def begun(factory: Factory) -> UUID:
    async with factory.write() as tx:
        return (await runs.begin_import(tx, runs.NewImport("f.csv", b"", {}))).id


async def run_of(factory: Factory, import_id: UUID) -> ImportRun:
    async with factory.write() as tx:
        return await runs.locked_run(tx, import_id)


async def keep(factory: Factory, read: ImportRun, folder: Path) -> None:
    """What a job notes that had read the run as it was in ``read``."""
    path = folder / "f.csv"
    path.write_text(FILE)
    proposal: Proposal = propose(open_csv(path), Knowledge(), runs.answers_of(read))
    preview = Outcome()
    preview.add("created", 1, Money(10_000, "MXN"))
    async with factory.write() as tx:
        await runs.keep_proposal(tx, read, proposal, proposal_document(proposal.inspection), preview)


@pytest.mark.parametrize(
    "wish",
    [
        {"is_snapshot": True},
        {"as_of": TODAY - timedelta(days=1)},
        {"all_or_nothing": True},
        {"answers": {"date_order": "DMY"}},
    ],
    ids=lambda wish: next(iter(wish)),
)
async def test_a_look_begun_before_the_last_answer_is_not_kept(
    factory: Factory, tmp_path: Path, wish: dict[str, Any]
) -> None:
    import_id = await begun(factory)
    early = await run_of(factory, import_id)
    async with factory.write() as tx:
        await runs.answer_import(tx, import_id, **({"answers": {}} | wish))
    await keep(factory, early, tmp_path)
    left = await run_of(factory, import_id)
    assert (left.state, left.kind, left.proposal, left.outcome) == ("uploaded", None, {}, {})
    await keep(factory, left, tmp_path)
    kept = await run_of(factory, import_id)
    assert (kept.state, kept.kind) == ("needs_confirmation", "invoices")
    assert kept.outcome["rows"] == {"created": {"count": 1, "amounts": {"MXN": 10_000}}}


async def test_a_failure_of_an_earlier_look_does_not_end_the_run(factory: Factory, tmp_path: Path) -> None:
    import_id = await begun(factory)
    early = await run_of(factory, import_id)
    async with factory.write() as tx:
        await runs.answer_import(tx, import_id, {"kind": "invoices"})
    async with factory.write() as tx:
        assert not await runs.fail_import(tx, early, "{}")
    left = await run_of(factory, import_id)
    assert (left.state, left.failure, left.finished_at) == ("uploaded", None, None)
    async with factory.write() as tx:
        await runs.cancel_import(tx, import_id)
    async with factory.write() as tx:
        assert not await runs.fail_import(tx, left, "{}")
    assert (await run_of(factory, import_id)).state == "cancelled"
