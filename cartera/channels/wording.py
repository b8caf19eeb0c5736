"""What messages say: phrases per language, templates per message, filled in with one reader's facts.

Phrases and templates are Liquid: undefined names are errors, loops and output are bounded, and everything
that comes from data is escaped in HTML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from liquid import BoundTemplate, CachingFileSystemLoader, Environment, StrictUndefined

from cartera.rules.messages import Template

_HERE = Path(__file__).parent
_SEPARATOR = {"es": "y", "en": "and", "pt": "e"}


class _Bounded(Environment):
    loop_iteration_limit = 100_000
    output_stream_limit = 2_000_000
    local_namespace_limit = 1_000_000


def _environment(*, autoescape: bool) -> Environment:
    # The house's own files, which do not change while it runs.
    loader = CachingFileSystemLoader(_HERE / "templates", auto_reload=False)
    return _Bounded(loader=loader, undefined=StrictUndefined, autoescape=autoescape)


_TEXT = _environment(autoescape=False)
_HTML = _environment(autoescape=True)


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    text: str
    html: str


class Phrases:
    """The phrases of one language for one message, each filled in when it is asked for."""

    def __init__(self, language: str, template: Template) -> None:
        catalogue = _catalogue(language)
        self._phrases = {**catalogue["common"], **catalogue[template.value]}

    def __call__(self, key: str, /, **facts: object) -> str:
        return str(_parsed(self._phrases[key]).render(**facts))


def both(parts: Sequence[str], language: str) -> str:
    """ "A", "A y B", "A, B y C"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {_SEPARATOR[language]} {parts[-1]}"


def write(template: Template, language: str, say: Mapping[str, str], facts: Mapping[str, Any]) -> Written:
    """The message from its filled-in phrases (``say``, ``subject`` among them) and the facts it shows."""
    values = {"say": dict(say), "language": language, **facts}
    text = _TEXT.get_template(f"{template.value}.txt.liquid").render(**values)
    html = _HTML.get_template(f"{template.value}.html.liquid").render(**values)
    return Written(say["subject"], text, html)


@lru_cache(maxsize=512)
def _parsed(phrase: str) -> BoundTemplate:
    return _TEXT.from_string(phrase)


@lru_cache
def _catalogue(language: str) -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = json.loads(
        (_HERE / "phrases" / f"{language}.json").read_text("utf-8")
    )
    return loaded
