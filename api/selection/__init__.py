"""A selection set becomes one SQL statement, whose JSON goes to the client without being walked again.

Types say what their fields are read from (``kinds``, ``relations``, ``lists``); ``tree`` reads what a query
selects; ``levels`` and ``statement`` put the SQL together; ``plans`` and ``planning`` keep it; ``reading``
answers with it, and ``finishing`` does what is left to code. Whatever cannot be said in SQL, or may not be
seen, is left to graphql-core and the fields' ordinary resolvers: the answer is the same, but slower.
"""
