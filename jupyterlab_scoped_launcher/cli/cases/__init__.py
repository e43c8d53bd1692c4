"""``scoped-launcher test``: decides on the cases of an admin's files, and says what differs.

`document` reads case files, `run` lets the engine decide on them, `coverage` collects which rules
and conditions the cases reached, and `reports` writes the results.
"""
