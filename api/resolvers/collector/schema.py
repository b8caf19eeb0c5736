"""The collectors' and partners' schema, put together."""

from __future__ import annotations

import strawberry

from api.resolvers.collector.changes import Subscription
from api.resolvers.collector.customers import CustomerQueries
from api.resolvers.collector.nodes import NodeQueries
from api.resolvers.collector.promises import PromiseQueries
from api.resolvers.collector.receivables import ReceivableQueries
from api.resolvers.collector.viewer import ViewerQueries
from api.schema.make import make_schema


@strawberry.type
class Query(CustomerQueries, NodeQueries, PromiseQueries, ReceivableQueries, ViewerQueries):
    pass


schema = make_schema(query=Query, subscription=Subscription)
