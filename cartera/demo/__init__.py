"""The demo: a deterministic generator of a believable portfolio, and its way into the database."""
