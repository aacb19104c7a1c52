"""What people type in SQL, pandas and R gets an error that shows the line as it is written here."""

import pytest

from pishield_cli.errors import RequirementsFileError
from pishield_cli.errors.caret import draw
from pishield_cli.language import parse_requirements
from pishield_cli.language.context import Told
from pishield_cli.language.hints import VALUES_ELSEWHERE
from pishield_cli.language.translations import translated

MEANT = {
    "x = 3": "x == 3",
    "x <> 3": "x != 3",
    "a > 1 => b > 1": "a > 1 -> b > 1",
    "a > 1 and c = 2 => b > 1": "a > 1 and c == 2 -> b > 1",
    "(a > 1) => (b > 1)": "(a > 1) -> (b > 1)",
    "(a > 1 or c) => not b > 1": "(a > 1 or c) -> not b > 1",
    "s = 'a => b' => x = 1": "s == 'a => b' -> x == 1",
    "if a > 1 => b > 1": "if a > 1 then b > 1",
    "if a > 1 -> b > 1": "if a > 1 then b > 1",
    "DECODE(s, 'a', 1, 0) = 1": "s == 'a'",
    "decode(s, 'a', 1, 'b', 1, 0) = 1": "s in ('a', 'b')",
    "decode(s, 'a', 1, 'b', 2, 0) == 0": "(s is null or s not in ('a', 'b'))",
    "decode(x, 1, 'low', 2, 'high', 'none') = 'high'": "x == 2",
    'status = "a"': 'status == "a"',
    's.isin(["a"])': 's in ("a")',
    's.isin(["a", "b"])': 's in ("a", "b")',
    "~s.isin([1, 2])": "s not in (1, 2)",
    "is.na(x)": "x is null",
    "!is.na(x)": "x is not null",
    "x %in% c(1, 2)": "x in (1, 2)",
    'x %in% c("a", "b")': 'x in ("a", "b")',
    "!(x %in% c(1, 2))": "not (x in (1, 2))",
    "x % 4 == 0": "x mod 4 == 0",
    "x %% 4 == 0": "x mod 4 == 0",
    "x // 4 == 0": "floor(x / 4) == 0",
    "case when x > 0 then y > 0 else z > 0 end": (
        "(if x > 0 then y > 0) and (if not (x > 0) then z > 0)"
    ),
    "CASE WHEN x > 0 THEN 1 ELSE 0 END = 1": "(x > 0)",
    "datediff(day, a, b) <= 3": "(b - a) <= 3",
    "DATEDIFF(b, a) <= 3": "(b - a) <= 3",
    "end - start <= interval '7 days'": "end - start <= 7 days",
    "end <= start + INTERVAL '7' DAY": "end <= start + 7 days",
    "end <= start + 3 months": "end <= start + 90 days",
    "end <= start + 1 year": "end <= start + 365 days",
    "end <= start + 2 years": "end <= start + 730 days",
    "x IS NULL": "x is null",
    "x ISNULL": "x is null",
    "x NOTNULL": "x is not null",
    "a > 0 && b > 0": "a > 0 and b > 0",
    "a > 0 || b > 0": "a > 0 or b > 0",
    "a > 0 & b > 0": "a > 0 and b > 0",
    "(a > 0) | (b > 0)": "(a > 0) or (b > 0)",
    "x.isnull()": "x is null",
    "x.isna()": "x is null",
    "x.notna()": "x is not null",
    "x.notnull()": "x is not null",
    "x == None": "x is null",
    "x is None": "x is null",
    "x is not None": "x is not null",
    "x != None": "x is not null",
    "x == NULL": "x is null",
    "x = NULL": "x is null",
    "x == NA": "x is null",
    "x == nan": "x is null",
    "pd.isna(x)": "x is null",
    "isnull(x)": "x is null",
    "isna(x)": "x is null",
    "is_null(x)": "x is null",
    "ISNULL(x, 0) > 3": "coalesce(x, 0) > 3",
    "ifnull(x, 0) > 3": "coalesce(x, 0) > 3",
    "nvl(x, 0) > 3": "coalesce(x, 0) > 3",
    "len(x) == 3": "length(x) == 3",
    "nchar(x) == 3": "length(x) == 3",
    "char_length(x) == 3": "length(x) == 3",
    "x.str.len() == 3": "length(x) == 3",
    'x.str.match("a")': 'x matches "a.*"',
    'x.str.contains("a")': 'x matches ".*a.*"',
    'x.str.startswith("a")': 'x starts with "a"',
    'grepl("^a", x)': 'x matches "a.*"',
    'str_detect(x, "a")': 'x matches ".*a.*"',
    'x regexp "a"': 'x matches ".*a.*"',
    'x ~ "a"': 'x matches ".*a.*"',
    "x ~* 'a'": 'x matches "(?i).*a.*"',
    "x !~ 'a'": 'x not matches ".*a.*"',
    'x rlike "a"': 'x matches ".*a.*"',
    'x ilike "a%"': 'lower(x) like "a%"',
    "x REGEXP_LIKE 'a'": 'x matches ".*a.*"',
    "regexp_like(x, 'a')": 'x matches ".*a.*"',
    "x similar to 'a%'": 'x matches "a.*"',
    "x similar to '(a|b)_.c'": r'x matches "(a|b).\.c"',
    "x glob '[!a]?*.b'": r'x matches "[^a]..*\.b"',
    "x = 'Ab' collate nocase": 'lower(x) == "ab"',
    "num_nulls(a, b) = 0": "not (a is null) and not (b is null)",
    "a in range(1, 10)": "a between 1 and 9 and a mod 1 == 0",
    'expect_column_values_to_be_between(column="unit price", min_value=1, max_value=5)': (
        "`unit price` between 1 and 5"
    ),
    'expect_column_pair_values_a_to_be_greater_than_b("a", "b", or_equal=True)': "a >= b",
    'col_vals_in_set("a", c(1, 2))': "a in (1, 2)",
    "exactly one of a, b > 2 and c": (
        "(a or (b > 2) or c) and not (a and (b > 2)) and not (a and c) and not ((b > 2) and c)"
    ),
    "a <= b // no more than b": "a <= b",
    "/* a */ a <= b!": "a <= b",
    "d <= NOW()": "d <= today",
    "d <= now()": "d <= today",
    "d <= current_date": "d <= today",
    "d <= CURRENT_DATE": "d <= today",
    "d <= CURRENT_TIMESTAMP": "d <= today",
    "d <= getdate()": "d <= today",
    "d <= Sys.Date()": "d <= today",
    "d <= sysdate": "d <= today",
    "x between 1, 10": "x between 1 and 10",
    "x between 1 to 10": "x between 1 and 10",
    "x.between(1, 10)": "x between 1 and 10",
    "between(x, 1, 10)": "x between 1 and 10",
    "x in [1, 2]": "x in (1, 2)",
    "x in {1, 2}": "x in (1, 2)",
    "x in 1, 2": "x in (1, 2)",
    'x in "a"': 'x in ("a")',
    "x not in [1, 2]": "x not in (1, 2)",
    'df["x"] > 3': "x > 3",
    "df.x > 3": "x > 3",
    "x ** 2 > 3": "x * x > 3",
    "x^2 > 3": "x * x > 3",
    "if x > 0: y > 0": "if x > 0 then y > 0",
    "if (x > 0) y > 0": "if (x > 0) then y > 0",
    "if x > 0 then y > 0 else z > 0": "(if x > 0 then y > 0) and (if not (x > 0) then z > 0)",
    "ifelse(x > 0, y > 0, z > 0)": "(if x > 0 then y > 0) and (if not (x > 0) then z > 0)",
    "iif(x > 0, 1, 0) == 1": "(x > 0)",
    "x > 0 ? y > 0 : z > 0": "(if x > 0 then y > 0) and (if not (x > 0) then z > 0)",
    "SELECT * FROM t WHERE x > 0": "x > 0",
    "power(x, 2) > 3": "x * x > 3",
    "x == 3;": "x == 3",
    "x >= 3,": "x >= 3",
    "x =< 3": "x <= 3",
    "x >= $5": "x >= 5",
    "x >= 5%": "x >= 0.05",
    "x >= 1,000": "x >= 1_000",
    "x >= €5": "x >= 5",
    "cast(x as int) > 3": "x > 3",
    "x::int > 3": "x > 3",
    "date '2024-01-01' <= x": "2024-01-01 <= x",
    'DATE "2024-01-01" <= x': "2024-01-01 <= x",
    "to_date('2024-01-01') <= x": "2024-01-01 <= x",
    "x >= 2024/01/02": "x >= 2024-01-02",
    "x >= 01.02.2024": "x >= 2024-02-01",
    "extract(year from x) == 2024": "year(x) == 2024",
    "x.dt.year == 2024": "year(x) == 2024",
    "year(x) = 2024": "year(x) == 2024",
    'starts_with(x, "a")': 'x starts with "a"',
    "startswith(x, y)": "x starts with y",
    'x startswith "a"': 'x starts with "a"',
    'x begins with "a"': 'x starts with "a"',
    'x.str.endswith("a")': 'x ends with "a"',
    'x.str[:2] == "ab"': 'left(x, 2) == "ab"',
    'x.str[-2:] == "ab"': 'right(x, 2) == "ab"',
    "x || '-' || y == z": "concat(x, '-', y) == z",
    'paste0(x, "-", y) == z': 'concat(x, "-", y) == z',
    "cast(substr(x, 1, 2) as int) > 3": "number(substr(x, 1, 2)) > 3",
    "extract(day from x) == 1": "day(x) == 1",
    "extract(year from age(y, x)) >= 18": "years(x, y) >= 18",
    "timestampdiff(year, x, y) >= 18": "years(x, y) >= 18",
    "datediff(year, x, y) >= 18": "(year(y) - year(x)) >= 18",
    "age(x) >= 18": "years(x, today) >= 18",
    "x.dt.quarter == 1": "quarter(x) == 1",
    "x is empty": "x is null",
    "x is not empty": "x is not null",
    "x is blank": "x is null",
    "x is in (1, 2)": "x in (1, 2)",
    "x isnt null": "x is not null",
    "x not null": "x is not null",
    "x != null": "x is not null",
    "x exists": "x is not null",
    "isdigit(x)": 'x matches "[0-9]+"',
    "x is numeric": "x is number",
    "x is not a number": "x is not number",
    "x equals 3": "x == 3",
    "x equal to 3": "x == 3",
    "x greater than 3": "x > 3",
    "x at least 3": "x >= 3",
    "x must be positive": "x > 0",
    "x ≥ 3": "x >= 3",
    "x ≠ 3": "x != 3",
    "x ∈ (1, 2)": "x in (1, 2)",
    "greatest(a, b) <= 3": "max(a, b) <= 3",
    "least(a, b) >= 3": "min(a, b) >= 3",
    "pmax(a, b) <= 3": "max(a, b) <= 3",
    "|a - b| <= 3": "abs(a - b) <= 3",
    "mod(x, 4) == 0": "x mod 4 == 0",
    "fabs(x) > 3": "abs(x) > 3",
    "round(x) = x": "round(x) == x",
    "a xor b": "a iff not b",
    "a === b": "a == b",
    "!a": "not a",
    "x like A%": 'x like "A%"',
    "x matches abc": 'x matches "abc"',
    "x matches /abc/": 'x matches "abc"',
}

