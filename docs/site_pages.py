"""Pages of the site that are made when it is built: commands from `--help`, schemas, the root's."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from pishield_cli.cli.app import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "pishield_cli" / "cli" / "schemas"
BELOW = {"report": ("violations", "gradients", "runs")}


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made."""
    pages = {"commands.md": commands(), "schemas.md": schemas()}
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        pages[name] = at_home((ROOT / name).read_text("utf-8"))
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Let links to files of the repository's root lead to their pages."""
    return re.sub(r"\]\(\.\./(CONTRIBUTING|CHANGELOG)\.md", r"](\1.md", markdown)


def at_home(text: str) -> str:
    """A page of the repository's root, as one of `docs`: links within it, others as plain text."""
    return re.sub(r"\]\(docs/", "](", text)


def commands() -> str:
    """What `--help` says of every command."""
    words = [(name,) for name in COMMANDS]
    words += [(name, below) for name in BELOW for below in BELOW[name]]
    sections = [section_of(one) for one in sorted(words)]
    opening = (
        "# Commands\n\nWhat `--help` says of each. Exit codes everywhere: **0** finished, every "
        "requirement holds · **1** finished, something does not hold · **2** not done, nothing was "
        "written.\n\n"
    )
    return opening + "\n".join(sections)


def section_of(words: tuple[str, ...]) -> str:
    """One command's part of the page."""
    return f"## pishield {' '.join(words)}\n\n```text\n{help_of(words)}```\n"


def help_of(words: tuple[str, ...]) -> str:
    """What one command says of itself."""
    environment = os.environ | {"COLUMNS": "88", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "pishield_cli", *words, "--help"],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def schemas() -> str:
    """Every report's schema: its keys in words, then the schema itself."""
    sections = []
    for path in sorted(SCHEMAS.glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        rows = [row_of(key, value) for key, value in schema.get("properties", {}).items()]
        table = "\n".join(["| key | type | |", "| --- | --- | --- |", *rows])
        sections.append(f"## {path.stem}\n\n{schema.get('title', '')}\n\n{table}\n")
    opening = (
        "# JSON reports\n\nEvery `--format json` has a shape with a version, the key `schema`; it "
        "goes up where a key goes or changes its meaning. `pishield schema NAME` prints the whole "
        "JSON schema, keys of keys included.\n\n"
    )
    return opening + "\n".join(sections)


def row_of(key: str, value: dict[str, Any]) -> str:
    """One key's line of a table."""
    told = value.get("description", "").replace("|", "&#124;")
    return f"| `{key}` | {kind(value)} | {told} |"


def kind(value: dict[str, Any]) -> str:
    """A key's type, in words."""
    found = value.get("type", "constant" if "const" in value else "")
    return " or ".join(found) if isinstance(found, list) else str(found)
