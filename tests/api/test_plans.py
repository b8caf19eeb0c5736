"""Payment plans: projected, proposed, approved, signed, cancelled; the agreement as a PDF."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text, update

from api.schema import ids
from cartera.db.tables.customers import Customer
from cartera.db.tables.organizations import Member
from cartera.db.tables.receivables import Receivable
from cartera.rules.permissions import Scope
from tests.api.conftest import Client, Visitors
from tests.factories import Factory
from tests.services.planning import charge

ERRORS = "... on UserErrors { errors { __typename code message path } }"
PROJECT = f"""
query ($input: PlanProjectInput!) {{
  planProject(input: $input) {{
    __typename
    ... on PlanProjection {{
      instalments {{ number dueOn debt {{ amount }} interest {{ amount }} amount {{ amount }}
                     balance {{ amount currencyCode }} }}
      principal {{ amount }} charges {{ amount }} forgiven {{ amount }} interest {{ amount }}
      total {{ amount }} needsApproval
    }}
    {ERRORS}
  }}
}}
"""
PLAN = """
  id reference agreementPath state total { amount currencyCode } annualPercent dayCount lateCount
  needsApproval
  approvedAt approver { name } member { name } activatedOn endedOn
  instalments { number state owed { amount } paid { amount } dueOn lastDay }
  receivables { number isInPlan balance { amount } }
"""
PROPOSE = f"""
mutation ($input: PlanProposeInput!) {{
  planPropose(input: $input) {{
    __typename
    ... on PlanProposeSuccess {{ replayed plan {{ {PLAN} }} customer {{ plans {{ id }} }} }}
    {ERRORS}
  }}
}}
"""
POLICY = f"""
mutation ($input: PlanPolicySetInput!) {{
  planPolicySet(input: $input) {{
    __typename
    ... on PlanPolicySetSuccess {{ policy {{ maxInstalments }} }}
    {ERRORS}
  }}
}}
"""
LIMITS = {
    "maxInstalments": 6,
    "maxDays": 200,
    "maxChargesPercent": 100,
    "maxPrincipalPercent": 0,
    "collectorChargesPercent": 0,
    "collectorPrincipalPercent": 0,
    "defaultAfter": 2,
    "graceBankingDays": 3,
}
NOBODY_GAINS = ("plan", "plan_receivable", "instalment", "charge", "entry", "task", "outbox", "audit_entry")


def step(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"""
mutation ($input: PlanStepInput!) {{
  {name}(input: $input) {{
    __typename
    ... on {kind}Success {{ replayed plan {{ {PLAN} }} customer {{ account {{ balance {{ amount }} }} }} }}
    {ERRORS}
  }}
}}
"""


@pytest.fixture
async def collector(visitors: Visitors) -> tuple[Client, Member]:
    return await visitors.member("collector")


@pytest.fixture
def carla(collector: tuple[Client, Member]) -> Client:
    """A collector, logged in."""
    return collector[0]


@pytest.fixture
async def invoice(factory: Factory, collector: tuple[Client, Member]) -> Receivable:
    """An invoice of a customer of Carla's."""
    customer = await factory.customer("Ferretería #1 *Ñandú*", tax_id="FÑA010101AB1")
    async with factory.write() as tx:
        await tx.session.execute(
            update(Customer).where(Customer.id == customer.id).values(collector_id=collector[1].id)
        )
    return await factory.receivable(customer, "1000.00")


def terms(invoice: Receivable, **values: Any) -> dict[str, Any]:
    return {
        "customerId": ids.encode("Customer", invoice.customer_id),
        "receivableIds": [ids.encode("Receivable", invoice.id)],
        "currencyCode": "MXN",
        "instalments": {"count": 3, "firstOn": "2026-12-16", "frequency": "MONTHLY"},
        **values,
    }


