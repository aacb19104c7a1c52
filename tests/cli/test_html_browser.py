"""Pages in a browser, where one is installed; else, and besides, as parsed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pishield_cli.cli import main
from tests.cli.test_html_report import read

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

TARGETS = ("--targets", "price_low,price,price_high", "--drop", "house")
GRADIENTS = ("--batches", "3", "--arch", "8", *TARGETS, "-q")
PAGES = {
    "check": ("check", "housing.csv", "housing.txt", "--key", "house", "--show", "3"),
    "correct": ("correct", "housing.csv", "housing.txt", "--dry-run"),
    "gradients": ("report", "gradients", "housing.csv", "housing.txt", *GRADIENTS),
    "violations": ("report", "violations", "housing.csv", "housing.txt"),
}


def rendered(path, shot):
    """A page's elements as the browser has them, and what it complained about."""
    assert BROWSER is not None
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    size = ("--window-size=1000,1400", f"--screenshot={shot}")
    logged = ("--enable-logging=stderr", "--v=0", "--dump-dom")
    done = subprocess.run(
        [BROWSER, *quiet, *size, *logged, path.as_uri()],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_shown_without_complaints(name, sample_data, tmp_path, monkeypatch, capsys):
    words = [str(sample_data / one) if one.startswith("housing.") else one for one in PAGES[name]]
    monkeypatch.chdir(tmp_path)
    holds = name in {"correct", "gradients"}
    assert main([*words, "--format", "html", "-q"]) == (0 if holds else 1)
    page = tmp_path / "page.html"
    text = capsys.readouterr().out
    page.write_text(text, encoding="utf-8")
    parsed = read(text)
    assert len(text.encode()) < 300_000
    assert "svg" in parsed.tags
    if BROWSER is not None:
        shot = tmp_path / "page.png"
        shown, complaints = rendered(page, shot)
        assert complaints == []
        assert shown.count("<tr>") == text.count("<tr>")
        assert shot.stat().st_size > 10_000


def test_a_checked_page_shows_how_large_violations_are(sample_data, capsys):
    data, rules = (str(sample_data / f"housing.{ending}") for ending in ("csv", "txt"))
    assert main(["check", data, rules, "--format", "html"]) == 1
    attributes = read(capsys.readouterr().out).attributes
    told = [value for _, value in attributes if (value or "").startswith("counts from least")]
    counts = [sum(map(int, one.partition(": ")[2].split(", "))) for one in told]
    assert counts == [9, 12, 1]


def test_a_corrected_page_shows_cells_before_and_after(sample_data, capsys):
    data, rules = (str(sample_data / f"housing.{ending}") for ending in ("csv", "txt"))
    assert main(["correct", data, rules, "--dry-run", "--format", "html"]) == 0
    reader = read(capsys.readouterr().out)
    assert reader.tags.count("del") == reader.tags.count("ins") > 10


def test_a_corrected_truth_value_is_shown_as_it_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("ok,score\ntrue,1\nTRUE,2\n1,3\n")
    Path("r.txt").write_text("not ok or score >= 5\n")
    words = ["correct", "t.csv", "r.txt", "-o", "o.csv", "--fixed", "score", "--format", "html"]
    assert main(words) == 0
    shown = read(capsys.readouterr().out).text
    assert [one for one in shown if one in {"false", "FALSE"}] == ["false", "FALSE"]
    assert Path("o.csv").read_text() == "ok,score\nfalse,1\nFALSE,2\n0,3\n"


def test_gradients_show_every_batch(sample_data, capsys):
    data, rules = (str(sample_data / f"housing.{ending}") for ending in ("csv", "txt"))
    assert main(["report", "gradients", data, rules, *GRADIENTS, "--format", "html"]) == 0
    parsed = read(capsys.readouterr().out)
    shown = "".join(parsed.text)
    for caption in ("Cosine", "Requirements that the shield rests on", "gets no gradient"):
        assert caption in shown
    ticks = [value for name, value in parsed.attributes if name == "class" and value == "tick"]
    means = [value for name, value in parsed.attributes if name == "class" and value == "mean"]
    assert len(ticks) == 3 * len(means) > 0
    told = [value for name, value in parsed.attributes if name == "aria-label"]
    assert any(value.startswith("3 from ") for value in told)
    assert "singular values" in shown.lower()


def test_runs_show_their_curves(tmp_path, monkeypatch, sample_data, capsys):
    monkeypatch.chdir(tmp_path)
    data, rules = (str(sample_data / f"housing.{ending}") for ending in ("csv", "txt"))
    quick = ("--epochs", "4", "--arch", "8", "--no-baseline", "-q")
    assert main(["train", data, rules, "-o", "run", *quick]) in {0, 1}
    capsys.readouterr()
    assert main(["report", "runs", "run", "--format", "html"]) == 0
    reader = read(capsys.readouterr().out)
    assert "polyline" in reader.tags
    assert any("in 4 epochs" in (value or "") for _, value in reader.attributes)
