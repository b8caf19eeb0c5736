"""How a file is to be applied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cartera.db.tables.imports import ImportRun


@dataclass(frozen=True)
class ApplyOptions:
    """``as_of`` is the day that the file speaks of; the rest as the command line calls it.

    ``force`` passes the organization's guard on snapshots, and settles what is gone though refused rows may
    show it. A ``preview`` is stopped neither by the guard, which it notes, nor by refused rows.
    """

    import_id: UUID
    as_of: date
    is_snapshot: bool = False
    all_or_nothing: bool = False
    force: bool = False
    preview: bool = False


def options_for(run: ImportRun, *, force: bool = False, preview: bool = False) -> ApplyOptions:
    """As the run was asked for. Its day was kept when it began: a preview and what follows speak of one."""
    assert run.as_of is not None, "a run begins with its day"
    return ApplyOptions(
        import_id=run.id,
        as_of=run.as_of,
        is_snapshot=run.is_snapshot,
        all_or_nothing=run.all_or_nothing,
        force=force,
        preview=preview,
    )
