"""The command `portal`: set up, operate, look after, and show the demo."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import click
from flask import Flask
from sqlalchemy.exc import DBAPIError, OperationalError

from portal import (
    __version__,
    backup,
    catalogue,
    cli_data,
    config,
    doctor,
    migrate,
    registry,
    rounds,
    serving,
    verifying,
)
from portal.accounts.session import now
from portal.accounts.setup import first_admin
from portal.app import create_app
from portal.database import gather_statistics, inside, unit_of_work
from portal.demo import start
from portal.demo.accounts import PASSWORD
from portal.demo.seed import Happening
from portal.extensions import db
from portal.mailing import smtp
from portal.network.commands import load_municipalities
from portal.privacy import replay
from portal.problems import Problem

PAUSE_SECONDS = 5  # of the worker, when nothing was due
PORT = click.IntRange(1, 65535)


class Plain(click.Group):
    """Whatever a person can put right ends as a sentence, never as a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (
            config.ConfigError, registry.PluginError, serving.CannotServe, backup.CannotDo, Problem,
        ) as error:  # fmt: skip
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            reason = str(error.orig).strip().partition("\n")[0]
            raise click.ClickException(f"The database cannot be used: {reason}") from error
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            raise click.ClickException(f"{error.strerror or error}{place}") from error


@click.group(cls=Plain, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="portal")
def main() -> None:
    """Hand in Hand: a portal in which every handoff gets an answer.

    Settings come from the environment as PORTAL_<NAME> and from the file portal.env in the
    instance folder. Begin with `portal demo`, or with `portal init`.
    """


@main.command()
def init() -> None:
    """Make the instance folder with keys and configuration. Overwrites nothing."""
    folder = Path(os.environ.get("PORTAL_INSTANCE") or "instance").resolve()
    made = config.create_instance(folder)
    for path in made:
        click.echo(f"made {path}")
    if not made:
        click.echo(f"{folder} was complete; nothing was changed.")
    click.echo("Keep a copy of keys.json in a safe place: without it nobody can read the data.")
    click.echo("Next: portal migrate, portal create-admin, portal serve.")


@main.command(name="migrate")
@click.option("--draft", metavar="TEXT", help="Developers: draft a revision with this message.")
@click.option("--stream", "key", default="core", show_default=True,
              help="With --draft: the stream, core or a plugin's key.")  # fmt: skip
def migrate_command(draft: str | None, key: str) -> None:
    """Bring the database of the core and of every plugin up to date."""
    with inside(create_app()):
        applied = migrate.upgrade_all(db.engine, registry.registry())
        for stream, revisions in applied.items():
            click.echo(f"{stream}: {', '.join(revisions) or 'nothing to do'}")
        if draft:
            click.echo(_draft(key, draft))
            return
        with unit_of_work():
            if added := load_municipalities():
                click.echo(f"core: {added} municipalities added")


def _draft(key: str, message: str) -> str:
    streams = {stream.key: stream for stream in migrate.streams(registry.registry())}
    if key not in streams:
        raise click.ClickException(
            f"There is no stream {key!r}, only {', '.join(streams)}. A plugin's begins with an "
            "empty folder migrations/ beside its plugin.py."
        )
    stream = streams[key]
    if not migrate.differences(db.engine, stream):
        return f"{key}: tables and models agree, no revision is needed."
    number = len(list(stream.script.walk_revisions())) + 1
    path = migrate.write_revision(db.engine, stream, message, f"{key}_{number:04}")
    return f"drafted {path}: read it, then run `portal migrate`."


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=PORT)
def serve(host: str, port: int) -> None:
    """Serve the portal: waitress with SQLite, gunicorn with PostgreSQL."""
    app = create_app()
    serving.require_free(host, port)
    with inside(app):
        _keep_demo_inside(app, host)
        embedded = db.engine.dialect.name == "sqlite"
        if behind := migrate.behind(db.engine, registry.registry()):
            raise click.ClickException(
                f"Migrations are missing ({', '.join(behind)}): run `portal migrate` first."
            )
        if again := replay.erase_again(datetime.now(UTC)):
            click.echo(f"Brought back by a backup, and erased again: {again}.")
        if embedded:
            gather_statistics(db.engine)
    if embedded:
        greeting = f"Serving on http://{serving.address(host, port)}, stop with Ctrl+C."
        serving.serve_here(app, host, port, greeting)
    else:
        serving.become_gunicorn(host, port)


def _keep_demo_inside(app: Flask, host: str) -> None:
    """Everybody knows the demo's password, in demo mode or not."""
    shown = app.config["DEMO"] or start.database_holds() is start.Holds.DEMO
    for address in (serving.address(host, 80), app.config["BASE_URL"]):
        if shown and not config.is_loopback(address):
            raise click.ClickException(f"This is a demo: it is not served at {address}.")


