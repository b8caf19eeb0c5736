"""The closed vocabularies of the rules, as GraphQL enums: upper snake case, said once for both schemas."""

from __future__ import annotations

from enum import Enum

import strawberry

from cartera.actors import ActorKind
from cartera.rules.activities import ActivityKind, ActivityOutcome, TaskKind, TaskState
from cartera.rules.aging import AgingBucket
from cartera.rules.charge_rules import Basis, Posting
from cartera.rules.charges import ChargeKind
from cartera.rules.customers import AddressState, ContactRole, DebtorType, Language
from cartera.rules.disputes import DisputeReason, DisputeState
from cartera.rules.imputation import ImputationOrder
from cartera.rules.interest import DayCount
from cartera.rules.messages import Channel, HoldRule, MessageState, Template
from cartera.rules.outbox import ChangeKind
from cartera.rules.payments import AttemptState, PaymentMethod
from cartera.rules.permissions import Role
from cartera.rules.plan_schedules import Frequency
from cartera.rules.plans import InstalmentState, PlanState
from cartera.rules.priority import PriorityReason
from cartera.rules.promises import PromiseChannel, PromiseState
from cartera.rules.rates import RateKind
from cartera.rules.receivables import EntryKind, ReceivableKind, ReceivableState

for vocabulary in (
    ActivityKind,
    ActivityOutcome,
    ActorKind,
    AddressState,
    AgingBucket,
    AttemptState,
    ChangeKind,
    Channel,
    ChargeKind,
    ContactRole,
    DayCount,
    DebtorType,
    DisputeReason,
    DisputeState,
    EntryKind,
    HoldRule,
    ImputationOrder,
    InstalmentState,
    Language,
    MessageState,
    PaymentMethod,
    PlanState,
    PromiseChannel,
    PromiseState,
    RateKind,
    ReceivableKind,
    ReceivableState,
    Role,
    TaskKind,
    TaskState,
):
    strawberry.enum(vocabulary)

strawberry.enum(Basis, name="ChargeBasis")
strawberry.enum(Posting, name="ChargePosting")
strawberry.enum(Template, name="MessageTemplate")
strawberry.enum(Frequency, name="PlanFrequency")
strawberry.enum(PriorityReason, name="PriorityReasonCode")


@strawberry.enum
class Direction(Enum):
    ASC = "asc"
    DESC = "desc"
