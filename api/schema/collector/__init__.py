"""The types that collectors and partners see, one file a noun."""
