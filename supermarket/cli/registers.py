"""`flask matters`, `agencies`, `registries`, `search`: the registers from files, checks by hand, the search index."""

from collections.abc import Iterator
from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup
from flask_babel import gettext

from supermarket.agencies import operations as agencies
from supermarket.agencies.checks.sources import QUESTIONS
from supermarket.agencies.models import Agency, Outcome, Standing
from supermarket.cli.saying import refusals
from supermarket.core import clock
from supermarket.core.permissions import SYSTEM
from supermarket.core.tables import ImportReport, read_table
from supermarket.core.unit import unit
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.search import Document
from supermarket.matters.exporting import as_bytes, own_table, regional_table
from supermarket.matters.importing import import_rows as import_matters
from supermarket.matters.models import Matter, MatterVersion
from supermarket.projects.models import Project
from supermarket.projects.states import PUBLIC_STATES

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
matters_group = AppGroup("matters", help="The matters register.")
agencies_group = AppGroup("agencies", help="The agencies register.")
registries_group = AppGroup("registries", help="Lists of registries that answer the checks.")
search_group = AppGroup("search", help="The search index.")
KEEP_GOOD = click.option("--keep-good", is_flag=True, help="Write the good rows even if others are wrong.")
CHECK_ONLY = click.option("--check-only", is_flag=True, help="Say what would come of it, write nothing.")
REPORT = click.option(
    "--report", "report_to", type=click.Path(dir_okay=False, path_type=Path), help="Keep the report as CSV here."
)


@matters_group.command("import")
@click.argument("file", type=EXISTING)
@click.option("--region", help="Whose list it is; the home region if not given.")
@KEEP_GOOD
@CHECK_ONLY
@REPORT
def import_matters_command(
    file: Path, region: str | None, keep_good: bool, check_only: bool, report_to: Path | None
) -> None:
    """Bring the matters of FILE (CSV, XLSX), or a region's entries over inherited ones, into its list as drafts."""
    home = region or str(current_app.config["HOME_REGION"])
    with refusals(), unit():
        report = import_matters(
            file, region_code=home, actor=SYSTEM, at=clock.now(), keep_good=keep_good, check_only=check_only
        )
    if report_to is not None:
        report_to.write_bytes(report.as_csv())
    _say(report)


@matters_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--region", help="Whose list it is; the home region if not given.")
@click.option("--entries", is_flag=True, help="The region's entries over inherited matters, not its own matters.")
def export_matters_command(file: Path, region: str | None, entries: bool) -> None:
    """Write a region's list to FILE (CSV, XLSX); it comes back in unchanged."""
    home = region or str(current_app.config["HOME_REGION"])
    head, rows = regional_table(home) if entries else own_table(home)
    file.write_bytes(as_bytes("xlsx" if file.suffix.lower() == ".xlsx" else "csv", head, rows))
    click.echo(f"{home}: {len(rows)} rows")


@agencies_group.command("import")
@click.argument("file", type=EXISTING)
@KEEP_GOOD
@CHECK_ONLY
@REPORT
def import_agencies_command(file: Path, keep_good: bool, check_only: bool, report_to: Path | None) -> None:
    """Bring the agencies of FILE (CSV, XLSX) in as applied; nobody is active unchecked."""
    with refusals(), unit():
        report = agencies.import_rows(file, actor=SYSTEM, at=clock.now(), keep_good=keep_good, check_only=check_only)
    if report_to is not None:
        report_to.write_bytes(report.as_csv())
    _say(report)


@agencies_group.command("check")
@click.argument("uscc")
def check_command(uscc: str) -> None:
    """Run every check of the agency USCC now; exit code 1 if any fails."""
    with refusals():
        with unit():
            at = clock.now()
            answers = agencies.ask_registries(uscc, at)
        with unit():
            checks = agencies.run_checks(uscc, actor=SYSTEM, at=at, answers=answers)
            lines = [f"{row.outcome.value:<15} {row.code}: {gettext(row.sentence, **row.parameters)}" for row in checks]
            failed = any(row.outcome is Outcome.FAIL for row in checks)
            standing = db.session.scalar(sa.select(Agency.standing).where(Agency.uscc == uscc))
    click.echo("\n".join(lines))
    click.echo(f"standing: {standing.value if standing else '-'}")
    if failed:
        raise SystemExit(1)


@registries_group.command("import")
@click.argument("name")
@click.argument("file", type=EXISTING)
@click.option("--question", type=click.Choice(QUESTIONS), help="What the list answers; else FILE's own name says it.")
def import_registry_command(name: str, file: Path, question: str | None) -> None:
    """Load FILE (CSV, XLSX; a column `uscc`) as the list of the registry NAME; a newer list takes the older one's place."""
    asked = question or file.stem
    with refusals(), unit():
        rows = [row.cells for row in read_table(file, needed=("uscc",))]
        count = agencies.load_registry(name, asked, rows, label=file.name, actor=SYSTEM, at=clock.now())
    click.echo(f"{name}/{asked}: {count} rows")


@search_group.command("rebuild")
def rebuild_command() -> None:
    """Make the search index anew from the registers and the projects."""
    with unit():
        documents = list(_documents())
    with refusals():
        count = current().search.rebuild(documents)
    click.echo(f"{count} documents")


COMMANDS = (matters_group, agencies_group, registries_group, search_group)


def _say(report: ImportReport) -> None:
    """One line per row that is wrong, then the counts; exit code 1 where a row was refused."""
    for row in report.refused:
        for error in row.errors:
            click.echo(f"line {row.line} ({row.subject}): {error.field}: {error.message}")
    click.echo(", ".join(f"{outcome.value} {count}" for outcome, count in report.counts.items()))
    if not report.written:
        click.echo("nothing was written")
    if report.refused:
        raise SystemExit(1)


def _documents() -> Iterator[Document]:
    """What the public may find."""
    published = sa.select(Matter.code, MatterVersion.name, MatterVersion.approval_item, MatterVersion.industry).join(
        MatterVersion, MatterVersion.id == Matter.published_version_id
    )
    for matter in db.session.execute(published.order_by(Matter.code)):
        yield Document("matter", matter.code, matter.name, matter.approval_item, {"industry": [matter.industry]})
    active = sa.select(Agency.uscc, Agency.name, Agency.introduction, Agency.region_code)
    for agency in db.session.execute(active.where(Agency.standing == Standing.ACTIVE).order_by(Agency.id)):
        yield Document("agency", agency.uscc, agency.name, agency.introduction, {"region": [agency.region_code]})
    public = sa.select(
        Project.code, Project.name, Project.description, Project.region_code, Project.matter_code, Project.state
    )
    for project in db.session.execute(public.where(Project.state.in_(PUBLIC_STATES)).order_by(Project.id)):
        filters = {"region": [project.region_code], "matter": [project.matter_code], "state": [project.state.value]}
        yield Document("project", project.code, project.name, project.description, filters)
