"""What an organization charges for lateness or agreed with a customer, and the dated values for both."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from cartera.db.base import Base, Row, Tenant, belongs_to, check, in_organization, index, one_of, unique
from cartera.rules.charge_rules import Basis, Posting
from cartera.rules.imputation import ImputationOrder
from cartera.rules.interest import DayCount

_PERCENT = Numeric(24, 10)


class _Terms:
    """The columns of ``charge_rules.Terms``, and the order of imputation where it is not the country's."""

    basis: Mapped[str]
    agreed_percent: Mapped[Decimal | None] = mapped_column(_PERCENT)
    penalty_percent: Mapped[Decimal | None] = mapped_column(_PERCENT)
    cap_percent: Mapped[Decimal | None] = mapped_column(_PERCENT)
    day_count: Mapped[str | None]
    imputation: Mapped[str | None]


class ChargePolicy(_Terms, Tenant, Base):
    """The organization's own, at most one row; without one nothing is charged and no collector waives.

    A role may waive up to its percent of a charge and up to its minor units of base currency, all waivers
    of that charge together; NULL sets no bound.
    """

    __tablename__ = "charge_policy"
    __table_args__ = (
        in_organization("charge_policy"),
        one_of("charge_policy", "basis", Basis),
        one_of("charge_policy", "day_count", DayCount),
        one_of("charge_policy", "imputation", ImputationOrder),
        one_of("charge_policy", "posting", Posting),
    )

    posting: Mapped[str]
    collector_waiver_percent: Mapped[Decimal | None] = mapped_column(_PERCENT)
    collector_waiver_minor: Mapped[int | None]
    manager_waiver_percent: Mapped[Decimal | None] = mapped_column(_PERCENT)
    manager_waiver_minor: Mapped[int | None]
    updated_at: Mapped[datetime]


class ChargeAgreement(_Terms, Tenant, Base):
    """What was agreed with one customer; it takes the place of the organization's terms as a whole."""

    __tablename__ = "charge_agreement"
    __table_args__ = (
        belongs_to("charge_agreement", "customer_id", "customer"),
        one_of("charge_agreement", "basis", Basis),
        one_of("charge_agreement", "day_count", DayCount),
        one_of("charge_agreement", "imputation", ImputationOrder),
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    updated_at: Mapped[datetime]


class InterestRate(Row, Base):
    """Percent a year under a code (``cl.interes_corriente``), in force until the next of its code."""

    __tablename__ = "interest_rate"
    __table_args__ = (
        in_organization("interest_rate"),
        unique("interest_rate", "code", "valid_from"),
        index("interest_rate", "valid_from", "code", suffix="day"),
    )

    code: Mapped[str]
    valid_from: Mapped[date]
    annual_percent: Mapped[Decimal] = mapped_column(_PERCENT)
    source: Mapped[str]


class IndexValue(Row, Base):
    """What a unit of account (``cl.uf``) is worth on a day, in minor units of its country's currency."""

    __tablename__ = "index_value"
    __table_args__ = (
        in_organization("index_value"),
        unique("index_value", "code", "quoted_on"),
        check("index_value", "positive", "value > 0"),
        index("index_value", "quoted_on", "code", suffix="day"),
    )

    code: Mapped[str]
    quoted_on: Mapped[date]
    value: Mapped[Decimal] = mapped_column(Numeric(24, 10))
    source: Mapped[str]
