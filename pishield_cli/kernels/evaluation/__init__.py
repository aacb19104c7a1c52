"""Which rows satisfy which requirements, and by how much they do not: exact on every row."""
