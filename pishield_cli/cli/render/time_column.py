"""The time that progress shows: one, and what it is."""

from datetime import timedelta
from math import ceil

from rich.progress import ProgressColumn, Task
from rich.table import Column
from rich.text import Text

_WIDTH = len("0:00:07 so far")


class TimeColumn(ProgressColumn):
    """How long the work will still take where its speed tells; else how long it has taken."""

    def get_table_column(self) -> Column:
        """A column that stays whole where the terminal is narrow."""
        return Column(no_wrap=True, min_width=_WIDTH)

    def render(self, task: Task) -> Text:
        """`0:00:07 left` or `0:00:07 so far`."""
        left = task.time_remaining
        if left is not None:
            return Text(f"{timedelta(seconds=ceil(left))} left", style="progress.remaining")
        return Text(f"{timedelta(seconds=int(task.elapsed or 0))} so far", style="progress.elapsed")
