"""The tests; a package, so that `tests.databases` means this one whatever is installed."""
