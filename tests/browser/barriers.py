"""What holds on every screen: no barrier that axe finds, nothing too wide, no text without translation."""

from __future__ import annotations

import re

from playwright.async_api import Page

from tests.browser.conftest import FRONTEND

_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# All that passed besides would weigh megabytes on a full screen, and is looked at by nobody.
_VIOLATIONS = f"""axe.run(document, {{runOnly: {_WCAG}, resultTypes: ["violations"]}}).then(found =>
    found.violations.map(one => one.id + ": " + one.nodes[0].html.slice(0, 200)))"""
# Dots inside a word of a text: a key of the catalogue that no language has.
_BARE_KEY = re.compile(r"(?<![\w@./])[a-z]+(?:\.[A-Za-z_]+)+(?![\w@.])")


async def barriers(page: Page) -> list[str]:
    """What WCAG 2.2 AA forbids on the page as it is, and by how much it is too wide."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate((FRONTEND / "node_modules" / "axe-core" / "axe.min.js").read_text())
    told = await page.evaluate(_VIOLATIONS)
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*told, f"{wide} px too wide"] if wide > 0 else told


def bare_keys(text: str) -> list[str]:
    """Keys of a catalogue that stand where their text should."""
    return [key for key in _BARE_KEY.findall(text) if not key.endswith("example")]
