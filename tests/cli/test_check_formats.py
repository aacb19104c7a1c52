"""Every format of the report of `check`, parsed by someone else's parser."""

import json
import math
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest

from pishield_cli import __version__
from pishield_cli.actions.check_report import CheckReport, Example, RequirementResult
from pishield_cli.cli.formats import CheckFormat
from pishield_cli.cli.output import Page
from pishield_cli.cli.render import render_check as render_all
from pishield_cli.cli.render.checked import Checked
from pishield_cli.cli.render.figures import percent, verdict
from pishield_cli.cli.text import one_line, printable
from pishield_cli.errors import Span
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.logic.requirements import Requirement, RequirementType
from pishield_cli.logic.terms import Clause, Inequality, Term

HOSTILE_LABEL = "[red]bold[/], 100%: a|b"
HOSTILE_TEXT = "`a|b` - end >= 0 \\\n  or \x1b[31mend > 3 <&> 50%"


def requirement(number: int, text: str, label: str | None = None) -> Requirement:
    terms = (Term("end", 1), Term("a|b", -1))  # type: ignore[arg-type]
    clause = Clause((Inequality(terms, 0),))  # type: ignore[arg-type]
    return Requirement(number, text, (clause,), label, Span(number + 1, 3, 9))


def result(
    number: int, violations: int, unknown: int = 0, by: float = 3.5, text: str = "end >= 0"
) -> RequirementResult:
    row = Example(17, by, {"end": "-3.5", "a|b": "\x1b]0;x\x07"})
    return RequirementResult(
        requirement(number, text),
        violations,
        unknown,
        row if violations else None,
        (row,) if violations else (),
    )


def report(results: Sequence[RequirementResult], **changes: object) -> CheckReport:
    fields: dict[str, object] = {
        "data": "data/houses.csv",
        "requirements_file": "rules/a, b: c%.txt",
        "type": RequirementType.LINEAR,
        "tolerance": FLOAT_ROUNDING,
        "rows": 21613,
        "violating_rows": max(one.violations for one in results),
        "unknown_rows": 0,
        "results": tuple(results),
        "allowed_rows": 0,
        "fails_on_unknown": False,
        "seconds": 0.25,
    }
    fields |= changes
    fields.setdefault("strict_rows", fields["violating_rows"])
    fields.setdefault("strict_unknown_rows", fields["unknown_rows"])
    return CheckReport(**fields)  # type: ignore[arg-type]


@pytest.fixture
def failing() -> CheckReport:
    hostile = RequirementResult(
        requirement(2, HOSTILE_TEXT, HOSTILE_LABEL),
        12,
        1,
        Example(17, 3.5, {"end": "1"}),
        (Example(17, 3.5, {"end": "1"}), Example(40, 0.0, {"end": "2"})),
    )
    return report([result(1, 0), hostile])


@pytest.fixture
def passing() -> CheckReport:
    return report([result(1, 0), result(2, 0)])


PLAIN = Page()


def render_check(one: CheckReport, form: CheckFormat, page: Page) -> str:
    return render_all([Checked(one.data, one.requirements_file, one)], form, page)


def test_json_has_the_documented_keys_in_their_order(failing: CheckReport) -> None:
    content = json.loads(render_check(failing, CheckFormat.JSON, PLAIN))
    assert list(content)[:13] == [
        "tool",
        "version",
        "schema",
        "data",
        "requirements_file",
        "type",
        "tolerance",
        "today",
        "rows",
        "violating_rows",
        "unknown_rows",
        "holds",
        "requirements",
    ]
    assert content["tool"] == "pishield"
    assert content["version"] == __version__
    assert content["rows"] == 21613
    assert content["holds"] is False
    second = content["requirements"][1]
    assert list(second)[:14] == [
        "number",
        "line",
        "label",
        "text",
        "columns",
        "severity",
        "allowed",
        "fails",
        "warns",
        "violations",
        "unknown",
        "rate",
        "worst",
        "rows",
    ]
    assert second["line"] == 3
    assert second["label"] == HOSTILE_LABEL
    assert second["text"] == HOSTILE_TEXT
    assert second["columns"] == ["end", "a|b"]
    assert second["rate"] == 12 / 21613
    assert second["worst"] == {"row": 17, "line": None, "key": None, "by": 3.5}
    assert second["rows"] == [17, 40]
    assert content["requirements"][0]["worst"] is None


