"""Search a sample of a table's rows for requirements that are likely meant."""
