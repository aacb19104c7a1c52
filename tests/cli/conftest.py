"""Which tests of the command line can run here."""

from importlib.util import find_spec

# An object store is imitated by a package that is not among those of every set-up.
collect_ignore = [] if find_spec("moto") and find_spec("flask") else ["test_object_store.py"]
