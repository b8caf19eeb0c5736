"""What a customer's phone loads before anything is tapped, measured by the browser itself."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

KB = 1024


async def test_the_portal_is_light(site: Site) -> None:
    page = await site.page(width=360, height=740)
    await page.goto("/p/l/no-such-link")
    await page.get_by_role("heading").wait_for()

    loaded = await page.evaluate(
        """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
            .filter((one) => !one.name.includes("/portal/"))
            .map((one) => [new URL(one.name).pathname, one.encodedBodySize])"""
    )

    scripts = sum(size for path, size in loaded if path.endswith(".js"))
    assert 0 < scripts <= 20 * KB
    assert sum(size for _, size in loaded) <= 30 * KB
    site.complaints.clear()  # The browser notes that the link is refused.


async def test_the_collectors_first_screen_is_light(site: Site) -> None:
    page = await site.page()
    await site.sign_in(await site.member(), page)
    await page.get_by_text("Al día").wait_for()

    loaded = await page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter((one) => one.name.endsWith(".js")).map((one) => one.encodedBodySize)"""
    )

    assert 0 < sum(loaded) <= 80 * KB
