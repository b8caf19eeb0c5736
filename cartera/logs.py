"""Logs as JSON, one line an event, with the request id of the event's request; never with a secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# What a payment link, a portal page or a script may carry of a token.
_SECRETS = re.compile(r"(/p/l/)[^/?#\s\"']+|\b(ct_)[A-Za-z0-9_-]{8,}")


_LINE = structlog.processors.JSONRenderer(ensure_ascii=False)


def redact(text: str) -> str:
    """The text without the tokens that it may hold."""
    return _SECRETS.sub(lambda match: f"{match[1] or match[2]}…", text)


def configure(level: str) -> None:
    """Send everything that this process logs, the libraries' words too, through one chain to stderr."""
    chain: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _LINE],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # The request log says the same without the tokens of a path.
    logging.getLogger("uvicorn.access").disabled = True
    structlog.configure(
        # Ours need no second way through the libraries' handler: there is a line for each request.
        processors=[*chain, _LINE],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = redact(value)
    return event