def test_json_is_strict_where_a_distance_is_not_finite() -> None:
    for by in (math.inf, math.nan):
        text = render_check(report([result(1, 1, by=by)]), CheckFormat.JSON, PLAIN)

        def refuse(constant: str) -> None:
            raise AssertionError(constant)

        content = json.loads(text, parse_constant=refuse)
        assert content["requirements"][0]["worst"] == {
            "row": 17,
            "line": None,
            "key": None,
            "by": None,
        }


def test_json_of_no_rows_has_a_rate_of_zero() -> None:
    content = json.loads(render_check(report([result(1, 0)], rows=0), CheckFormat.JSON, PLAIN))
    assert content["requirements"][0]["rate"] == 0


def test_junit_has_one_case_a_requirement(failing: CheckReport) -> None:
    root = ElementTree.fromstring(render_check(failing, CheckFormat.JUNIT, PLAIN).encode())
    suites = root.findall("testsuite")
    assert len(suites) == 1
    assert suites[0].get("tests") == "2"
    assert suites[0].get("failures") == "1"
    cases = suites[0].findall("testcase")
    assert [case.get("name") for case in cases] == ["end >= 0", HOSTILE_LABEL]
    assert cases[0].find("failure") is None
    failure = cases[1].find("failure")
    assert failure is not None
    message = failure.get("message")
    assert message is not None
    assert "12 rows of 21,613" in message
    assert "row 17, by 3.5" in message
    assert failure.text is not None
    assert "end = 1" in failure.text


def test_junit_passes_where_violations_are_allowed() -> None:
    text = render_check(report([result(1, 5)], allowed_rows=5), CheckFormat.JUNIT, PLAIN)
    root = ElementTree.fromstring(text.encode())
    assert root.get("failures") == "0"
    assert root.find(".//failure") is None
    output = root.find(".//testcase/system-out")
    assert output is not None
    assert output.text is not None
    assert "5 rows" in output.text


def test_junit_fails_where_undecided_rows_count() -> None:
    one = report([result(1, 0, unknown=4)], unknown_rows=4, fails_on_unknown=True)
    root = ElementTree.fromstring(render_check(one, CheckFormat.JUNIT, PLAIN).encode())
    assert root.get("failures") == "1"


