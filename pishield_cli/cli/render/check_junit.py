"""The report of `check` as JUnit XML: a suite for each table, a case for each requirement.

Valid by the schema `junit-10.xsd` of Jenkins' xUnit plugin, which is the strictest in use.
"""

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from pishield_cli.actions.check_report import CheckReport, RequirementResult
from pishield_cli.cli.render.checked import Checked
from pishield_cli.cli.render.figures import (
    NO_COMPLETION,
    example_line,
    finding,
    identities,
    incomplete_finding,
    incomplete_line,
    verdict,
)
from pishield_cli.cli.text import one_line, printable


def render_junit(checked: Sequence[Checked]) -> str:
    """Suites whose cases fail where they are why a table does not pass.

    A case is named by its requirement's label, else its text, so that a requirement put before
    others renames none. A table that could not be checked is a suite with an error.
    """
    suites = [_suite(one) if one.report is not None else _broken(one) for one in checked]
    totals = {
        key: str(sum(int(suite.get(key, "0")) for suite in suites))
        for key in ("tests", "failures", "errors")
    }
    root = Element("testsuites", {"name": "pishield", **totals})
    root.extend(suites)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


def _suite(one: Checked) -> Element:
    report = one.report
    assert report is not None
    suite = Element(
        "testsuite",
        {
            "name": printable(one.title),
            "tests": str(len(report.results) + bool(report.no_completion.rows)),
            "failures": str(sum(map(report.fails, report.results)) + report.lacks_completions),
            "errors": "0",
            "skipped": "0",
            "time": f"{report.seconds:.3f}",
        },
    )
    names = identities([result.requirement for result in report.results])
    for result, name in zip(report.results, names, strict=True):
        _case(suite, result, name, report)
    if report.no_completion.rows:
        _no_completion(suite, report)
    SubElement(suite, "system-out").text = verdict(report)
    return suite


def _case(suite: Element, result: RequirementResult, name: str, report: CheckReport) -> None:
    case = SubElement(
        suite,
        "testcase",
        {"classname": printable(report.requirements_file), "name": name, "time": "0"},
    )
    if report.fails(result):
        message = {"message": finding(result, report), "type": "violation"}
        SubElement(case, "failure", message).text = "\n".join(_details(result, report))
    elif result.violations or result.unknown:
        SubElement(case, "system-out").text = finding(result, report)


def _no_completion(suite: Element, report: CheckReport) -> None:
    """A case of its own for rows without completion."""
    place = {"classname": printable(report.requirements_file), "name": NO_COMPLETION, "time": "0"}
    case = SubElement(suite, "testcase", place)
    lines = [incomplete_finding(report), *map(incomplete_line, report.no_completion.examples)]
    if report.lacks_completions:
        message = {"message": lines[0], "type": "violation"}
        SubElement(case, "failure", message).text = "\n".join(lines)
    else:
        SubElement(case, "system-out").text = "\n".join(lines)


def _details(result: RequirementResult, report: CheckReport) -> list[str]:
    requirement = result.requirement
    place = f"{printable(report.requirements_file)}:{requirement.span.line}"
    return [
        f"{place}: {one_line(requirement.text)}",
        *(example_line(one) for one in result.examples),
    ]


def _broken(one: Checked) -> Element:
    """A suite for a table that could not be checked; its one case says why."""
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0", "time": "0"}
    suite = Element("testsuite", {"name": printable(one.title), **counts})
    case = SubElement(
        suite,
        "testcase",
        {"classname": printable(one.requirements_file), "name": "the table is checked"},
    )
    for problem in one.problems:
        place = "" if problem.file is None else f"{printable(problem.file)}:{problem.line}: "
        error = {"message": printable(problem.message), "type": "error"}
        SubElement(case, "error", error).text = f"{place}{printable(problem.sentence)}"
    return suite
