"""Resolvers of the collectors' schema: parse, call one service or one query, return."""
