"""Who can log in to the demo organization; apart from the generator, since every start says so."""

DEMO_NAME = "Suministros Altiplano"
DEMO_DOMAIN = "altiplano.example"
DEMO_PASSWORD = "cobranza-demo"  # noqa: S105 - printed on purpose, and of no use but in a demo organization


def demo_login(role: str) -> str:
    """The address of the first member with this role."""
    return f"{role}@{DEMO_DOMAIN}"
