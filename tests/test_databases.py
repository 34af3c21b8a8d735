"""The databases that other tests get."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from tests.databases import drop_database, fresh_database

pytest_plugins = ["pytester"]


def run(url: str, *statements: str) -> object:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def test_each_is_empty_and_writable(database_url: str) -> None:
    # Twice the same table name: the second parameter's database does not see the first one's.
    run(database_url, "CREATE TABLE thing (id INTEGER)", "INSERT INTO thing VALUES (7)")
    assert run(database_url, "SELECT id FROM thing") == 7


@pytest.mark.postgres
def test_a_migrated_database_is_cloned(postgres_server: str) -> None:
    template = fresh_database(postgres_server)
    run(template, "CREATE TABLE thing (name TEXT)", "INSERT INTO thing VALUES ('Örnek')")

    clone = fresh_database(postgres_server, template=template)
    run(clone, "DELETE FROM thing")

    assert run(template, "SELECT name FROM thing") == "Örnek"
    drop_database(clone)
    drop_database(template)


@pytest.mark.postgres
def test_what_the_portal_relies_on_is_there(postgresql_url: str) -> None:
    run(postgresql_url, "CREATE EXTENSION pg_trgm", "CREATE EXTENSION unaccent")
    assert run(postgresql_url, "SELECT unaccent('Örnek')") == "Ornek"
    assert run(postgresql_url, "SHOW server_encoding") == "UTF8"


@pytest.mark.postgres
def test_a_given_server_is_used(
    postgres_server: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_POSTGRES_URL", postgres_server)
    pytester.makepyfile(
        f"def test_it(postgres_server): assert postgres_server == {postgres_server!r}"
    )
    pytester.runpytest("-p", "tests.databases").assert_outcomes(passed=1)


@pytest.mark.parametrize(("required", "outcome"), [("", "skipped"), ("1", "errors")])
def test_no_server_skips_or_fails(
    required: str, outcome: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)
    monkeypatch.setenv("REQUIRE_POSTGRES", required)
    monkeypatch.setattr("tests.databases.find_binaries", lambda: None)
    pytester.makepyfile("def test_it(postgres_server): pass")
    pytester.runpytest("-p", "tests.databases").assert_outcomes(**{outcome: 1})
