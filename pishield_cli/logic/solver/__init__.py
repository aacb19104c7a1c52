"""Exact decisions: can clauses hold together, what follows, where is a value least."""
