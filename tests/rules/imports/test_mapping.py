from __future__ import annotations

import json

import pytest

from cartera.rules.imports.answers import Answers, BadAnswer, Zeros, read_options
from cartera.rules.imports.dates import DateOrder
from cartera.rules.imports.fields import Field, FileKind
from cartera.rules.imports.mapping import FileMapping, MappingError

FULL = FileMapping(
    kind=FileKind.INVOICES,
    columns={Field.CUSTOMER_ID: "Cliente", Field.AMOUNT: "Importe"},
    date_order=DateOrder.DMY,
    currency="USD",
    currency_for={("Sociedad", "CA02"): "CAD"},
    zeros=Zeros.STRIP,
    terms_days=0,
)


def test_a_mapping_survives_json() -> None:
    for mapping in (FULL, FileMapping(FileKind.CONTACTS, {})):
        assert FileMapping.from_document(json.loads(json.dumps(mapping.to_document()))) == mapping


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"kind": None},
        {"kind": "invoice"},
        {"date_order": "DYM"},
        {"currency": "XXQ"},
        {"currency_for": [{"heading": "a", "value": "b", "currency": "XXQ"}]},
        {"columns": {"folio": "Folio"}},
        {"columns": []},
        {"terms_days": -1},
    ],
)
def test_a_stored_mapping_that_is_damaged_or_newer_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MappingError):
        FileMapping.from_document({**FULL.to_document(), **change})
    with pytest.raises(MappingError):
        FileMapping.from_document({})


def test_options_are_read_as_typed() -> None:
    answers = read_options(
        kind="payments",
        columns=["Fecha = de = pago=received_date", "Nota=ignore"],
        date_order="dmy",
        currency="mxn",
        currency_for=["business_code=CA:02:cad"],
        terms="30",
    )
    assert answers.columns == {"Fecha = de = pago": Field.RECEIVED_DATE, "Nota": None}
    assert answers.date_order is DateOrder.DMY
    assert answers.currency == "MXN"
    assert answers.currency_for == {("business_code", "CA:02"): "CAD"}
    assert answers.terms_days == 30


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kind": "facturas"}, "--kind takes invoices or payments or contacts, not 'facturas'."),
        ({"date_order": "DYM"}, "--date-order takes DMY or MDY or YMD, not 'DYM'."),
        ({"decimal": ","}, "--decimal takes point or comma, not ','."),
        ({"currency": "PESOS"}, "--currency takes an ISO 4217 code such as MXN, not 'PESOS'."),
        ({"terms": "-1"}, "--terms takes a number of days from 0 to 3650, not '-1'."),
        ({"columns": ["Folio"]}, "--column takes \"Heading\"=field, not 'Folio'."),
        (
            {"currency_for": ["CA02:CAD"]},
            "--currency-for takes column=value:CODE, as in business_code=CA02:CAD, not 'CA02:CAD'.",
        ),
    ],
)
def test_an_option_that_cannot_be_an_answer_says_what_it_takes(
    options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadAnswer) as caught:
        read_options(**options)  # type: ignore[arg-type]  # the cases mix texts and lists of texts
    assert str(caught.value) == sentence


def test_new_answers_stand_over_earlier_ones() -> None:
    earlier = Answers(
        currency="USD",
        date_order=DateOrder.DMY,
        columns={"A": Field.AMOUNT, "B": Field.NUMBER},
        terms_days=30,
    )
    later = Answers(currency="MXN", columns={"C": Field.AMOUNT}, currency_for={("S", "X"): "CAD"})
    assert later.over(earlier) == Answers(
        currency="MXN",
        date_order=DateOrder.DMY,
        columns={"B": Field.NUMBER, "C": Field.AMOUNT},
        currency_for={("S", "X"): "CAD"},
        terms_days=30,
    )
