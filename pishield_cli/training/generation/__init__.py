"""Learning to make rows like a table's own: columns, generator, loss, judgement, run folders."""
