"""The commands that look after what is stored: `portal retention`, `backup` and `restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from portal import audit, backup, doctor
from portal.actor import Actor
from portal.app import create_app
from portal.config import KEY_FILE
from portal.database import inside, unit_of_work
from portal.privacy import erased, replay, retention

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command(name="retention")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted now.")
def retention_command(dry_run: bool) -> None:
    """Delete what is over; the worker does so once a day. Auditors read the report."""
    now = datetime.now(UTC)
    with inside(create_app()):
        if dry_run:
            found = retention.would_delete(now)
        elif run := retention.run_due(now, "command"):
            found = run.deletions
        else:
            click.echo("Today's run is done already.")
            return
        for each in found:
            click.echo(in_words(each))
        if not found:
            click.echo("Nothing is over.")
        if any(each.failed for each in found):
            raise click.ClickException("Not everything could be deleted: see the log.")


def in_words(deletion: retention.RetentionDeletion) -> str:
    span = ""
    if deletion.oldest and deletion.newest:
        span = f" ({deletion.oldest:%d.%m.%Y} to {deletion.newest:%d.%m.%Y})"
    failed = f", {deletion.failed} failed" if deletion.failed else ""
    return f"{deletion.rule}: {deletion.count or 0}{span}{failed}"


@click.command(name="backup")
@FILE
def backup_command(file: Path) -> None:
    """Copy the database into FILE, also while the portal runs."""
    with inside(create_app()):
        _record("backup.made")
        backup.make(file)
    click.echo(f"The database is in {file}. {KEY_FILE} is not: without it nobody can read the "
               "names in this copy. Keep a copy of it in another place.")  # fmt: skip


@click.command(name="restore")
@FILE
@click.option("--replace", is_flag=True, help="Give up what the database holds now.")
def restore_command(file: Path, replace: bool) -> None:
    """Put the database back as it is in FILE; who was erased since is erased again."""
    with inside(create_app()):
        backup.put_back(file, replace=replace)
        _record("backup.restored")
        if not doctor.stored_data_opens():
            raise click.ClickException(
                f"The keys do not open what was restored: put back the {KEY_FILE} of that time, "
                "then restore once more with --replace."
            )
        again = replay.erase_again(datetime.now(UTC))
        click.echo(f"The database is what it was in {file}. Erased since, and therefore erased "
                   f"again, as {erased.FILE} tells: {again}.")  # fmt: skip


def _record(kind: str) -> None:
    with unit_of_work():
        audit.record(Actor.system(datetime.now(UTC)), kind)
