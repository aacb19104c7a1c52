"""What the cells of a page's tables show: texts, bars, histograms, curves and marks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pishield_cli.cli.render.html_page import heights
from pishield_cli.cli.text import one_line, shortened

_LONGEST = 500
_MOST = 200

HtmlCell = str | Mapping[str, Any]


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[HtmlCell]]) -> dict[str, Any]:
    """A table of a page; of many rows the first ones, and how many more there are."""
    left = len(rows) - _MOST
    more = f"and {left:,} more" if left > 0 else ""
    words = [place for place in range(1, len(head)) if any(_is_word(row[place]) for row in rows)]
    return {
        "caption": caption,
        "head": head,
        "rows": rows[:_MOST],
        "left": more,
        "words": words,
    }


def _is_word(cell: HtmlCell) -> bool:
    """Whether a cell is a text, and not a number or a picture."""
    return isinstance(cell, str) and cell[:1].isalpha()


def bar(share: float) -> HtmlCell:
    """A bar for a share from 0 to 1."""
    return {"share": f"{100 * min(max(share, 0.0), 1.0):.2f}", "told": f"{100 * share:.3g}%"}


def histogram(counts: Sequence[int]) -> HtmlCell:
    """Bars for counts, the highest as high as the cell."""
    bars = heights(counts)
    return {"heights": bars["heights"], "told": bars["sizes"]}


def curve(errors: Sequence[float], least: float, most: float) -> HtmlCell:
    """A line from the first error to the last, on a logarithmic scale that all runs share."""
    if len(errors) < 2 or not 0 < least < most:
        return ""
    width = math.log(most / least)
    points = [
        (100 * place / (len(errors) - 1), 19 - 18 * math.log(max(error, least) / least) / width)
        for place, error in enumerate(errors)
    ]
    told = (
        f"from {errors[0]:.4g} to {errors[-1]:.4g} in {len(errors):,} epochs, "
        f"least {min(errors):.4g}"
    )
    return {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points), "told": told}


def ticks(cosines: Sequence[float], mean: float) -> HtmlCell:
    """A mark for each number from -1 to 1, and a thicker one for their mean."""
    told = f"{len(cosines):,} from {min(cosines):.3g} to {max(cosines):.3g}, mean {mean:.3g}"
    return {
        "ticks": [f"{50 + 50 * one:.1f}" for one in cosines],
        "mean": f"{50 + 50 * mean:.1f}",
        "told": told,
    }


def text(given: str) -> str:
    """A text in one line, shortened where it is very long."""
    return shortened(one_line(given), _LONGEST)
