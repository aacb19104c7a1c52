"""The formats of reports: one enum for each set of formats that commands offer."""

from enum import StrEnum


class Format(StrEnum):
    """The formats that every report has."""

    TABLE = "table"
    JSON = "json"


class InspectFormat(StrEnum):
    """The formats of the report of `inspect`."""

    TABLE = "table"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


class PageFormat(StrEnum):
    """The formats of reports that are pages as well."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


class CheckFormat(StrEnum):
    """The formats of the report of `check`."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    HTML = "html"

    @property
    def utf8(self) -> bool:
        """Whether the format is UTF-8 by definition."""
        return self not in {CheckFormat.TABLE, CheckFormat.GITHUB, CheckFormat.MARKDOWN}

    @property
    def examples(self) -> int:
        """How many violating rows are listed for each requirement where `--show` does not say."""
        return {CheckFormat.JSON: 10, CheckFormat.HTML: 5}.get(self, 0)
