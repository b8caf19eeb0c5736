"""What a table from outside means: which column is what, what must be asked, which rows are good.

Pure functions on cells. The way of a file: ``recognition`` proposes the columns, ``inspection`` reads every
row once and says which questions are open, ``answers`` closes them, ``mapping`` is what is remembered, and
``conversion`` turns rows into typed values or into problems. Nothing here guesses: a date order, a currency,
a decimal sign or a lost zero that the file does not decide becomes a question.
"""
