"""Exact reasoning on requirements, in fractions; standard library only.

Others take `terms`, `formulas`, `expressions`, `requirements`, `domains` and `ranges` as values;
`solver` decides, `plans` eliminates, `rows` corrects one row. Which of their modules are for others
is listed in pyproject.toml, contract `logic-open`.
"""