async def rows(factory: Factory) -> list[int]:
    async with factory.read() as tx:
        return [
            int(await tx.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in NOBODY_GAINS
        ]


async def do(client: Client, name: str, plan_id: str, key: str = "s") -> dict[str, Any]:
    answer = await client.ask(step(name), input={"planId": plan_id, "idempotencyKey": f"{name}-{key}"})
    found: dict[str, Any] = answer[name]
    return found


async def propose(client: Client, invoice: Receivable, key: str = "p", **values: Any) -> dict[str, Any]:
    answer = await client.ask(PROPOSE, input=terms(invoice, idempotencyKey=key, **values))
    found: dict[str, Any] = answer["planPropose"]
    return found


async def test_a_schedule_is_shown_before_anybody_signs(
    carla: Client, factory: Factory, invoice: Receivable
) -> None:
    before = await rows(factory)
    asked = terms(invoice, downPayment="100.00", annualPercent="12")
    found = (await carla.ask(PROJECT, input=asked))["planProject"]
    assert [
        (each["number"], each["dueOn"], each["debt"]["amount"], each["interest"]["amount"])
        for each in found["instalments"]
    ] == [
        (0, "2026-11-16", "100.00", "0.00"),
        (1, "2026-12-16", "300.00", "9.00"),
        (2, "2027-01-16", "300.00", "6.20"),
        (3, "2027-02-16", "300.00", "3.10"),
    ]
    assert found["instalments"][-1]["balance"] == {"amount": "0.00", "currencyCode": "MXN"}
    assert (found["principal"]["amount"], found["interest"]["amount"], found["total"]["amount"]) == (
        "1000.00",
        "18.30",
        "1018.30",
    )
    assert not found["needsApproval"]
    assert await rows(factory) == before


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"downPayment": "0.001"}, "TOO_PRECISE", ["downPayment"]),
        ({"downPayment": "-1"}, "AMOUNT_NOT_POSITIVE", ["downPayment"]),
        ({"downPayment": "9" * 30}, "TOO_LARGE", ["downPayment"]),
        ({"chargesForgiven": "0.01"}, "PLAN_FORGIVES_TOO_MUCH", ["chargesForgiven"]),
        ({"annualPercent": "100.0001"}, "PLAN_RATE_OUT_OF_RANGE", ["annualPercent"]),
        ({"receivableIds": []}, "NO_RECEIVABLES", ["receivableIds"]),
        ({"receivableIds": ["nonsense"]}, "NOT_FOUND", ["receivableIds"]),
        ({"instalments": {}}, "PLAN_INSTALMENTS_UNCLEAR", ["instalments"]),
        ({"instalments": {"count": 3, "custom": []}}, "PLAN_NO_INSTALMENTS", ["instalments"]),
        (
            {
                "instalments": {
                    "custom": [{"dueOn": "2026-12-01", "amount": "1"}, {"dueOn": "2026-12-02"}],
                }
            },
            "PLAN_INSTALMENTS_UNCLEAR",
            ["instalments"],
        ),
        (
            {"instalments": {"custom": [{"dueOn": "2026-12-01", "amount": "999.99"}]}},
            "PLAN_AMOUNTS_DIFFER",
            ["instalments"],
        ),
        ({"startsOn": "2026-11-15"}, "PLAN_STARTS_IN_PAST", ["startsOn"]),
    ],
)
async def test_bad_terms_are_typed_errors_at_their_field(
    carla: Client, factory: Factory, invoice: Receivable, values: dict[str, Any], code: str, path: list[str]
) -> None:
    before = await rows(factory)
    seen = (await carla.ask(PROJECT, input=terms(invoice, **values)))["planProject"]
    refused = await propose(carla, invoice, **values)
    for answer in (seen, refused):
        assert [(error["code"], error["path"]) for error in answer["errors"]] == [(code, path)]
        assert "…" not in answer["errors"][0]["message"]
    assert await rows(factory) == before


