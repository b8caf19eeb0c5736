"""The closed vocabularies of the rules, as GraphQL enums: upper snake case, said once for both schemas."""

from __future__ import annotations

from enum import Enum

import strawberry

from cartera.actors import ActorKind
from cartera.rules.activities import ActivityKind, ActivityOutcome, TaskKind, TaskState
from cartera.rules.aging import AgingBucket
from cartera.rules.customers import AddressState, ContactRole, DebtorType, Language
from cartera.rules.disputes import DisputeReason, DisputeState
from cartera.rules.messages import Channel, HoldRule, MessageState, Template
from cartera.rules.outbox import ChangeKind
from cartera.rules.payments import AttemptState, PaymentMethod
from cartera.rules.permissions import Role
from cartera.rules.priority import PriorityReason
from cartera.rules.promises import PromiseChannel, PromiseState
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
    ContactRole,
    DebtorType,
    DisputeReason,
    DisputeState,
    EntryKind,
    HoldRule,
    Language,
    MessageState,
    PaymentMethod,
    PromiseChannel,
    PromiseState,
    ReceivableKind,
    ReceivableState,
    Role,
    TaskKind,
    TaskState,
):
    strawberry.enum(vocabulary)

strawberry.enum(Template, name="MessageTemplate")
strawberry.enum(PriorityReason, name="PriorityReasonCode")


@strawberry.enum
class Direction(Enum):
    ASC = "asc"
    DESC = "desc"