def unescaped(text: str) -> str:
    for code, char in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def test_github_points_at_the_requirement(
    failing: CheckReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    lines = render_check(failing, CheckFormat.GITHUB, PLAIN).splitlines()
    assert len(lines) == 2
    command, _, message = lines[0].removeprefix("::").partition("::")
    level, _, properties = command.partition(" ")
    values = dict(pair.split("=", 1) for pair in properties.split(","))
    assert level == "error"
    assert unescaped(values["file"]) == "rules/a, b: c%.txt"
    assert values["line"] == "3"
    assert unescaped(values["title"]) == f"Requirement {HOSTILE_LABEL}"
    assert "50%25" in message
    assert "\n" in unescaped(message)
    assert "\x1b" not in lines[0]
    assert lines[1] == verdict(failing)


def test_github_names_the_file_from_the_root_of_the_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    one = report([result(1, 1)], requirements_file=f"{tmp_path}/rules/r.txt")
    assert "file=rules/r.txt,line=2" in render_check(one, CheckFormat.GITHUB, PLAIN)


def test_github_warns_of_violations_that_are_allowed() -> None:
    text = render_check(report([result(1, 5)], allowed_rows=5), CheckFormat.GITHUB, PLAIN)
    assert text.startswith("::warning ")
    assert "::error" not in text


def test_markdown_is_a_table_with_as_many_cells_in_every_line(failing: CheckReport) -> None:
    lines = render_check(failing, CheckFormat.MARKDOWN, PLAIN).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 4
    assert {line.replace("\\|", "").count("|") for line in table} == {8}
    assert table[2].startswith("| 2 |")  # the violated one first
    assert lines[0].startswith("**FAIL** 12 of 21,613 rows")


def test_sarif_has_the_structure_of_2_1_0(failing: CheckReport) -> None:
    content = json.loads(render_check(failing, CheckFormat.SARIF, PLAIN))
    assert content["version"] == "2.1.0"
    assert content["$schema"].endswith("sarif-2.1.0.json")
    (run,) = content["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "pishield"
    assert len({rule["id"] for rule in rules}) == len(rules) == 2
    (found,) = run["results"]
    assert found["ruleId"] == rules[found["ruleIndex"]]["id"] == HOSTILE_LABEL
    assert found["level"] == "error"
    assert found["message"]["text"]
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "rules/a%2C%20b%3A%20c%25.txt"
    assert place["region"] == {"startLine": 3, "startColumn": 3, "endColumn": 9}


def test_sarif_of_a_table_that_passes_has_no_result(passing: CheckReport) -> None:
    content = json.loads(render_check(passing, CheckFormat.SARIF, PLAIN))
    assert content["runs"][0]["results"] == []


def test_the_table_shows_violated_requirements_first_and_ends_in_the_verdict(
    failing: CheckReport,
) -> None:
    lines = render_check(failing, CheckFormat.TABLE, PLAIN).splitlines()
    assert lines[2].split()[0] == "2"
    assert lines[3].split()[0] == "1"
    assert "17, by 3.5" in lines[2]
    assert lines[-1] == "FAIL  12 of 21,613 rows violate 1 of 2 requirements"
    assert any("row 40, a tie: end = 2" in line for line in lines)


def test_the_table_never_reads_user_text_as_markup_or_controls(failing: CheckReport) -> None:
    text = render_check(failing, CheckFormat.TABLE, PLAIN)
    assert HOSTILE_LABEL in text
    assert "\x1b" not in text
    assert "\\x1b[31m" in text


def test_the_table_outside_a_terminal_loses_no_text() -> None:
    long = " + ".join(f"column_{i}" for i in range(60)) + " >= 0"
    text = render_check(report([result(1, 1, text=long)]), CheckFormat.TABLE, PLAIN)
    words = iter(text.split())
    assert all(word in words for word in long.split())


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_table_fits_the_terminal(failing: CheckReport, width: int) -> None:
    text = render_check(failing, CheckFormat.TABLE, Page(width=width))
    lines = text.split("\n\n")[0].splitlines()
    assert max(map(len, lines)) <= width


def test_the_table_has_colour_only_where_it_is_wanted(failing: CheckReport) -> None:
    assert "\x1b[" in render_check(failing, CheckFormat.TABLE, Page(width=80, colour=True))
    assert "\x1b[" not in render_check(failing, CheckFormat.TABLE, Page(width=80))


def test_the_table_is_plain_ascii_where_needed(passing: CheckReport) -> None:
    assert render_check(passing, CheckFormat.TABLE, Page(unicode=False)).isascii()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "OK    21,613 rows satisfy 1 requirement"),
        ({"rows": 1}, "OK    1 row satisfies 1 requirement"),
        (
            {"unknown_rows": 3},
            "OK    21,610 of 21,613 rows satisfy 1 requirement; 3 undecided (missing cells)",
        ),
        (
            {"rows": 9, "unknown_rows": 3, "fails_on_unknown": True},
            "FAIL  6 of 9 rows satisfy 1 requirement; 3 undecided (missing cells), none allowed",
        ),
    ],
)
def test_the_verdict_is_one_plain_line(changes: dict[str, object], line: str) -> None:
    unknown = changes.get("unknown_rows", 0)
    assert verdict(report([result(1, 0, unknown)], **changes)) == line


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 5, "0%"), (5, 5, "100%"), (12, 21613, "0.056%"), (9999, 10000, ">99.9%"), (0, 0, "0%")],
)
def test_a_share_never_rounds_to_none_or_all(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


def test_user_text_is_safe_on_one_line() -> None:
    assert one_line("a \\\n  + b") == "a + b"
    assert printable("a\x1b[0m\udc80é") == "a\\x1b[0m\\udc80é"
