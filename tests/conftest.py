"""Fixtures of every test: databases, a portal on them, a browser, a factory and a small town."""

pytest_plugins = [
    "tests.databases",
    "tests.portals",
    "tests.browser.browser",
    "portal.testing.fixtures",
]