UNSAID = {
    "count(x) > 3": "a requirement is about one row",
    "sqrt(x) > 3": "a requirement is about one row",
    "dayofweek(x) == 1": "weekday(d) counts from Monday",
    "dayofyear(x) == 1": "hour and minute are parts of dates",
    'instr(a, "b") > 2': 'a contains "x"',
    "lenght(x) == 3": "did you mean length(code)?",
    "gamma(x) == 3": "the functions are abs, ceil, coalesce",
    "x == 'a": "a closing '",
    'x > "3"': "for a number leave the quotes away",
    "x >= 01/02/2024": "dates are written 2024-01-31",
    "d <= start + 3 months": "compare year(d) or month(d)",
    "x is many": "`is null` or `is not null`",
}


@pytest.mark.parametrize("line", MEANT)
def test_a_line_of_another_language_is_shown_as_it_is_written_here(line: str) -> None:
    assert translated(line) == MEANT[line]
    parse_requirements(MEANT[line])
    try:
        parse_requirements(line)
    except RequirementsFileError as error:
        (problem,) = error.problems
        assert problem.hint == f"did you mean `{MEANT[line]}`?"
    else:
        # Names of values are names until a table says that it has no such column.
        assert line.rsplit(maxsplit=1)[-1].lower() in VALUES_ELSEWHERE


