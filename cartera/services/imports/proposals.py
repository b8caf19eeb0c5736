"""A file understood: what it holds, how it would be read, and what is left to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from cartera.db.session import Tx, WriteTx
from cartera.db.tables.customers import Customer
from cartera.db.tables.imports import ImportMapping
from cartera.documents.csv import CsvTable
from cartera.rules.imports.answers import Answers
from cartera.rules.imports.customer_ids import KnownCustomers
from cartera.rules.imports.fields import FileKind
from cartera.rules.imports.inspection import Inspection, inspect
from cartera.rules.imports.mapping import FileMapping, MappingError, shapes


@dataclass(frozen=True)
class Knowledge:
    """What an organization knows before it reads a file: its customers, and how like files were read."""

    known: KnownCustomers = field(default_factory=KnownCustomers)
    remembered: Mapping[FileKind, FileMapping] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """``inspection.mapping`` is there once nothing is left to ask."""

    table: CsvTable
    inspection: Inspection
    knowledge: Knowledge


async def knowledge_for(tx: Tx, table: CsvTable) -> Knowledge:
    """What is known that bears on a file with this header."""
    ids = await tx.session.scalars(select(Customer.external_id))
    wanted = {shape: kind for kind, shape in shapes(table.header).items()}
    rows = await tx.session.execute(
        select(ImportMapping.shape, ImportMapping.mapping).where(ImportMapping.shape.in_(wanted))
    )
    remembered = {}
    for shape, stored in rows:
        mapping = _read(stored)
        if mapping:
            remembered[wanted[shape]] = mapping
    return Knowledge(KnownCustomers(ids), remembered)


def propose(table: CsvTable, knowledge: Knowledge, answers: Answers) -> Proposal:
    """Read the file once and say how it is to be understood. Raises Refusal and BadAnswer."""
    inspection = inspect(
        table.header,
        table.rows,
        answers=answers,
        remembered=knowledge.remembered,
        known=knowledge.known,
    )
    return Proposal(table, inspection, knowledge)


async def remember_mapping(tx: WriteTx, shape: str, mapping: FileMapping) -> None:
    """Keep how files of this shape are read, so that the next one asks nothing."""
    values = {"mapping": mapping.to_document(), "updated_at": tx.now}
    await tx.session.execute(
        insert(ImportMapping)
        .values(organization_id=tx.organization_id, shape=shape, **values)
        .on_conflict_do_update(index_elements=["organization_id", "shape"], set_=values)
    )


def _read(stored: Mapping[str, object]) -> FileMapping | None:
    """A mapping that this version cannot read is asked for again."""
    try:
        return FileMapping.from_document(stored)
    except MappingError:
        return None
