"""The report of `check` as JUnit XML, one test case a requirement."""

from xml.etree import ElementTree

from pishield_cli.actions.check import CheckReport, RequirementResult
from pishield_cli.cli.render.figures import example_line, fails, finding, verdict
from pishield_cli.cli.text import one_line, printable


def render_junit(report: CheckReport) -> str:
    """A suite with one case a requirement; a case fails if it is why the table does not pass."""
    failures = sum(fails(result, report) for result in report.results)
    figures = {"tests": str(len(report.results)), "failures": str(failures), "errors": "0"}
    root = ElementTree.Element("testsuites", {"name": "pishield", **figures})
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "name": printable(report.data),
            **figures,
            "skipped": "0",
            "time": f"{report.seconds:.3f}",
        },
    )
    for result in report.results:
        _case(suite, result, report)
    ElementTree.SubElement(suite, "system-out").text = verdict(report)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


def _case(suite: ElementTree.Element, result: RequirementResult, report: CheckReport) -> None:
    requirement = result.requirement
    label = f" [{requirement.label}]" if requirement.label is not None else ""
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": printable(report.requirements_file),
            "name": one_line(f"{requirement.number}{label} {requirement.text}"),
            "file": printable(report.requirements_file),
            "line": str(requirement.span.line),
            "time": "0",
        },
    )
    if fails(result, report):
        failure = ElementTree.SubElement(
            case, "failure", {"message": finding(result, report), "type": "violation"}
        )
        failure.text = "\n".join(_details(result, report))
    elif result.violations or result.unknown:
        ElementTree.SubElement(case, "system-out").text = finding(result, report)


def _details(result: RequirementResult, report: CheckReport) -> list[str]:
    requirement = result.requirement
    place = f"{printable(report.requirements_file)}:{requirement.span.line}"
    return [
        f"{place}: {one_line(requirement.text)}",
        *(example_line(one) for one in result.examples),
    ]
