"""The portal's schema, put together."""

from __future__ import annotations

import strawberry

from api.resolvers.portal import disputes, payments, portal, promises
from api.schema.make import make_schema
from api.schema.portal.disputes import DisputeOpenResult
from api.schema.portal.errors import ConflictError, NotFoundError, ValidationError
from api.schema.portal.payments import PaymentAttempt, PaymentStartResult
from api.schema.portal.portal import Portal
from api.schema.portal.promises import PromiseMakeResult


@strawberry.type
class Query:
    portal: Portal = strawberry.field(resolver=portal.portal)
    attempt: PaymentAttempt | None = strawberry.field(
        resolver=payments.attempt, description="How a payment that was started stands; poll it."
    )


@strawberry.type
class Mutation:
    dispute_open: DisputeOpenResult = strawberry.field(
        resolver=disputes.dispute_open, description="Say what is wrong with a document; it is looked into."
    )
    payment_start: PaymentStartResult = strawberry.field(
        resolver=payments.payment_start, description="Answers with the gateway's page; go there."
    )
    promise_make: PromiseMakeResult = strawberry.field(resolver=promises.promise_make)


schema = make_schema(query=Query, mutation=Mutation, types=[ValidationError, NotFoundError, ConflictError])
