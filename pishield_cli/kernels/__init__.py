"""Pure functions on arrays: no files, no state that outlives a call.

`evaluation` judges rows; `sequential`, `optimal`, `scores` and `filling` change them; `suggestion`
looks for what holds. Which modules are for other rooms is listed in pyproject.toml, contract
`kernels-open`.
"""
