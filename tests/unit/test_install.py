"""The command that installs an extra, by how the package was installed."""

import json
from importlib import metadata

import pytest

from pishield_cli.errors import MissingExtraError, install


class Installed:
    def __init__(self, **texts: str) -> None:
        self.texts = texts

    def read_text(self, name: str) -> str | None:
        return self.texts.get(name.partition(".")[0])


def address(**content: object) -> str:
    return json.dumps(content)


FOLDER = address(url="file:///c", dir_info={})
EDITABLE = address(url="file:///c", dir_info={"editable": True})
CLONE = address(url="https://git.example.org/p", vcs_info={"vcs": "git", "commit_id": "abc"})


@pytest.mark.parametrize(
    ("texts", "command"),
    [
        ({"INSTALLER": "pip\n"}, 'pip install "pishield-cli[html]"'),
        ({"INSTALLER": "pip", "direct_url": FOLDER}, "pip install "),
        ({"INSTALLER": "uv"}, 'uv pip install "pishield-cli[html]"'),
        (
            {"INSTALLER": "uv", "direct_url": FOLDER},
            'uv pip install "pishield-cli[html] @ file:///c"',
        ),
        (
            {
                "INSTALLER": "uv",
                "direct_url": address(url="file:///c", dir_info={"editable": True}),
            },
            'uv pip install --editable "/c[html]"',
        ),
        (
            {"INSTALLER": "uv", "direct_url": CLONE},
            'uv pip install "pishield-cli[html] @ git+https://git.example.org/p@abc"',
        ),
    ],
)
def test_the_hint_fits_how_it_was_installed(
    texts: dict[str, str], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "distribution", lambda _: Installed(**texts))
    hint = MissingExtraError("A page needs jinja2.", extra="html").hint
    assert hint is not None
    assert hint.startswith(command)


def test_a_source_that_is_not_installed_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(install, "distribution", none)
    assert install.install_command("torch") == 'pip install "pishield-cli[torch]"'
