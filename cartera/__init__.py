"""Cartera: the business of collecting what is owed. Knows no HTTP, no GraphQL and no job queue."""
