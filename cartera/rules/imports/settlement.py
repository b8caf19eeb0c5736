"""What the columns of settlement say together: paid in full, in part, or closed for less than was owed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cartera.rules.imports.amounts import plain, written
from cartera.rules.imports.answers import SettledShort
from cartera.rules.imports.evidence import SAMPLES, RawRow, good
from cartera.rules.imports.fields import Field
from cartera.rules.imports.mapping import FileMapping
from cartera.rules.imports.questions import Sample


def settled_short_samples(
    header: Sequence[str], rows: Callable[[], Iterable[RawRow]], mapping: FileMapping
) -> list[Sample]:
    """Rows that bear a settlement date and less money than the document, where no balance says what remains.

    Empty where the question has been answered or cannot arise.
    """
    needed = (Field.AMOUNT, Field.SETTLED_AMOUNT, Field.SETTLED_DATE)
    if mapping.settled_short or Field.BALANCE in mapping.columns or not mapping.columns.keys() >= set(needed):
        return []
    amount, settled, day = (list(header).index(mapping.columns[field]) for field in needed)
    found: list[Sample] = []
    for line, cells in good(rows()):
        if cells[settled] == cells[amount] or not cells[day].strip():
            continue
        if _is_less(cells[settled], cells[amount], mapping):
            found.append(Sample(line, header[settled], f"{cells[settled].strip()} < {cells[amount].strip()}"))
            if len(found) == SAMPLES:
                break
    return found


def _is_less(settled: str, amount: str, mapping: FileMapping) -> bool:
    parts = written(settled), written(amount)
    if parts[0] is None or parts[1] is None:
        return False
    digits = plain(parts[0].body, mapping.decimal), plain(parts[1].body, mapping.decimal)
    if digits[0] is None or digits[1] is None:
        return False
    width = max(len(text.partition(".")[2]) for text in digits if text)
    low, high = (
        int(whole + fraction.ljust(width, "0"))
        for whole, _, fraction in (d.partition(".") for d in digits if d)
    )
    return low < high


def remaining(amount: int, settled: int | None, dated: bool, answer: SettledShort | None) -> int:
    """Minor units still owed of ``amount`` after ``settled``, where the file gives no balance.

    A document with a settlement date and no amount settled was settled whole; one with less is open for
    the rest unless ``answer`` closes it.
    """
    if settled is None:
        return 0 if dated else amount
    if dated and answer is SettledShort.CLOSED:
        return 0
    return max(0, amount - settled)
