"""What a run has put in place so far, for whoever has to say how it ended."""

_names: list[str] = []


def note(name: str) -> None:
    """Note that an output is in place, by the name that the user gave it."""
    if name not in _names:
        _names.append(name)


def names() -> tuple[str, ...]:
    """The outputs that are in place, in that order."""
    return tuple(_names)


def start_over() -> None:
    """Forget the outputs of an earlier run of this process."""
    _names.clear()
