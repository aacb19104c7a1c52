"""Habits of other validators: Great Expectations, pointblank, pandera, R's validate, Python."""

import re
from collections.abc import Callable, Sequence

from pishield_cli.language.habits.forms import ARGUMENT, TEXT, WHOLE, Habit, call, unquoted
from pishield_cli.language.words import QUOTED_TEXT, quoted_text, written_name


def _about(*names: str, says: str) -> list[Habit]:
    """Calls whose first argument names a column, in quotes or not."""
    count = says.count("{")

    def written(match: re.Match[str]) -> str:
        column, *others = (match[place].strip() for place in range(1, count + 1))
        return says.format(_column(column), *others)

    return [(call("|".join(names), count), written)]


def _column(argument: str) -> str:
    return written_name(unquoted(argument)) if argument[0] in "\"'" else argument


def _pair(word: str) -> Callable[[re.Match[str]], str]:
    def written(match: re.Match[str]) -> str:
        return f"{_column(match[1].strip())} {word} {_column(match[2].strip())}"

    return written


def _in_set(match: re.Match[str]) -> str:
    return f"{_column(match[1].strip())} in ({match[2].strip()})"


def _range(match: re.Match[str]) -> str:
    """Python's `x in range(1, 10)`: whole numbers, the last one left out."""
    first, last = int(match[2] or 0), int(match[3]) - 1
    return f"{match[1]} between {first} and {last} and {match[1]} mod 1 == 0"


def _globbed(match: re.Match[str]) -> str:
    """SQLite's `glob`: `*` and `?` in place of `%` and `_`."""
    parts = re.split(r"(\[[^\]]+\])", unquoted(match[2]))
    plain = [_from_wild(part, "*", "?") for part in parts[::2]]
    sets = [*(part.replace("[!", "[^") for part in parts[1::2]), ""]
    pattern = "".join(part + one for part, one in zip(plain, sets, strict=True))
    return f"{match[1]} matches {quoted_text(pattern)}"


def _from_wild(text: str, many: str, single: str) -> str:
    escaped = re.escape(text)
    return escaped.replace(re.escape(many), ".*").replace(re.escape(single), ".")


def _similar(match: re.Match[str]) -> str:
    """SQL's `similar to`: a pattern with `%` and `_` in place of `.*` and `.`."""
    wild = {"%": ".*", "_": ".", ".": r"\.", "^": r"\^", "$": r"\$"}
    pieces = re.findall(r"\\.|\[[^\]]*\]|.", unquoted(match[2]))
    return f"{match[1]} matches {quoted_text(''.join(wild.get(one, one) for one in pieces))}"


def _cased(match: re.Match[str]) -> str:
    """A comparison that `collate` makes blind to upper and lower case."""
    word = "!=" if match[2] in {"!=", "<>"} else "=="
    return f"lower({match[1]}) {word} {quoted_text(unquoted(match[3]).lower())}"


def _slashed(match: re.Match[str]) -> str:
    """A pattern between slashes, as in Perl and JavaScript."""
    return f" ~ {quoted_text(match[1])}"


_GREATER = "expect_column_pair_values_a_to_be_greater_than_b"
_IN_SET = "expect_column_values_to_be_in_set|col_vals_in_set"
_ARGUMENTS = "column(?:s|_[AB])?|value(?:_set)?|min(?:_value)?|max(?:_value)?|left|right|regex|set"


HABITS: Sequence[Habit] = (
    (rf"(?<=[(,])\s*(?:{_ARGUMENTS})\s*=(?!=)\s*", " "),
    (rf"\b{_GREATER}\({ARGUMENT},{ARGUMENT},\s*or_equal\s*=\s*True\s*\)", _pair(">=")),
    (rf"\b{_GREATER}\({ARGUMENT},{ARGUMENT}\)", _pair(">")),
    (rf"\bexpect_column_pair_values_to_be_equal\({ARGUMENT},{ARGUMENT}\)", _pair("==")),
    (rf"\b(?:{_IN_SET})\({ARGUMENT},\s*(?:\[|c\(|\{{)([^\[\](){{}}]*)[\])}}]\s*\)", _in_set),
    *_about(
        "expect_column_values_to_be_between",
        "col_vals_between",
        "in_range",
        says="{} between {} and {}",
    ),
    *_about("expect_column_values_to_not_be_null", says="{} is not null"),
    *_about("col_vals_not_null", "is_complete", "all_complete", says="{} is not null"),
    *_about("expect_column_values_to_be_null", "col_vals_null", says="{} is null"),
    *_about("expect_column_values_to_match_regex", "col_vals_regex", says="{} ~ {}"),
    *_about("col_vals_gt", says="{} > {}"),
    *_about("col_vals_ge", says="{} >= {}"),
    *_about("col_vals_lt", says="{} < {}"),
    *_about("col_vals_le", says="{} <= {}"),
    *_about("col_vals_equal", says="{} == {}"),
    *_about("col_vals_not_equal", says="{} != {}"),
    # -- Python
    (rf"({WHOLE})\s+in\s+range\(\s*(?:(-?\d+)\s*,)?\s*(-?\d+)\s*\)", _range),
    (call("isclose|allclose|near|approx_equal", 2), r"abs(\1 - \2) <= 1e-9"),
    (rf"({WHOLE})\s*(?:≈|≅)\s*({WHOLE}|[\d.]+)", r"abs(\1 - \2) <= 1e-9"),
    (rf"(?<!\.)({WHOLE})\.(year|quarter|month|day|hour|minute)\b(?!\()", r"\2(\1)"),
    (rf"(?<!\.)({WHOLE})\.(?:length|size)\b(?!\()", r"length(\1)"),
    # -- SQL
    (rf"({WHOLE})\s+similar\s+to\s+({QUOTED_TEXT})", _similar),
    (rf"({WHOLE})\s+glob\s+({QUOTED_TEXT})", _globbed),
    (
        rf"({WHOLE})\s*(==?|!=|<>){TEXT}\s*collate\s+(?:nocase|\w+_ci\w*)",
        _cased,
    ),
    (r"\s+collate\s+(?:\w+|\"[^\"]*\")", ""),
    # -- slips
    (r"\s*=~\s*/([^/]*)/", _slashed),
    (r"=!", "!="),
    (r":=", "=="),
)
