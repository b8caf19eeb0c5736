"""The collectors' and partners' schema, put together."""

from __future__ import annotations

import strawberry

from api.resolvers.collector.activities import ActivityMutations
from api.resolvers.collector.books import BooksMutations
from api.resolvers.collector.changes import Subscription
from api.resolvers.collector.charges import ChargeMutations, ChargeQueries
from api.resolvers.collector.credit_notes import CreditNoteMutations
from api.resolvers.collector.customers import CustomerMutations, CustomerQueries
from api.resolvers.collector.disputes import DisputeMutations, DisputeQueries
from api.resolvers.collector.imports import ImportMutations, ImportQueries
from api.resolvers.collector.instruments import InstrumentMutations, InstrumentQueries
from api.resolvers.collector.metrics import MetricQueries
from api.resolvers.collector.nodes import NodeQueries
from api.resolvers.collector.payments import PaymentMutations
from api.resolvers.collector.plans import PlanMutations, PlanQueries
from api.resolvers.collector.promises import PromiseMutations, PromiseQueries
from api.resolvers.collector.rates import RateMutations, RateQueries
from api.resolvers.collector.receivables import ReceivableQueries
from api.resolvers.collector.reminders import ReminderMutations
from api.resolvers.collector.tasks import TaskMutations
from api.resolvers.collector.viewer import ViewerQueries
from api.resolvers.collector.write_offs import WriteOffMutations
from api.schema.collector.errors import ERROR_TYPES
from api.schema.make import make_schema


@strawberry.type
class Query(
    ChargeQueries,
    CustomerQueries,
    DisputeQueries,
    ImportQueries,
    InstrumentQueries,
    MetricQueries,
    NodeQueries,
    PlanQueries,
    PromiseQueries,
    RateQueries,
    ReceivableQueries,
    ViewerQueries,
):
    pass


@strawberry.type
class Mutation(
    ActivityMutations,
    BooksMutations,
    ChargeMutations,
    CreditNoteMutations,
    CustomerMutations,
    DisputeMutations,
    ImportMutations,
    InstrumentMutations,
    PaymentMutations,
    PlanMutations,
    PromiseMutations,
    RateMutations,
    ReminderMutations,
    TaskMutations,
    WriteOffMutations,
):
    pass


schema = make_schema(query=Query, mutation=Mutation, subscription=Subscription, types=ERROR_TYPES)
