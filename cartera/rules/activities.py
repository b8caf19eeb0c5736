"""Activities (what was done), tasks (what is to be done), disputes: kinds and outcomes."""

from __future__ import annotations

from enum import StrEnum


class ActivityKind(StrEnum):
    CALL = "call"
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    LETTER = "letter"
    VISIT = "visit"
    NOTE = "note"


class ActivityOutcome(StrEnum):
    REACHED = "reached"
    PROMISED = "promised"
    REFUSED = "refused"
    DISPUTED = "disputed"
    SAYS_PAID = "says_paid"
    CALL_BACK = "call_back"
    LEFT_MESSAGE = "left_message"
    NO_ANSWER = "no_answer"
    WRONG_PERSON = "wrong_person"
    WRONG_NUMBER = "wrong_number"
    NONE = "none"


class TaskKind(StrEnum):
    CALL = "call"
    EMAIL = "email"
    VISIT = "visit"
    # Money in sight could cover what is due; closed once it no longer could.
    REVIEW_PAYMENT = "review_payment"
    # Money went back: which debts stand again is for a person to say.
    REVIEW_REVERSAL = "review_reversal"
    REVIEW_MESSAGE = "review_message"
    REVIEW_PROMISE = "review_promise"
    # A dispute's deadline has passed.
    REVIEW_DISPUTE = "review_dispute"
    # An instalment is late, or a plan waits for somebody's approval.
    REVIEW_PLAN = "review_plan"
    # The ERP settled principal by money that paid charges here: it was counted twice.
    REVIEW_SETTLEMENT = "review_settlement"
    # A tax was withheld: its certificate is still to come.
    CERTIFICATE = "certificate"
    # A cheque or note can be taken to the bank.
    DEPOSIT = "deposit"
    FOLLOW_UP = "follow_up"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


# What a person sets to come back to a customer; reviews are asked for by the system.
FOLLOW_UPS = (TaskKind.CALL, TaskKind.EMAIL, TaskKind.VISIT, TaskKind.FOLLOW_UP)

# A task further ahead than this is a slip of the pen.
LATEST_TASK_DAYS = 366
