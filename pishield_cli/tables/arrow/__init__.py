"""Arrow arrays: from cells, to numeric columns, and changed."""