@main.command()
@click.option("--once", is_flag=True, help="Deliver what is due now, then end.")
def worker(once: bool) -> None:
    """Remind and end what waits, deliver messages, seal the log, delete what is over.

    Several workers may run at once.
    """
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stopped.set())
    app = create_app()
    transport = smtp.transport_of(app.config)
    with inside(app):
        while not stopped.is_set():
            try:
                delivered, failed = rounds.run(now(), transport, thorough=once)
            except OperationalError:
                if once:
                    raise
                db.session.remove()
                click.echo("The database does not answer; trying again.", err=True)
                delivered = failed = 0
            if delivered or failed:
                click.echo(f"delivered {delivered}, failed {failed}", err=True)
            elif once:
                return
            if not (delivered or once):
                stopped.wait(PAUSE_SECONDS)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def plugins(as_json: bool) -> None:
    """What is installed: kinds of handoff, their states and moves, permissions."""
    found = catalogue.described(registry.load())
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for plugin in found:
        click.echo(f"{plugin['key']} {plugin['version']}")
        for kind in plugin["referral_types"]:
            click.echo(f"  {kind['label']} ({kind['key']})")
            for move in kind["moves"]:
                target = move["to"] or "unchanged"
                click.echo(f"    {move['key']:<24}{', '.join(move['from'])} -> {target}"
                           f" ({move['side']})")  # fmt: skip
        for permission in plugin["permissions"]:
            click.echo(f"  may {permission['key']}: {', '.join(permission['roles'])}")


@main.command()
@click.option("--name", prompt=True)
@click.option("--mail", prompt=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True,
              envvar="PORTAL_ADMIN_PASSWORD", help="At least 12 characters; better typed than "
              "given here, or in PORTAL_ADMIN_PASSWORD.")  # fmt: skip
@click.option("--organisation", default=None, help="Made if it does not exist.")
def create_admin(name: str, mail: str, password: str, organisation: str | None) -> None:
    """Make an account that administers organisations and accounts."""
    app = create_app()
    where = organisation or app.config["COUNTY"] or "Administration"
    with inside(app), unit_of_work():
        person = first_admin(datetime.now(UTC), where, name, mail, password)
        click.echo(f"{person.email} can sign in and administers the portal.")


@main.command(name="doctor")
def doctor_command() -> None:
    """Check this installation; exit code 1 if something is wrong."""
    bad = 0
    for finding in doctor.examine():
        click.echo(f"{'ok ' if finding.good else 'BAD'}  {finding.sentence}")
        bad += not finding.good
    if bad:
        raise click.ClickException("1 thing is wrong." if bad == 1 else f"{bad} things are wrong.")


for data_command in (
    cli_data.retention_command, cli_data.backup_command, cli_data.restore_command,
):  # fmt: skip
    main.add_command(data_command)


@main.group()
def audit() -> None:
    """The access log."""


@audit.command()
def verify() -> None:
    """Read the sealed log anew; exit code 1 if an entry is not as it was written."""
    with inside(create_app()):
        report = verifying.verify()
    for finding in report.findings:
        click.echo(f"BAD  {finding}")
    for line in report.lines():
        click.echo(line)
    if report.findings:
        raise click.ClickException("The access log is not as it was written.")


@main.command()
@click.option("--port", default=8000, show_default=True, type=PORT)
@click.option("--instance", default="instance", show_default=True,
              type=click.Path(file_okay=False, path_type=Path))  # fmt: skip
@click.option("--reset", is_flag=True, help="Forget what was done in the demo and start anew.")
@click.option("--no-serve", is_flag=True, help="Only make it ready.")
def demo(port: int, instance: Path, reset: bool, no_serve: bool) -> None:
    """Show the portal with an invented county, on this machine alone."""
    if not no_serve:
        serving.require_free("127.0.0.1", port)
    folder = instance.resolve()
    config.create_instance(folder)
    address = f"http://127.0.0.1:{port}"
    app = create_app(
        {"INSTANCE": str(folder), "DEMO": "1", "BASE_URL": address, "TRUSTED_PROXIES": "0"}
    )
    with inside(app):
        _prepare_demo(folder, reset=reset)
        click.echo(f"\nEverybody signs in with the password {PASSWORD}\n")
        for line in start.account_lines():
            click.echo(line)
    if no_serve:
        click.echo("\nReady. Show it with `portal demo`.")
        return
    greeting = f"\nOpen {address}/demo/ to sign in as anybody with one click. Stop with Ctrl+C."
    serving.serve_here(app, "127.0.0.1", port, greeting)


def _prepare_demo(folder: Path, *, reset: bool) -> None:
    holds = start.database_holds()
    if holds is start.Holds.SOMETHING_ELSE:
        raise click.ClickException(
            f"The database of {folder} holds a real portal: it is left alone. "
            "Choose another folder: portal demo --instance DIR"
        )
    if reset and holds is start.Holds.DEMO:
        click.echo("Starting anew.")
        start.empty_database()
    click.echo("Making the demo county ready ...")
    if start.fill(_with_progress):
        return
    if not doctor.stored_data_opens():
        raise click.ClickException(
            f"The keys in {folder} do not open this demo any more: portal demo --reset"
        )
    click.echo("It is there already, with everything that was done in it.")


def _with_progress(happenings: list[Happening]) -> Iterator[Happening]:
    if sys.stdout.isatty():
        with click.progressbar(happenings, label="Nine months of handoffs") as bar:
            yield from bar
        return
    for number, happening in enumerate(happenings, start=1):
        yield happening
        if number % 200 == 0 or number == len(happenings):
            click.echo(f"  {number} of {len(happenings)} steps, until {happening.moment:%d.%m.%Y}")


if __name__ == "__main__":
    main()
