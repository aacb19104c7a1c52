"""The report as a page: parsed, without scripts, with every text of a user's escaped."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pishield_cli.actions.report_runs import RunsReport
from pishield_cli.cli import main
from pishield_cli.cli.formats import CheckFormat
from pishield_cli.cli.output import Page
from pishield_cli.cli.problems import Finding
from pishield_cli.cli.render import render_check
from pishield_cli.cli.render.checked import Checked
from pishield_cli.cli.render.report_runs import render_table
from pishield_cli.cli.render.tables_html import runs_page
from tests.cli.test_check_formats import HOSTILE_LABEL, failing, passing, report, result
from tests.summaries import summary

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;{{ 7*7 }}{% raw %}"
VOID = {"br", "meta", "rect"}

__all__ = ["failing", "passing"]


class Reader(HTMLParser):
    """Gathers tags, attributes and text; elements must close in order."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def read(text):
    """A page as read, once it is sure that it stands alone and runs nothing."""
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert not {"script", "img", "link", "iframe", "object"} & set(reader.tags)
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name == "src"]
    assert "http://" not in text
    assert "https://" not in text
    return reader


def page(*reports, problems=(), name=None):
    checked = [Checked(one.data, one.requirements_file, one, name=name) for one in reports]
    if problems:
        checked.append(Checked(HOSTILE, HOSTILE, problems=problems, name=name))
    text = render_check(checked, CheckFormat.HTML, Page())
    return text, read(text)


def hostile_report():
    one = result(1, 3, text=HOSTILE)
    example = one.examples[0]
    hostile = type(example)(17, 3.5, {HOSTILE: HOSTILE}, {HOSTILE: HOSTILE})
    requirement = type(one.requirement)(1, HOSTILE, one.requirement.clauses, HOSTILE)
    found = type(one)(requirement, 3, 0, hostile, (hostile,))
    return report([found], data=HOSTILE, requirements_file=HOSTILE)


def test_texts_of_users_are_text_and_nothing_else():
    _, reader = page(hostile_report(), problems=(Finding(HOSTILE),), name=HOSTILE)
    assert "".join(reader.text).count(HOSTILE) >= 10


def test_it_says_what_was_found(failing, passing):
    text, reader = page(failing)
    words = " ".join(" ".join(reader.text).split())
    assert "FAIL 12 of 21,613 rows violate 1 of 2 requirements" in words
    assert HOSTILE_LABEL in words
    assert "mark" in reader.tags
    assert ("aria-label", "12 of 21,613 rows") in reader.attributes
    assert "\x1b" not in text
    assert "OK" in "".join(page(passing)[1].text)