async def test_an_exact_sum_is_told_to_who_misses_it(carla: Client, invoice: Receivable) -> None:
    custom = {"custom": [{"dueOn": "2026-12-01", "amount": "999.99"}]}
    refused = await propose(carla, invoice, instalments=custom)
    assert refused["errors"][0]["message"] == "Las cuotas deben sumar exactamente 1000.00 MXN."


async def test_a_plan_from_proposal_to_signature_and_back(
    carla: Client, visitors: Visitors, factory: Factory, invoice: Receivable
) -> None:
    boss, chief = await visitors.member("manager")
    limits = (await boss.ask(POLICY, input=LIMITS))["planPolicySet"]
    assert limits["policy"] == {"maxInstalments": 6}
    await charge(factory, invoice, "50.00")
    made = await propose(carla, invoice, chargesForgiven="50.00")
    plan = made["plan"]
    assert (plan["state"], plan["needsApproval"], plan["total"]) == (
        "PROPOSED",
        True,
        {"amount": "1000.00", "currencyCode": "MXN"},
    )
    assert made["customer"]["plans"] == [{"id": plan["id"]}]
    again = await propose(carla, invoice, chargesForgiven="50.00")
    assert (again["replayed"], again["plan"]["id"]) == (True, plan["id"])

    early = await do(carla, "planActivate", plan["id"], "early")
    assert [error["code"] for error in early["errors"]] == ["PLAN_NEEDS_APPROVAL"]
    denied = await do(carla, "planApprove", plan["id"])
    assert [error["__typename"] for error in denied["errors"]] == ["PermissionError"]
    approved = await do(boss, "planApprove", plan["id"])
    assert approved["plan"]["approver"] == {"name": chief.name}
    assert approved["plan"]["approvedAt"] is not None

    signed = (await do(carla, "planActivate", plan["id"]))["plan"]
    assert (signed["state"], signed["activatedOn"]) == ("ACTIVE", "2026-11-16")
    assert signed["receivables"] == [
        {"number": invoice.number, "isInPlan": True, "balance": {"amount": "1050.00"}}
    ]
    assert [each["state"] for each in signed["instalments"]] == ["PENDING"] * 3
    conflict = await do(carla, "planActivate", plan["id"], "twice")
    assert [(error["__typename"], error["code"]) for error in conflict["errors"]] == [
        ("ConflictError", "PLAN_NOT_PROPOSED")
    ]

    cancelled = (await do(carla, "planCancel", plan["id"]))["plan"]
    assert (cancelled["state"], cancelled["endedOn"]) == ("CANCELLED", "2026-11-16")
    assert not cancelled["receivables"][0]["isInPlan"]


async def test_a_collector_sets_no_policy(carla: Client, factory: Factory) -> None:
    before = await rows(factory)
    denied = (await carla.ask(POLICY, input=LIMITS))["planPolicySet"]
    assert [error["code"] for error in denied["errors"]] == ["NOT_PERMITTED"]
    assert await rows(factory) == before


async def test_the_agreement_is_a_file_of_who_may_see_the_plan(
    carla: Client, visitors: Visitors, factory: Factory, invoice: Receivable
) -> None:
    plan = (await propose(carla, invoice, annualPercent="12"))["plan"]
    answer = await carla.http.get(plan["agreementPath"])
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{plan["reference"]}.pdf"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert (await carla.http.get(plan["agreementPath"])).content == answer.content

    path = plan["agreementPath"]
    assert (await (await visitors.stranger()).http.get(path)).status_code == 401
    assert (await (await visitors.member("collector"))[0].http.get(path)).status_code == 404
    assert (await (await visitors.script(Scope.CUSTOMERS_READ)).http.get(path)).status_code == 403
    assert (await (await visitors.script(Scope.PLANS_READ)).http.get(path)).status_code == 200
    assert (await carla.http.get("/plans/nonsense/agreement.pdf")).status_code == 404
    foreign = ids.encode("Receivable", invoice.id)
    assert (await carla.http.get(f"/plans/{foreign}/agreement.pdf")).status_code == 404
