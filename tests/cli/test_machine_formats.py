"""Formats that other systems read, held against their schemas; errors in the same formats."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from jsonschema import Draft202012Validator

from pishield_cli.cli import main
from pishield_cli.cli.render.strict_json import VERSIONS

HERE = Path(__file__).parent / "schemas"
JUNIT = xmlschema.XMLSchema10(HERE / "junit.xsd")
SARIF = Draft202012Validator(json.loads((HERE / "sarif.json").read_text()))
RULES = '[odd <"&> 100%: a,b] end >= start\nprice >= 0 # why\n[unique] price <= 10\n'
TABLE = "start,end,price\n1,2,3\n5,4,-1\n7,6,\n3,3,\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    Path("table.csv").write_text(TABLE)
    Path("rules.txt").write_text(RULES)
    Path("broken.txt").write_text("price >=\n[x] unknown > 1\n")
    return tmp_path


def reported(capsys, *arguments):
    status = main(list(arguments))
    return status, capsys.readouterr()


CASES = {
    "fails": ("table.csv", "rules.txt", "--show", "2"),
    "passes": ("table.csv", "rules.txt", "--max-violations", "2"),
    "undecided": ("table.csv", "rules.txt", "--max-violations", "2", "--missing", "fail"),
    "broken rules": ("table.csv", "broken.txt"),
    "no table": ("nothing.csv", "rules.txt"),
    "odd option": ("table.csv", "rules.txt", "--max-violations", "some"),
}
STATUS = {"fails": 1, "passes": 0, "undecided": 1}


@pytest.mark.parametrize("case", CASES)
def test_junit_is_valid_and_says_what_failed(case, capsys):
    status, (out, _) = reported(capsys, "check", *CASES[case], "--format", "junit")
    assert status == STATUS.get(case, 2)
    JUNIT.validate(out)
    root = ElementTree.fromstring(out.encode())
    assert (int(root.get("failures")) > 0) == (status == 1)
    assert (int(root.get("errors")) > 0) == (status == 2)
    assert (root.find(".//error") is not None) == (status == 2)


@pytest.mark.parametrize("case", CASES)
def test_sarif_is_valid_and_says_whether_the_run_succeeded(case, capsys):
    status, (out, _) = reported(capsys, "check", *CASES[case], "--format", "sarif")
    content = json.loads(out)
    SARIF.validate(content)
    (run,) = content["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is (status != 2)
    if status == 2:
        assert invocation["toolExecutionNotifications"]


@pytest.mark.parametrize("case", CASES)
def test_json_is_of_the_shape_that_ships(case, capsys):
    status, (out, _) = reported(capsys, "check", *CASES[case], "--format", "json")
    validated("error" if status == 2 else "check", json.loads(out), capsys)


def validated(shape, content, capsys):
    """Hold a report against its schema, and against keys that the schema does not describe."""
    assert main(["schema", shape]) == 0
    schema = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(content)
    assert set(content) - set(schema["properties"]) == set()
    assert content["schema"] == VERSIONS[shape]


SAMPLES = {
    "correct": ("correct", "{data}/loans.csv", "{data}/loans.txt", "--dry-run"),
    "inspect": ("inspect", "{data}/loans.txt", "{data}/loans.csv"),
    "violations": ("report", "violations", "{data}/loans.csv", "{data}/loans.txt"),
}


@pytest.mark.parametrize("shape", SAMPLES)
def test_other_reports_in_json_are_of_their_shapes(shape, capsys, sample_data):
    words = [word.format(data=sample_data) for word in SAMPLES[shape]]
    main([*words, "--format", "json"])
    validated(shape, json.loads(capsys.readouterr().out), capsys)


@pytest.mark.parametrize("shape", SAMPLES)
def test_other_commands_write_their_errors_as_json(shape, capsys):
    words = [word.replace("{data}/loans.txt", "broken.txt") for word in SAMPLES[shape]]
    words = [word.replace("{data}/loans.csv", "table.csv") for word in words]
    status, (out, err) = reported(capsys, *words, "--format", "json")
    assert status == 2
    content = json.loads(out)
    validated("error", content, capsys)
    assert (content["errors"][0]["file"], content["errors"][0]["line"]) == ("broken.txt", 1)
    assert err.startswith("error: broken.txt:1:")


@pytest.mark.parametrize("rules", ["rules.txt", "broken.txt"])
def test_what_inspect_finds_is_valid_sarif(rules, capsys):
    status, (out, _) = reported(capsys, "inspect", rules, "--format", "sarif")
    content = json.loads(out)
    SARIF.validate(content)
    (run,) = content["runs"]
    assert run["invocations"][0]["executionSuccessful"] is (status == 0)
    assert status == (2 if rules == "broken.txt" else 0)


def test_schemas_are_listed_and_a_wrong_name_is_an_error(capsys):
    assert main(["schema"]) == 0
    assert capsys.readouterr().out.split() == list(VERSIONS)
    assert main(["schema", "chek"]) == 2
    assert "did you mean check?" in capsys.readouterr().err


def test_errors_of_the_requirements_are_annotations_at_their_places(capsys):
    status, (out, err) = reported(capsys, "check", "table.csv", "broken.txt", "--format", "github")
    assert status == 2
    first, second = out.splitlines()
    assert first.startswith("::error file=broken.txt,line=1,col=")
    assert second.startswith("::error file=broken.txt,line=2,col=5,")
    assert "unknown" in second
    assert err.count("error: broken.txt:") == 2


def test_a_requirement_put_first_renames_no_rule_and_no_case(capsys):
    def names():
        _, (sarif, _) = reported(capsys, "check", "table.csv", "rules.txt", "--format", "sarif")
        _, (junit, _) = reported(capsys, "check", "table.csv", "rules.txt", "--format", "junit")
        rules = json.loads(sarif)["runs"][0]["tool"]["driver"]["rules"]
        cases = ElementTree.fromstring(junit.encode()).iter("testcase")
        return {rule["id"] for rule in rules}, {case.get("name") for case in cases}

    before = names()
    Path("rules.txt").write_text("start >= 0\n" + RULES)
    after = names()
    assert before[0] < after[0]
    assert before[1] < after[1]


def test_equal_texts_have_distinct_names(capsys):
    Path("rules.txt").write_text("price >= 0\nprice >= 0\n")
    _, (out, _) = reported(capsys, "check", "table.csv", "rules.txt", "--format", "junit")
    cases = ElementTree.fromstring(out.encode()).iter("testcase")
    assert [case.get("name") for case in cases] == ["price >= 0", "price >= 0 (2)"]


def test_annotations_begin_with_what_is_violated_most_and_say_how_many_are_left(capsys):
    Path("table.csv").write_text("a\n" + "".join(f"{row}\n" for row in range(30)))
    Path("rules.txt").write_text("".join(f"[r{n}] a >= {n}\n" for n in range(1, 26)))
    _, (out, _) = reported(capsys, "check", "table.csv", "rules.txt", "--format", "github")
    errors = [line for line in out.splitlines() if line.startswith("::error")]
    assert len(errors) == 10
    assert [line.partition("title=")[2].partition("::")[0] for line in errors[:2]] == [
        "Requirement r25",
        "Requirement r24",
    ]
    assert "16 more requirements violated" in errors[-1]
    assert [line for line in out.splitlines() if line.startswith("r1: ")]


BESIDE = ("--json", "r.json", "--junit", "r.xml", "--sarif", "r.sarif", "--markdown", "r.md")


@pytest.mark.parametrize(("rules", "status"), [("rules.txt", 1), ("broken.txt", 2)])
def test_one_run_writes_every_report_beside_the_table(rules, status, capsys):
    found, (out, _) = reported(capsys, "check", "table.csv", rules, *BESIDE, "--github")
    assert found == status
    assert ("FAIL  2 of 4 rows" in out) == (status == 1)
    assert "::error file=" in out
    content = json.loads(Path("r.json").read_text())
    validated("check" if status == 1 else "error", content, capsys)
    JUNIT.validate(Path("r.xml").read_text())
    SARIF.validate(json.loads(Path("r.sarif").read_text()))
    assert Path("r.md").read_text().startswith("**FAIL**" if status == 1 else "**ERROR**")


def test_each_report_lists_as_many_rows_as_its_format(capsys):
    reported(capsys, "check", "table.csv", "rules.txt", *BESIDE)
    (odd, *_) = json.loads(Path("r.json").read_text())["requirements"]
    assert odd["rows"] == [1, 2]
    assert "row 1" not in ElementTree.parse("r.xml").find(".//failure").text


def test_two_reports_on_standard_output_are_refused(capsys):
    for words in (("--json", "-"), ("--format", "sarif", "--github")):
        status, (out, err) = reported(capsys, "check", "table.csv", "rules.txt", *words)
        assert (status, out) == (2, "")
        assert "standard output" in err


def test_reports_may_not_overwrite_each_other_or_the_inputs(capsys):
    for words in (("--json", "r", "--junit", "r"), ("--sarif", "rules.txt")):
        status, (_, err) = reported(capsys, "check", "table.csv", "rules.txt", *words)
        assert status == 2
        assert "would overwrite" in err
    assert Path("rules.txt").read_text() == RULES


def test_a_failing_run_whose_report_is_in_a_file_says_so_in_the_log(capsys):
    words = ("--format", "junit", "-o", "r.xml", "--quiet")
    status, (out, err) = reported(capsys, "check", "table.csv", "rules.txt", *words)
    assert (status, out) == (1, "")
    assert err.startswith("table.csv: FAIL  2 of 4 rows violate")
