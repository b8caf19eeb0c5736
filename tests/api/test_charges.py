"""Charges over GraphQL: preview, post, add, waive; policies, agreements and rates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from cartera.db.tables.customers import Customer
from cartera.db.tables.receivables import Receivable
from tests.api.conftest import Client, Visitors, node_id
from tests.api.test_customer_details import statements
from tests.api.test_rates import rates_set
from tests.factories import TODAY, Factory

ERRORS = "... on UserErrors { errors { __typename code message path } }"
LINE = """
  kind rule source amount { amount currencyCode } base { amount } rate dayCount fromOn toOn dueOn
  receivable { number }
"""
ASSESS = f"""
query ($customer: ID!, $asOf: Date, $only: [ID!]) {{
  chargeAssess(customerId: $customer, asOf: $asOf, receivableIds: $only) {{
    lines {{ {LINE} }} lacking {{ rule code on receivable {{ number }} }}
  }}
}}
"""
POST = f"""
mutation ($input: ChargePostInput!) {{
  chargePost(input: $input) {{
    __typename
    ... on ChargePostSuccess {{
      replayed charges {{ id {LINE} balance {{ amount }} }} customer {{ account {{ balance {{ amount }} }} }}
    }}
    {ERRORS}
  }}
}}
"""
ADD = f"""
mutation ($input: ChargeAddInput!) {{
  chargeAdd(input: $input) {{
    __typename
    ... on ChargeAddSuccess {{
      replayed
      charge {{ id kind rule amount {{ amount }} balance {{ amount }} note
               receivable {{ charges {{ amount }} chargeLines {{ rule note }} }} }}
    }}
    {ERRORS}
  }}
}}
"""
WAIVE = f"""
mutation ($input: ChargeWaiveInput!) {{
  chargeWaive(input: $input) {{
    __typename
    ... on ChargeWaiveSuccess {{
      replayed charge {{ balance {{ amount }} settled {{ amount }} receivable {{ entries {{ kind note }} }} }}
    }}
    {ERRORS}
  }}
}}
"""
POLICY = f"""
mutation ($input: ChargePolicySetInput!) {{
  chargePolicySet(input: $input) {{
    __typename
    ... on ChargePolicySetSuccess {{
      policy {{
        posting terms {{ basis agreedPercent capPercent dayCount imputation imputationSource }}
        collectorWaiver {{ percent amount {{ amount currencyCode }} }} managerWaiver {{ percent }}
      }}
    }}
    {ERRORS}
  }}
}}
"""
AGREEMENT = f"""
mutation ($input: ChargeAgreementSetInput!) {{
  chargeAgreementSet(input: $input) {{
    __typename
    ... on ChargeAgreementSetSuccess {{
      terms {{ basis agreedPercent dayCount imputation imputationSource }} customer {{ name }}
    }}
    {ERRORS}
  }}
}}
"""
BY_HAND = {"terms": {"basis": "LEGAL"}, "posting": "BY_HAND", "collectorWaiver": {}, "managerWaiver": {}}
WRITTEN = ("charge", "entry", "charge_policy", "charge_agreement", "interest_rate", "exchange_rate")


@pytest.fixture
async def customer(factory: Factory) -> Customer:
    return await factory.customer("Papelería El Sol")


@pytest.fixture
async def debt(factory: Factory, customer: Customer) -> Receivable:
    return await factory.receivable(customer, "100000.00", due_on=TODAY - timedelta(days=30))


async def _counts(factory: Factory) -> dict[str, int]:
    async with factory.read() as tx:
        return {
            table: int(await tx.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
            for table in (*WRITTEN, "index_value", "audit_entry", "outbox")
        }


async def _do(client: Client, mutation: str, given: dict[str, Any]) -> dict[str, Any]:
    (answer,) = (await client.ask(mutation, input=given)).values()
    found: dict[str, Any] = answer
    return found


def _posting(customer: Customer, **given: Any) -> dict[str, Any]:
    return {
        "idempotencyKey": "k1",
        "customerId": node_id("Customer", customer.id),
        "asOf": TODAY.isoformat(),
    } | given


def _adding(debt: Receivable, **given: Any) -> dict[str, Any]:
    return {
        "idempotencyKey": "k1",
        "receivableId": node_id("Receivable", debt.id),
        "kind": "BOUNCE_FEE",
        "amount": "350.00",
        "currencyCode": "MXN",
        "reason": "Cheque 1042 devuelto",
    } | given


async def test_what_is_previewed_is_what_is_posted_line_by_line(
    anna: Client, customer: Customer, debt: Receivable
) -> None:
    await _do(anna, POLICY, BY_HAND)
    seen = await anna.ask(ASSESS, customer=node_id("Customer", customer.id))
    line = {
        "kind": "INTEREST",
        "rule": "mx.commercial_interest",
        "source": "Código de Comercio 362: 6 % a year from the day after maturity, unless agreed",
        "amount": {"amount": "493.15", "currencyCode": "MXN"},
        "base": {"amount": "100000.00"},
        "rate": "6",
        "dayCount": "ACTUAL_365",
        "fromOn": "2026-10-18",
        "toOn": "2026-11-17",
        "dueOn": "2026-11-17",
        "receivable": {"number": debt.number},
    }
    assert seen["chargeAssess"] == {"lines": [line], "lacking": []}
    posted = await _do(anna, POST, _posting(customer))
    (charge,) = posted["charges"]
    assert charge == line | {"id": charge["id"], "balance": {"amount": "493.15"}}
    assert posted["customer"]["account"]["balance"] == {"amount": "100493.15"}
    again = await _do(anna, POST, _posting(customer))
    assert ([each["id"] for each in again["charges"]], again["replayed"]) == ([charge["id"]], True)
    node = await anna.ask(
        "query ($id: ID!) { node(id: $id) { ... on Charge { rule rate } } }", id=charge["id"]
    )
    assert node["node"] == {"rule": "mx.commercial_interest", "rate": "6"}


async def test_a_rate_that_is_lacking_is_named_until_it_is_entered(anna: Client, factory: Factory) -> None:
    async with factory.db.directory() as session:
        await session.execute(text(f"SET LOCAL app.organization = '{factory.organization_id}'"))
        await session.execute(text("UPDATE organization SET country = 'ES'"))
    customer = await factory.customer()
    await factory.receivable(customer, "1000.00", currency="EUR", due_on=TODAY - timedelta(days=1))
    await _do(anna, POLICY, BY_HAND)
    key = node_id("Customer", customer.id)
    seen = (await anna.ask(ASSESS, customer=key))["chargeAssess"]
    assert [(each["rule"], each["code"], each["on"]) for each in seen["lacking"]] == [
        ("es.late_interest", "eu.reference", "2026-11-16")
    ]
    assert [(each["rule"], each["amount"]["amount"]) for each in seen["lines"]] == [
        ("es.compensation", "40.00")
    ]
    rates = [{"code": "eu.reference", "validFrom": "2026-07-01", "annualPercent": "2.15", "source": "BCE"}]
    done = await anna.ask(
        "mutation ($input: InterestRateSetInput!) { interestRateSet(input: $input) {"
        f" ... on RateSetSuccess {{ count }} {ERRORS} }} }}",
        input={"rates": rates},
    )
    assert done["interestRateSet"] == {"count": 1}
    seen = (await anna.ask(ASSESS, customer=key))["chargeAssess"]
    assert [(each["rule"], each["rate"], each["amount"]["amount"]) for each in seen["lines"]] == [
        ("es.late_interest", "10.15", "0.28"),
        ("es.compensation", None, "40.00"),
    ]


async def test_a_charge_is_added_by_hand_and_waived_within_the_limit(
    visitors: Visitors, anna: Client, factory: Factory
) -> None:
    client, rosa = await visitors.member("collector")
    customer = await factory.customer("Suyo", collector_id=rosa.id)
    debt = await factory.receivable(customer, "1000.00")
    added = await _do(client, ADD, _adding(debt))
    assert added["charge"] | {"id": None} == {
        "id": None,
        "kind": "BOUNCE_FEE",
        "rule": "by_hand",
        "amount": {"amount": "350.00"},
        "balance": {"amount": "350.00"},
        "note": "Cheque 1042 devuelto",
        "receivable": {
            "charges": {"amount": "350.00"},
            "chargeLines": [{"rule": "by_hand", "note": "Cheque 1042 devuelto"}],
        },
    }
    waiver = {
        "idempotencyKey": "w1",
        "chargeId": added["charge"]["id"],
        "reason": "Cliente puntual",
        "amount": "100.00",
    }
    before = await _counts(factory)
    denied = await _do(client, WAIVE, waiver)
    assert [(each["code"], each["path"], each["message"]) for each in denied["errors"]] == [
        (
            "WAIVER_NEEDS_MANAGER",
            ["amount"],
            "Puede condonar hasta 0.00 MXN de este cargo; más que eso lo autoriza un gerente.",
        )
    ]
    assert await _counts(factory) == before
    await _do(anna, POLICY, BY_HAND | {"collectorWaiver": {"percent": "50"}})
    done = await _do(client, WAIVE, waiver)
    assert (done["charge"]["balance"], done["charge"]["settled"]) == (
        {"amount": "250.00"},
        {"amount": "100.00"},
    )
    assert {"kind": "WAIVER", "note": "Cliente puntual"} in done["charge"]["receivable"]["entries"]
    assert (await _do(client, WAIVE, waiver))["replayed"] is True


async def test_a_policy_and_an_agreement_are_told_as_they_were_set(
    anna: Client, customer: Customer, debt: Receivable
) -> None:
    usual = (await anna.ask("{ chargePolicy { posting terms { basis imputation imputationSource } } }"))[
        "chargePolicy"
    ]
    assert usual == {
        "posting": "OFF",
        "terms": {
            "basis": "NONE",
            "imputation": "INTEREST_COST_PRINCIPAL",
            "imputationSource": "Código de Comercio 364: interest by order of maturity, then principal",
        },
    }
    given = {
        "terms": {
            "basis": "AGREED",
            "agreedPercent": "24.50",
            "capPercent": "100",
            "dayCount": "ACTUAL_360",
        },
        "posting": "AUTOMATIC",
        "collectorWaiver": {"percent": "10", "amount": "500.00"},
        "managerWaiver": {},
        "imputation": "PRINCIPAL_INTEREST_COST",
    }
    done = await _do(anna, POLICY, given)
    assert done["policy"] == {
        "posting": "AUTOMATIC",
        "terms": {
            "basis": "AGREED",
            "agreedPercent": "24.5",
            "capPercent": "100",
            "dayCount": "ACTUAL_360",
            "imputation": "PRINCIPAL_INTEREST_COST",
            "imputationSource": None,
        },
        "collectorWaiver": {"percent": "10", "amount": {"amount": "500.00", "currencyCode": "MXN"}},
        "managerWaiver": {"percent": None},
    }
    key = node_id("Customer", customer.id)
    agreed = await _do(
        anna, AGREEMENT, {"customerId": key, "terms": {"basis": "AGREED", "agreedPercent": "12"}}
    )
    assert agreed["terms"]["agreedPercent"] == "12"
    seen = (await anna.ask(ASSESS, customer=key))["chargeAssess"]["lines"]
    assert [(each["rule"], each["rate"], each["amount"]["amount"]) for each in seen] == [
        ("agreed.interest", "12", "986.30")
    ]
    ended = await _do(anna, AGREEMENT, {"customerId": key})
    assert ended["terms"] is None
    found = await anna.ask("query ($id: ID!) { chargeAgreement(customerId: $id) { basis } }", id=key)
    assert found["chargeAgreement"] is None


@pytest.mark.parametrize(
    ("mutation", "given", "code", "path"),
    [
        (POST, {}, "POSTING_OFF", []),
        (POST, {"asOf": "2126-01-01"}, "AS_OF_IN_FUTURE", ["asOf"]),
        (POST, {"customerId": "Q3VzdG9tZXI6eA=="}, "NOT_FOUND", ["customerId"]),
        (POST, {"receivableIds": ["x"]}, "NOT_FOUND", ["receivableIds"]),
        (ADD, {"amount": "0"}, "AMOUNT_NOT_POSITIVE", ["amount"]),
        (ADD, {"amount": "-1.00"}, "AMOUNT_NOT_POSITIVE", ["amount"]),
        (ADD, {"amount": "0.001"}, "TOO_PRECISE", ["amount"]),
        (ADD, {"amount": "9" * 30}, "TOO_LARGE", ["amount"]),
        (ADD, {"currencyCode": "USD"}, "CURRENCY_MISMATCH", ["amount"]),
        (ADD, {"reason": " "}, "WORDS_MISSING", ["reason"]),
        (ADD, {"reason": "x" * 100_000}, "TOO_LONG", ["reason"]),
        (ADD, {"dueOn": "2126-01-01"}, "DATE_OUT_OF_RANGE", ["dueOn"]),
        (ADD, {"idempotencyKey": ""}, "IDEMPOTENCY_KEY_LENGTH", ["idempotencyKey"]),
    ],
)
async def test_bad_input_is_said_by_field_and_changes_nothing(
    anna: Client,
    factory: Factory,
    customer: Customer,
    debt: Receivable,
    mutation: str,
    given: dict[str, Any],
    code: str,
    path: list[str],
) -> None:
    before = await _counts(factory)
    whole = (_posting(customer) if mutation is POST else _adding(debt)) | given
    refused = await _do(anna, mutation, whole)
    assert [(each["code"], each["path"]) for each in refused["errors"]] == [(code, path)]
    assert refused["errors"][0]["message"]
    assert await _counts(factory) == before


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"terms": {"basis": "AGREED"}}, "AGREED_TERMS_MISSING", ["terms", "agreedPercent"]),
        (
            {"terms": {"basis": "AGREED", "agreedPercent": "1000.1"}},
            "TERMS_PERCENT_OUT_OF_RANGE",
            ["terms", "agreedPercent"],
        ),
        (
            {"terms": {"basis": "LEGAL", "capPercent": "-1"}},
            "TERMS_PERCENT_OUT_OF_RANGE",
            ["terms", "capPercent"],
        ),
        (
            {"collectorWaiver": {"percent": "101"}},
            "WAIVER_LIMIT_OUT_OF_RANGE",
            ["collectorWaiver", "percent"],
        ),
        ({"managerWaiver": {"amount": "-1.00"}}, "WAIVER_LIMIT_OUT_OF_RANGE", ["managerWaiver", "amount"]),
        ({"managerWaiver": {"amount": "0.001"}}, "TOO_PRECISE", ["managerWaiver", "amount"]),
    ],
)
async def test_bad_policies_are_refused(
    anna: Client, factory: Factory, given: dict[str, Any], code: str, path: list[str]
) -> None:
    before = await _counts(factory)
    refused = await _do(anna, POLICY, BY_HAND | given)
    assert [(each["code"], each["path"]) for each in refused["errors"]] == [(code, path)]
    assert await _counts(factory) == before


async def test_a_collector_neither_sets_policies_nor_rates(
    visitors: Visitors, factory: Factory, customer: Customer
) -> None:
    client, _ = await visitors.member("collector")
    before = await _counts(factory)
    rate = {"quotedOn": TODAY.isoformat(), "source": "x"}
    for mutation, given in (
        (POLICY, BY_HAND),
        (AGREEMENT, {"customerId": node_id("Customer", customer.id)}),
        (rates_set("exchangeRateSet"), {"rates": [rate | {"currencyCode": "USD", "rate": "18.5"}]}),
        (rates_set("indexValueSet"), {"values": [rate | {"code": "cl.uf", "value": "39000"}]}),
    ):
        denied = await _do(client, mutation, given)
        assert [each["code"] for each in denied["errors"]] == ["NOT_PERMITTED"]
    assert await _counts(factory) == before


async def test_what_was_posted_is_read_at_once_however_many_lines_it_is(
    anna: Client, factory: Factory
) -> None:
    await _do(anna, POLICY, BY_HAND)
    taken = []
    for documents in (2, 9):
        late = await factory.customer(f"Con {documents}")
        for _ in range(documents):
            await factory.receivable(late, "1000.00", due_on=TODAY - timedelta(days=30))
        with statements(factory.db) as seen:
            done = await _do(anna, POST, _posting(late, idempotencyKey=f"k{documents}"))
        assert len(done["charges"]) >= documents
        taken.append(sum("FROM charge" in each and "charge.id IN" in each for each in seen))
    assert taken[0] == taken[1]
