"""Types that refer to each other in a circle, by a name that is looked up once all of them are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from api.schema.collector.customers import Customer
    from api.schema.collector.disputes import Dispute
    from api.schema.collector.payments import CreditNote, Payment
    from api.schema.collector.promises import Promise, PromiseConnection
    from api.schema.collector.receivables import Receivable, ReceivableConnection
    from api.schema.collector.timeline import TimelineConnection

LazyCustomer = Annotated["Customer", strawberry.lazy("api.schema.collector.customers")]
LazyCreditNote = Annotated["CreditNote", strawberry.lazy("api.schema.collector.payments")]
LazyPayment = Annotated["Payment", strawberry.lazy("api.schema.collector.payments")]
LazyDispute = Annotated["Dispute", strawberry.lazy("api.schema.collector.disputes")]
LazyPromise = Annotated["Promise", strawberry.lazy("api.schema.collector.promises")]
LazyPromises = Annotated["PromiseConnection", strawberry.lazy("api.schema.collector.promises")]
LazyReceivable = Annotated["Receivable", strawberry.lazy("api.schema.collector.receivables")]
LazyTimeline = Annotated["TimelineConnection", strawberry.lazy("api.schema.collector.timeline")]
LazyReceivables = Annotated["ReceivableConnection", strawberry.lazy("api.schema.collector.receivables")]
