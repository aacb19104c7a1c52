"""Networks that obey requirements: tables to tensors, the loop, run folders.

Which modules are for other rooms is listed in pyproject.toml, contract `training-open`.
"""
