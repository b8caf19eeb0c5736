from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartera.rules.imports.dates import DateEvidence, DateFault, DateOrder, looks_like_date, read_date

DMY, MDY, YMD = DateOrder.DMY, DateOrder.MDY, DateOrder.YMD
DAYS = st.dates(date(1980, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("04/06/2024", DMY, date(2024, 6, 4)),
        ("04/06/2024", MDY, date(2024, 4, 6)),
        ("4-6-24", DMY, date(2024, 6, 4)),
        ("24.06.04", YMD, date(2024, 6, 4)),
        ("30/06/99", DMY, date(1999, 6, 30)),
        ("2024-06-04", MDY, date(2024, 6, 4)),
        ("2024-06-04T23:59:59-06:00", None, date(2024, 6, 4)),
        ("18/06/2019 17:01:06", DMY, date(2019, 6, 18)),
        ("20240604", None, date(2024, 6, 4)),
        ("04062024", DMY, date(2024, 6, 4)),
        ("20112020", DMY, date(2020, 11, 20)),
        ("4 de junio de 2024", None, date(2024, 6, 4)),
        ("04-ene-2024", None, date(2024, 1, 4)),
        ("4/Dez/24", None, date(2024, 12, 4)),
        ("10 de março de 2024", None, date(2024, 3, 10)),
        ("Jun 4, 2024", None, date(2024, 6, 4)),
    ],
)
def test_dates_are_read_as_written(text: str, order: DateOrder | None, day: date) -> None:
    assert read_date(text, order) == day


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("31/02/2024", DateFault.IMPOSSIBLE),
        ("00/06/2024", DateFault.IMPOSSIBLE),
        ("2024-13-01", DateFault.IMPOSSIBLE),
        ("29-feb-2023", DateFault.IMPOSSIBLE),
        ("01/06/0202", DateFault.OUT_OF_RANGE),
        ("2202-06-01", DateFault.OUT_OF_RANGE),
        ("45292", DateFault.UNREADABLE),
        ("ayer", DateFault.UNREADABLE),
        ("4 foo 2024", DateFault.UNREADABLE),
        ("1/2/345", DateFault.UNREADABLE),
        ("٠٤/٠٦/٢٠٢٤", DateFault.UNREADABLE),
    ],
)
def test_what_is_no_date_says_why(text: str, fault: DateFault) -> None:
    assert read_date(text, DMY) is fault


def test_three_numbers_without_an_order_are_not_guessed() -> None:
    assert read_date("13/06/2024", None) is DateFault.UNREADABLE
    assert looks_like_date("13/06/2024")
    assert not looks_like_date("13/13/2024")


def evidence(*texts: str) -> DateEvidence:
    found = DateEvidence()
    for line, text in enumerate(texts, start=2):
        found.add(line, "Fecha", text)
    return found


@pytest.mark.parametrize(
    ("texts", "decided", "is_open"),
    [
        (["04/06/2024", "13/06/2024"], DMY, False),
        (["04/06/2024", "06/13/2024"], MDY, False),
        (["04/06/2024", "05/07/2024"], None, True),
        (["13/06/2024", "06/13/2024"], None, True),
        (["05/05/2024", "2024-06-13", "basura"], None, False),
        (["31/02/2024"], DMY, False),
        (["04/06/24"], None, True),
        (["30/06/24"], None, True),
        (["30/06/24", "30/06/99"], DMY, False),
        (["99-12-30"], YMD, False),
    ],
)
def test_the_whole_file_decides_the_order_or_leaves_it_open(
    texts: list[str], decided: DateOrder | None, is_open: bool
) -> None:
    found = evidence(*texts)
    assert (found.decided(), found.open) == (decided, is_open)


def test_the_orders_to_choose_from_are_those_that_read_the_dates() -> None:
    assert evidence("04/06/2024").orders() == (DMY, MDY)
    assert evidence("30/06/24").orders() == (DMY, YMD)
    assert evidence("13/06/2024", "06/13/2024").orders() == (DMY, MDY)


@settings(deadline=None)
@given(st.lists(DAYS, min_size=1), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_a_decided_order_is_always_the_one_that_wrote_the_file(days: list[date], layout: str) -> None:
    found = evidence(*(day.strftime(layout) for day in days))
    truth = DMY if layout.startswith("%d") else MDY
    if any(day.day > 12 for day in days):
        assert found.decided() is truth
    else:
        assert found.decided() is None
        assert found.open is any(day.day != day.month for day in days)


@settings(deadline=None)
@given(DAYS)
def test_every_day_survives_every_way_of_writing_it(day: date) -> None:
    for layout, order in (
        ("%d-%m-%Y", DMY),
        ("%m.%d.%Y", MDY),
        ("%Y/%m/%d", None),
        ("%Y%m%d", DMY),
        ("%d%m%Y", DMY),
    ):
        assert read_date(day.strftime(layout), order) == day


def test_evidence_holds_a_bounded_number_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DateEvidence, "KEPT", 10)
    found = evidence(*(f"{hour:02}:00 13/06/2024" for hour in range(24)), "14/06/2024")
    assert len(found._seen) <= 10
    assert found.decided() is DMY
