"""What commands do, one verb a module: values in, a frozen report out, nothing printed.

Which modules are for other rooms is listed in pyproject.toml, contract `actions-face`.
"""
