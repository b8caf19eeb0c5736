from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cartera.documents.agreement import Agreement, Covered, Party, _facts, write_agreement
from cartera.rules.plan_schedules import Debt, Frequency, Terms, due_dates, project
from cartera.rules.plans import PlanState

START = date(2026, 12, 1)
TERMS = Terms(
    START,
    due_dates(date(2026, 12, 31), 3, Frequency.MONTHLY),
    down_payment=1_000_00,
    annual_percent=Decimal("12.0000"),
    charges_forgiven=200_00,
)
AGREEMENT = Agreement(
    reference="CP-0198",
    state=PlanState.ACTIVE,
    made_at=datetime(2026, 11, 30, 18, tzinfo=UTC),
    made_on=date(2026, 11, 30),
    language="es",
    country="MX",
    currency="MXN",
    creditor=Party("Aceros del Norte, S.A. de C.V."),
    debtor=Party("Ferretería Ñandú", "FÑA010101AB1"),
    covered=[
        Covered("A-100", date(2026, 9, 1), date(2026, 10, 1), 6_000_00, 200_00),
        Covered("A-101", date(2026, 9, 15), date(2026, 10, 15), 4_000_00, 0),
    ],
    terms=TERMS,
    schedule=project(Debt(10_000_00, 200_00), TERMS),
    default_after=2,
    grace_banking_days=3,
)
NBSP = "\u00a0"


def mxn(amount: str) -> str:
    return f"{amount}{NBSP}MXN"


def test_the_paper_says_every_figure() -> None:
    facts = _facts(AGREEMENT)
    assert facts["documents"]["rows"][0] == [
        "A-100",
        "1 sep 2026",
        "1 oct 2026",
        mxn("6,000.00"),
        mxn("200.00"),
        mxn("6,200.00"),
    ]
    assert facts["documents"]["foot"][3:] == [mxn("10,000.00"), mxn("200.00"), mxn("10,200.00")]
    assert facts["totals"]["rows"] == [
        ["Adeudo a la fecha de la propuesta", mxn("10,200.00")],
        ["Cargos que se condonan al cumplir el convenio", mxn("-200.00")],
        ["Adeudo por pagar en cuotas", mxn("10,000.00")],
        [
            f"Interés del convenio (12{NBSP}% anual simple sobre saldos, base actual/360)",
            mxn("180.00"),
        ],
        ["Total por pagar", mxn("10,180.00")],
    ]
    rows = facts["schedule"]["rows"]
    assert rows[0] == [
        "Pago inicial",
        "1 dic 2026",
        mxn("1,000.00"),
        mxn("0.00"),
        mxn("1,000.00"),
        mxn("9,000.00"),
    ]
    assert rows[3] == [
        "3",
        "28 feb 2027",
        mxn("3,000.00"),
        mxn("28.00"),
        mxn("3,028.00"),
        mxn("0.00"),
    ]
    assert facts["schedule"]["foot"][2:5] == [mxn("10,000.00"), mxn("180.00"), mxn("10,180.00")]


def test_forgiveness_is_on_condition_and_default_ends_it() -> None:
    clauses = _facts(AGREEMENT)["clauses"]["items"]
    assert any(mxn("200.00") in clause and "Solo entonces surte efecto" in clause for clause in clauses)
    assert any("Si hay 2 cuotas vencidas" in clause for clause in clauses)
    assert any("3 días hábiles bancarios" in clause for clause in clauses)
    plain = replace(AGREEMENT.terms, charges_forgiven=0, annual_percent=Decimal(0))
    bare = replace(AGREEMENT, terms=plain, schedule=project(Debt(10_000_00), plain))
    assert len(_facts(bare)["clauses"]["items"]) == len(clauses) - 2


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (PlanState.PROPOSED, "Propuesta sin efecto mientras no se firme y quede activa."),
        (PlanState.ACTIVE, None),
        (PlanState.COMPLETED, "Este convenio ya no está vigente: se cumplió por completo."),
        (PlanState.DEFAULTED, "Este convenio ya no está vigente: terminó por incumplimiento."),
        (PlanState.CANCELLED, "Este convenio ya no está vigente: se canceló."),
    ],
)
def test_the_paper_says_where_it_stands(state: PlanState, expected: str | None) -> None:
    assert _facts(replace(AGREEMENT, state=state))["draft"] == expected


def test_names_lose_what_hides_and_may_break() -> None:
    sly = replace(AGREEMENT, debtor=Party("Acme\u202e\n S.A.", "X" * 23))
    facts = _facts(sly)
    assert facts["debtor"]["name"] == "Acme S.A."
    assert facts["debtor"]["tax_id"].count("\u200b") == 22


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_every_language_is_printed(language: str) -> None:
    content = write_agreement(replace(AGREEMENT, language=language))
    assert content.startswith(b"%PDF-")
    assert f"/Lang ({language})".encode() in content or f"/Lang({language})".encode() in content


def test_the_same_agreement_is_the_same_bytes() -> None:
    assert write_agreement(AGREEMENT) == write_agreement(AGREEMENT)
    assert write_agreement(AGREEMENT) != write_agreement(replace(AGREEMENT, reference="CP-0199"))


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        '#read("/etc/passwd")',
        "*fuerte* _cursiva_ `código` $x^2$ @cita <marca> \\u{41} // nada /* nada */",
        '"; #set page(width: 1cm)',
        "#" * 5000,
        "= Título\n- lista\n+ lista",
        "{reference} {0} %s",
    ],
)
def test_names_are_text_and_never_markup(name: str) -> None:
    covered = [replace(AGREEMENT.covered[0], number=name), *AGREEMENT.covered[1:]]
    sly = replace(AGREEMENT, covered=covered, creditor=Party(name, name), debtor=Party(name, name))
    assert write_agreement(sly).startswith(b"%PDF-")


def test_a_thousand_documents_and_three_hundred_and_sixty_instalments_are_printed() -> None:
    terms = Terms(START, due_dates(date(2026, 12, 31), 360, Frequency.WEEKLY))
    long = replace(
        AGREEMENT,
        covered=[AGREEMENT.covered[1]] * 1000,
        terms=terms,
        schedule=project(Debt(4_000_00 * 1000), terms),
    )
    assert len(write_agreement(long)) > 50_000