@pytest.mark.parametrize("line", UNSAID)
def test_what_cannot_be_said_gets_the_nearest_that_can(line: str) -> None:
    with pytest.raises(RequirementsFileError) as caught:
        parse_requirements(line)
    assert UNSAID[line] in draw(caught.value.problems[0])


@pytest.mark.parametrize(
    "line", ['x == "a && b"', "`a = b` >= 3", 'code matches "is.na(x)"', "x in (1, 2)", "a <-> b"]
)
def test_what_is_written_well_is_left_alone(line: str) -> None:
    assert translated(line) is None


def test_a_long_line_is_not_looked_at() -> None:
    assert translated("a = b" + " or a = b" * 1000) is None


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("t.x > 1", "x > 1"),
        ("a.x >= public.b.y", "x >= y"),
        ("t.x IS NULL or t.s = 't.y'", "x is null or s == 't.y'"),
        ("t.x.isnull()", "x is null"),
        ("Sepal.Length > 1", "`Sepal.Length` > 1"),
    ],
)
def test_names_of_a_table_are_written_without_it(line: str, meant: str) -> None:
    columns = frozenset({"x", "y", "s", "Sepal.Length"})
    with pytest.raises(RequirementsFileError) as caught:
        parse_requirements(line, told=Told(columns=columns))
    (problem,) = caught.value.problems
    assert problem.hint == f"did you mean `{meant}`?"


@pytest.mark.parametrize(
    "line", ["t.z > 1", "x => 3", "x > 1 and y => x", "s == 'x > 1' and x => 3"]
)
def test_what_has_two_meanings_is_not_guessed(line: str) -> None:
    assert translated(line, {"x", "y"}) is None
