"""Facts that stand in two places of the project and must agree."""

import importlib.util
import re
import subprocess
import sys
import tomllib

import pyarrow.parquet as pq
import pytest

import pishield_cli


@pytest.fixture(scope="module")
def project(repository):
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


def members(groups, name):
    for each in groups[name]:
        if isinstance(each, dict):
            yield from members(groups, each["include-group"])
        else:
            yield each


def test_the_extra_dev_equals_the_group_dev(project):
    extra = project["project"]["optional-dependencies"]["dev"]
    assert sorted(extra) == sorted(members(project["dependency-groups"], "dev"))


def test_dependencies_are_ranges(project):
    listed = [
        *project["project"]["dependencies"],
        *(each for extra in project["project"]["optional-dependencies"].values() for each in extra),
        *members(project["dependency-groups"], "bench"),
    ]
    assert [each for each in listed if ">=" not in each or "==" in each] == []


def test_the_core_needs_four_packages(project):
    names = {re.match(r"[a-z]+", each)[0] for each in project["project"]["dependencies"]}
    assert names == {"numpy", "pyarrow", "rich", "typer"}


def test_the_set_up_is_two_commands_of_one_line_each(repository):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- set up and (\w+) -->\n```sh\n(.*?)```", readme, re.DOTALL)
    assert [name for name, _ in blocks] == ["run", "test"]
    assert all(text.count("\n") == 1 and " && " in text for _, text in blocks)


def test_a_release_is_tried_wherever_it_is_claimed_to_work(repository, project):
    text = (repository / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    claimed = [
        each.rpartition(" ")[2]
        for each in project["project"]["classifiers"]
        if re.search(r":: 3\.[0-9]+$", each)
    ]
    assert claimed
    assert [version for version in claimed if f'"{version}"' not in text] == []
    assert all(system in text for system in ("ubuntu", "macos", "windows"))
    assert '/twine" check' in (repository / ".ci" / "release").read_text(encoding="utf-8")


def test_the_results_are_one_page(repository):
    """Their tables are made, and stand beside the benchmarks that make them."""
    text = (repository / "docs" / "results.md").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert len(lines) <= 150
    assert sum(line.startswith("|") for line in lines) <= 30
    assert text.count("![") >= 2


def test_every_relaxed_rule_has_its_reason(repository):
    text = (repository / "pyproject.toml").read_text(encoding="utf-8")
    ruff = text.partition("[tool.ruff.lint]")[2].partition("[tool.ruff.lint.isort]")[0]
    rules = [line for line in ruff.splitlines() if re.match(r'\s+"[A-Z]+\d*",', line)]
    assert len(rules) > 10
    assert [line for line in rules if "#" not in line] == []


def test_the_version_is_the_changelogs_or_unreleased(repository):
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(
        rf"^## (Unreleased|{re.escape(pishield_cli.__version__)})", changelog, re.MULTILINE
    )


def test_imports_go_down_only(repository):
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def made(repository, tmp_path_factory):
    spec = importlib.util.spec_from_file_location("make", repository / "sample_data" / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    return {path.name: path for path in make.make(tmp_path_factory.mktemp("made"))}


def test_the_script_makes_every_sample_table(made, sample_data):
    shipped = {path.name for path in sample_data.iterdir() if path.suffix in {".csv", ".parquet"}}
    assert shipped == set(made)


@pytest.mark.parametrize("name", ["loans", "housing", "scenes", "orders"])
def test_the_script_reproduces_the_sample_tables(made, sample_data, name):
    assert made[f"{name}.csv"].read_bytes() == (sample_data / f"{name}.csv").read_bytes()
    shipped = pq.read_table(sample_data / f"{name}.parquet")
    assert pq.read_table(made[f"{name}.parquet"]).equals(shipped)


def test_the_script_writes_the_bills_of_the_tutorial(made, sample_data):
    assert made["bills.csv"].read_bytes() == (sample_data / "bills.csv").read_bytes()


def test_sample_files_are_small(sample_data):
    big = [path.name for path in sample_data.iterdir() if path.stat().st_size > 100_000]
    assert big == []


def test_what_is_cited_is_this_version(repository):
    cited = (repository / "CITATION.cff").read_text()
    assert f"\nversion: {pishield_cli.__version__}\n" in cited


def test_hooks_action_and_image_name_commands_that_are_there(repository):
    entries = ("entry: pishield check\n", "entry: pishield fmt\n")
    hooks = (repository / ".pre-commit-hooks.yaml").read_text()
    assert all(entry in hooks for entry in entries)
    assert "pishield check " in (repository / "action.yml").read_text()
    image = (repository / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["pishield"]' in image
    assert "\nUSER 1000\n" in image
    for command in ("check", "fmt"):
        done = subprocess.run(
            [sys.executable, "-m", "pishield_cli", command, "--help"],
            cwd=repository,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, command
