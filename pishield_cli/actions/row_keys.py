"""The cells that tell a row from others, as a key names them."""

from collections.abc import Sequence

from pishield_cli.tables.table import Batch, StoredTable


class RowKeys:
    """Tells the cells of a key's columns.

    Args:
        table: The table as it is stored.
        columns: The key's columns, all of the table.
    """

    def __init__(self, table: StoredTable, columns: Sequence[str]) -> None:
        self._table = table
        self._places = {name: table.columns.index(name) for name in columns}

    def of(self, batch: Batch, rows: Sequence[int]) -> list[dict[str, str]]:
        """The cells of some rows as text, by column.

        Args:
            batch: Read whole, if the key has a column.
            rows: Row numbers within the batch, ascending.
        """
        if not self._places:
            return [{} for _ in rows]
        texts = self._table.texts(self._table.picked(batch, rows))
        return [{name: row[place] for name, place in self._places.items()} for row in texts]
