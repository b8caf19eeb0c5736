"""One customer with its contacts and tags, as rows."""

from __future__ import annotations

from random import Random
from typing import NamedTuple
from uuid import UUID

from cartera.db.tables.assignments import FROM_THE_START
from cartera.demo import names, words
from cartera.demo.calendars import SLOTS
from cartera.demo.profiles import INDUSTRIES, TIME_ZONES, Kind, Payer, Profile
from cartera.demo.rows import Assignment, Contact, Customer, CustomerTag, Rows
from cartera.demo.tax_ids import tax_id
from cartera.demo.world import World
from cartera.rules.customers import AddressState, ContactRole, DebtorType, Language

# Roles in the order in which a customer has somebody for them.
_MAILBOXES = {
    ContactRole.DUNNING: "pagos",
    ContactRole.BILLING: "facturas",
    ContactRole.MANAGEMENT: "direccion",
}


class Known(NamedTuple):
    """What the rest of the story needs to know of a customer."""

    id: UUID
    collector_id: UUID
    salesperson_id: UUID
    contact_id: UUID
    contact_name: str


def write_customer(world: World, rows: Rows, rng: Random, profile: Profile, receivables: int) -> Known:
    """Adds the customer, its contacts and tags; ``receivables`` it has had in two years."""
    customer_id = next(world.ids)
    is_person = profile.kind is Kind.PERSON
    legal_name, trade_name = world.names.customer(rng, profile.kind, profile.country, profile.industry)
    collector_id, _ = rng.choice(world.collectors[profile.country])
    salesperson_id, _ = rng.choice(world.salespeople[profile.country])
    language = Language.EN if profile.currency == "USD" and rng.random() < 0.3 else Language.ES
    since = world.moments[profile.first_day * SLOTS]
    rows.customer.append(
        Customer(
            id=customer_id,
            external_id=f"C{next(world.customers):05d}",
            name=legal_name,
            name_search=legal_name.lower(),
            tax_id=tax_id(rng, profile.country, trade_name, person=is_person),
            segment=profile.segment,
            industry=INDUSTRIES[profile.industry],
            customer_group=None if is_person or rng.random() > 0.1 else rng.choice(words.GROUPS),
            collector_id=collector_id,
            salesperson_id=salesperson_id,
            country=profile.country,
            language=language,
            time_zone=rng.choice(TIME_ZONES[profile.country]),
            debtor_type=DebtorType.CONSUMER if is_person else DebtorType.COMPANY,
            credit_limit_minor=_credit_limit(profile, receivables),
            credit_currency=profile.currency,
            created_at=since,
            updated_at=since,
        )
    )
    rows.assignment.append(_assignment(world, rows.customer[-1]))
    if rng.random() < 0.3:
        chosen = sorted(rng.sample(words.TAGS, rng.choice((1, 1, 2))))
        rows.customer_tag.extend(CustomerTag(customer_id, tag) for tag in chosen)
    contact = _write_contacts(world, rows, rng, profile, customer_id, trade_name, language)
    return Known(customer_id, collector_id, salesperson_id, contact.id, names.short_name(contact.name))


def _assignment(world: World, customer: Customer) -> Assignment:
    return Assignment(
        id=next(world.ids),
        customer_id=customer.id,
        valid_from=FROM_THE_START,
        collector_id=customer.collector_id,
        salesperson_id=customer.salesperson_id,
        segment=customer.segment,
        recorded_at=customer.created_at,
        actor="system:demo",
    )


def _credit_limit(profile: Profile, receivables: int) -> int:
    """About what the customer buys while its terms run, twice over, in round figures."""
    orders = 2 + receivables * profile.terms // 365
    limit = profile.typical_minor(profile.currency) * orders
    magnitude: int = 10 ** max(0, len(str(limit)) - 2)
    return max(magnitude, limit - limit % magnitude)


def _write_contacts(
    world: World,
    rows: Rows,
    rng: Random,
    profile: Profile,
    customer_id: UUID,
    trade_name: str,
    language: Language,
) -> Contact:
    """The contact for collection first, then perhaps one for invoices and one for the management."""
    is_person = profile.kind is Kind.PERSON
    roles = list(_MAILBOXES)[: 1 if is_person else rng.choice((1, 2, 3))]
    since = world.moments[profile.first_day * SLOTS]
    for role in roles:
        name = trade_name if is_person else names.person(rng, profile.country)
        email = f"{_MAILBOXES[role]}@{names.slug(trade_name)}.example"
        rows.contact.append(
            Contact(
                id=next(world.ids),
                customer_id=customer_id,
                match_key=email,
                name=name,
                role=role,
                email=email,
                email_state=_address_state(rng, profile),
                phone=names.phone(rng, profile.country),
                phone_state=_address_state(rng, profile),
                language=language,
                accepts_email=rng.random() < 0.97,
                accepts_sms=rng.random() < 0.7,
                accepts_whatsapp=rng.random() < 0.6,
                is_primary=role is ContactRole.DUNNING,
                created_at=since,
                updated_at=since,
            )
        )
    return rows.contact[-len(roles)]


def _address_state(rng: Random, profile: Profile) -> AddressState:
    if profile.payer is Payer.SINKING and rng.random() < 0.25:
        return AddressState.WRONG
    return AddressState.VERIFIED if rng.random() < 0.6 else AddressState.UNVERIFIED
