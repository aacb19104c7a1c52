"""What commands do, one verb for each module: values in, a frozen report out, nothing printed.

Which modules are for other rooms is listed in pyproject.toml, contract `actions-open`.
"""
