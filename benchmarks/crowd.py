"""A scratch database with many agencies and projects, made by bulk insert and dropped at the end."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from psycopg import sql
from sqlalchemy import make_url

from launch.servers import Servers
from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.agencies.models import Agency, Onboarding, Service, Standing
from supermarket.core.identifiers import make_uscc, project_code
from supermarket.core.unit import unit
from supermarket.credit.models import StarLevel
from supermarket.data import catalogue
from supermarket.extensions import Base, db
from supermarket.matters.models import Matter, MatterState
from supermarket.matters.operations import load_catalogue
from supermarket.policies.defaults import DEFAULTS
from supermarket.policies.operations import load_facts
from supermarket.projects.models import Funding, Project
from supermarket.projects.states import ProjectState

OWNERS = 200
BATCH = 2_000
BEGAN = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
Row = dict[str, Any]  # values of any column


@contextmanager
def scratch_database(servers: Servers) -> Iterator[tuple[str, str]]:
    """The site's and the owner's address of an empty database, which goes with the block."""
    name = f"supermarket_bench_p{os.getpid()}"
    admin = make_url(servers.admin_url or servers.owner_url).set(drivername="postgresql")
    owner = make_url(servers.owner_url)
    with psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as link:
        link.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(str(owner.username)))
        )
        try:
            site = make_url(servers.database_url).set(database=name).render_as_string(hide_password=False)
            yield site, owner.set(database=name).render_as_string(hide_password=False)
        finally:
            link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _insert(model: type[Base], rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), BATCH):
        db.session.execute(sa.insert(model), rows[start : start + BATCH])


def fill(app: Flask, *, agencies: int, projects: int, seed: int = 2026) -> None:
    """Migrate the application's database and put a crowd into it; the same seed gives the same crowd."""
    with app.app_context():
        upgrade()
        with unit():
            load_facts(BEGAN)
            load_catalogue(BEGAN)
        rng = random.Random(seed)  # noqa: S311 -- invented rows; nothing is decided by it
        counties = [region.code for region in catalogue.regions() if region.code.startswith("5101")]
        with unit():
            matters = _matters()
            codes = list(matters)
            _fill_agencies(agencies, counties, codes, rng)
            _fill_projects(projects, counties, matters, rng)
        # The planner knows a table of this size, as it does in service.
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))


def _matters() -> dict[str, int]:
    """Published matters: code → the version in force."""
    query = sa.select(Matter).where(Matter.state == MatterState.PUBLISHED)
    return {
        row.code: row.published_version.id for row in db.session.scalars(query) if row.published_version is not None
    }


def _fill_agencies(count: int, counties: Sequence[str], matters: Sequence[str], rng: random.Random) -> None:
    usccs = [make_uscc("91510100", serial) for serial in range(count)]
    places = [rng.choice(counties) for _each in usccs]
    _insert(
        Agency,
        [
            {
                "id": number,
                "uscc": uscc,
                "name": f"示范中介服务机构{number:05d}",
                "kind": "enterprise",
                "region_code": place,
                "standing": Standing.ACTIVE,
                "standing_since": BEGAN,
                "onboarding": Onboarding.ADMITTED,
                "applied_at": BEGAN,
                "version": 1,
            }
            for number, (uscc, place) in enumerate(zip(usccs, places, strict=True), start=1)
        ],
    )
    _insert(
        Service,
        [
            {"agency_id": number, "matter_code": matter, "fee_standard": "按合同约定", "promised_days": 20}
            for number in range(1, count + 1)
            for matter in rng.sample(list(matters), 3)
        ],
    )
    _insert(
        StarLevel,
        [
            {
                "agency_uscc": uscc,
                "held_level": rng.choice((None, 1, 2, 3, 4, 5)),
                "rating_count": rng.randrange(40),
                "credit_points": rng.randrange(60, 121),
                "credit_level": rng.choice("ABC"),
                "computed_at": BEGAN,
            }
            for uscc in usccs
        ],
    )


def _fill_projects(count: int, counties: Sequence[str], matters: dict[str, int], rng: random.Random) -> None:
    _insert(
        Organisation,
        [
            {
                "id": number,
                "kind": OrganisationKind.OWNER,
                "name": f"示范采购单位{number:03d}",
                "uscc": make_uscc("11510100", number),
                "region_code": rng.choice(counties),
                "created_at": BEGAN,
            }
            for number in range(1, OWNERS + 1)
        ],
    )
    codes = list(matters)
    states = (
        ProjectState.OPEN,
        ProjectState.FAILED,
        ProjectState.ANNOUNCED,
        ProjectState.IN_SERVICE,
        ProjectState.ARCHIVED,
    )
    rows: list[Row] = []
    for serial in range(1, count + 1):
        code, at = rng.choice(codes), BEGAN + timedelta(minutes=serial)
        budget = rng.randrange(1, 5_000) * 100_000
        rows.append(
            {
                "code": project_code(2026, serial),
                "version": 1,
                "state": rng.choice(states),
                "owner_id": rng.randrange(1, OWNERS + 1),
                "region_code": rng.choice(counties),
                "matter_code": code,
                "matter_version_id": matters[code],
                "name": f"示范采购项目第{serial}号",
                "funding": rng.choice(list(Funding)),
                "budget": budget,
                "ceiling": budget,
                "mode": rng.choice(("random", "bidding", "merit")),
                "policy": dict(DEFAULTS),
                "duration_days": 60,
                "deliverables_wanted": [{"name": "报告", "due_days": 30}],
                "payment_terms": [{"name": "全款", "percent": 100, "after_deliverable": 1}],
                "created_at": at,
                "published_at": at,
                "enrol_until": at + timedelta(days=5),
                "select_at": at + timedelta(days=5, hours=1),
            }
        )
    _insert(Project, rows)
