"""Types that refer to each other in a circle, by a name that is looked up once all of them are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from api.schema.collector.charges import Charge
    from api.schema.collector.customers import Customer
    from api.schema.collector.disputes import Dispute
    from api.schema.collector.instruments import Instrument, InstrumentConnection
    from api.schema.collector.payments import CreditNote, Payment
    from api.schema.collector.plans import Plan
    from api.schema.collector.promises import Promise, PromiseConnection
    from api.schema.collector.receivables import Receivable, ReceivableConnection
    from api.schema.collector.timeline import TimelineConnection

LazyCharge = Annotated["Charge", strawberry.lazy("api.schema.collector.charges")]
LazyCustomer = Annotated["Customer", strawberry.lazy("api.schema.collector.customers")]
LazyCreditNote = Annotated["CreditNote", strawberry.lazy("api.schema.collector.payments")]
LazyInstrument = Annotated["Instrument", strawberry.lazy("api.schema.collector.instruments")]
LazyInstruments = Annotated["InstrumentConnection", strawberry.lazy("api.schema.collector.instruments")]
LazyPayment = Annotated["Payment", strawberry.lazy("api.schema.collector.payments")]
LazyPlan = Annotated["Plan", strawberry.lazy("api.schema.collector.plans")]
LazyDispute = Annotated["Dispute", strawberry.lazy("api.schema.collector.disputes")]
LazyPromise = Annotated["Promise", strawberry.lazy("api.schema.collector.promises")]
LazyPromises = Annotated["PromiseConnection", strawberry.lazy("api.schema.collector.promises")]
LazyReceivable = Annotated["Receivable", strawberry.lazy("api.schema.collector.receivables")]
LazyTimeline = Annotated["TimelineConnection", strawberry.lazy("api.schema.collector.timeline")]
LazyReceivables = Annotated["ReceivableConnection", strawberry.lazy("api.schema.collector.receivables")]
