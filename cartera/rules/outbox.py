"""Lanes of the outbox, in the order in which the relay serves them."""

from __future__ import annotations

from enum import StrEnum


class Lane(StrEnum):
    MONEY = "money"
    SCREENS = "screens"
    INTERACTIVE = "interactive"
    BULK = "bulk"