def test_it_can_be_read_by_everybody(failing):
    _, reader = page(failing)
    assert ("lang", "en") in reader.attributes
    scopes = [value for name, value in reader.attributes if name == "scope"]
    assert len(scopes) == reader.tags.count("th")
    assert reader.tags.count("caption") == reader.tags.count("table")
    assert reader.tags.count("main") == reader.tags.count("h1") == 1


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_have_contrast_in_light_and_dark(passing):
    text, _ = page(passing)
    light, dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    for theme in (light, dark):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", theme))
        ground = luminance(colours["page"])
        for name in ("text", "soft", "bad", "good", "warn"):
            high, low = sorted((luminance(colours[name]), ground), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, name
        high, low = sorted((luminance(colours["text"]), luminance(colours["mark"])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_page_of_many_requirements_stays_small():
    results = [result(n, n, text="long_name >= 0 or " * 100) for n in range(1, 3_001)]
    text, reader = page(report(results))
    assert len(text.encode()) < 300_000
    assert "and 2,800 more requirements" in " ".join(reader.text)


@pytest.mark.parametrize(("rules", "status"), [("a >= 0\n", 1), ("a >=\n", 2)])
def test_the_command_writes_it_beside_the_table(rules, status, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a\n1\n-1\n")
    Path("r.txt").write_text(rules)
    assert main(["check", "t.csv", "r.txt", "--html", "r.html"]) == status
    text = Path("r.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert ("could not be checked" in text) == (status == 2)
    assert main(["check", "t.csv", "r.txt", "--format", "html"]) == status
    assert "<!DOCTYPE html>" in capsys.readouterr().out


def test_sizes_are_shown_of_violations_that_are_allowed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a\n1\n-1\n-30\n")
    Path("r.txt").write_text("a >= 0\n")
    assert main(["check", "t.csv", "r.txt", "--format", "html", "--max-violations", "2"]) == 0
    assert ("class", "tall") in read(capsys.readouterr().out).attributes


HEADER = "<script>x</script>,b"
OTHERS = [
    ("correct", "t.csv", "r.txt", "--dry-run"),
    ("correct", "t.csv", "r.txt", "--dry-run", "--fixed", HEADER.partition(",")[0]),
    ("report", "violations", "t.csv", "r.txt"),
]


@pytest.mark.parametrize("words", OTHERS)
def test_other_reports_are_pages_as_well(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(f"{HEADER}\n1,2\n-3,4\n-1,1\n")
    Path("r.txt").write_text("[<b>low</b>] `<script>x</script>` >= 0\n")
    assert main([*words, "--format", "html"]) in {0, 1}
    reader = read(capsys.readouterr().out)
    assert "<script>x</script>" in "".join(reader.text) or "--fixed" in words
    assert "svg" in reader.tags or "--fixed" in words
    scopes = [value for name, value in reader.attributes if name == "scope"]
    assert len(scopes) == reader.tags.count("th")
    assert reader.tags.count("caption") == reader.tags.count("table") >= 1


def test_a_correction_is_told_in_the_log_and_in_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b\n1,2\n-3,4\n")
    Path("r.txt").write_text("a >= 0\n")
    words = ["correct", "t.csv", "r.txt", "-o", "o.csv"]
    assert main([*words, "--html", "p.html", "--json", "p.json"]) == 0
    assert "1 corrected" in capsys.readouterr().out
    assert json.loads(Path("p.json").read_text())["corrected_rows"] == 1
    assert "Before and after" in "".join(read(Path("p.html").read_text()).text)
    Path("o.csv").unlink()
    for wrong in (["--html", "none/p.html"], ["--json", "-"], ["--json", "o.csv"]):
        assert main([*words, *wrong]) == 2
        assert not Path("o.csv").exists()


def test_runs_and_gradients_are_pages_as_well(tmp_path, monkeypatch, capsys, sample_data):
    monkeypatch.chdir(tmp_path)
    data, rules = str(sample_data / "housing.csv"), str(sample_data / "housing.txt")
    quick = ("--epochs", "1", "--arch", "8", "--no-baseline", "-q")
    assert main(["train", data, rules, "-o", "run", *quick]) in {0, 1}
    capsys.readouterr()
    assert main(["report", "runs", "run", "--format", "html"]) == 0
    assert "run" in "".join(read(capsys.readouterr().out).text)
    words = ["report", "gradients", data, rules, "--batches", "1", "--arch", "8"]
    assert main([*words, "--format", "html"]) == 0
    assert "Cosine" in "".join(read(capsys.readouterr().out).text)


@pytest.mark.parametrize("data", ["a.csv", "b.csv"])
def test_the_best_run_is_marked_only_among_runs_that_can_be_compared(data):
    runs = tuple(
        summary(name, table, error)
        for name, table, error in (("one", "a.csv", 2.0), ("two", data, 1.0))
    )
    found = RunsReport(runs, best=1, comparable=data == "a.csv")
    page = Page(width=200, unicode=True)
    for text in (render_table(found, page), runs_page(found)):
        assert ("\u2605" in text) == found.comparable
        assert ("none is the best" in text) == (not found.comparable)
