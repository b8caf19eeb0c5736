"""Imports: what a file says becomes customers, receivables and entries, in one transaction."""
