"""How many agencies a night re-verifies against the stand-in registries, beside the bare questions that it has to ask.

Four nights in one process: the first finds everything new, verifies and shows it, the usual one finds it as it was,
in one a registry is silent, in the last it is back. Then the same questions are asked of the same stand-in and their
answers thrown away.
"""

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from benchmarks.crowd import BATCH, BEGAN, Row, fill, scratch_database
from launch.places import ROOT
from launch.servers import Servers
from supermarket.agencies.checks import ask, questions
from supermarket.agencies.models import (
    Agency,
    Check,
    Practitioner,
    PractitionerLicence,
    Qualification,
    RegistryAnswer,
    RegistryList,
    Service,
)
from supermarket.agencies.nightly import reverify
from supermarket.agencies.operations.files import files_of
from supermarket.core.unit import unit
from supermarket.extensions import Base, db
from supermarket.gateways import build

SCOPE = "工程咨询；工程测量；工程造价咨询；建设工程设计；环境影响评价；水土保持方案编制；地质灾害危险性评估"
UNTIL = (BEGAN + timedelta(days=2_000)).date()
# One certificate that the data-sharing platform keeps, one that the building market's keeps.
CERTIFICATES = (("Q021", "甲级"), ("Q009", "甲级"))
FIRST_NIGHT = datetime.fromisoformat("2026-06-02T02:00:00+08:00")
Say = Callable[[str], None]
# What the table shows of each night, and how wide.
COLUMNS = {
    "agencies/s": 11,
    "seconds": 9,
    "changed": 9,
    "silent": 8,
    "findings": 10,
    "answers": 9,
    "shown": 8,
    "of bare": 9,
}


@dataclass(frozen=True)
class Night:
    """One run: how many agencies in how many seconds; after it: findings and answers kept, services shown."""

    name: str
    agencies: int
    seconds: float
    changed: int
    silent: int
    findings: int
    answers: int
    shown: int

    @property
    def per_second(self) -> float:
        """Agencies a second."""
        return self.agencies / self.seconds


def lines(nights: Sequence[Night], asked: int, bare_seconds: float) -> list[str]:
    """The table: each night, and the part of its questions' own time (1: the questions alone take as long)."""
    names = "".join(f"{name:>{width}}" for name, width in COLUMNS.items())
    head = f"{'night':<12}{names}"
    bare = asked / bare_seconds
    return [
        head,
        *(
            f"{night.name:<12}{night.per_second:>11.1f}{night.seconds:>9.1f}{night.changed:>9}{night.silent:>8}"
            f"{night.findings:>10}{night.answers:>9}{night.shown:>8}{asked / night.seconds / bare:>9.3f}"
            for night in nights
        ),
        f"{asked} bare questions in {bare_seconds:.1f} s: {bare:.0f} a second",
        f"20 000 agencies at the first night's pace: {20_000 / nights[0].per_second / 60:.1f} minutes, "
        f"at the usual night's: {20_000 / nights[1].per_second / 60:.1f} minutes",
    ]


def run(servers: Servers, make_app: Callable[[dict[str, object]], Flask], *, agencies: int, say: Say) -> bool:
    """Build the crowd, run the nights and the bare questions; whether 20 000 agencies take under ten minutes in each."""
    with tempfile.TemporaryDirectory(prefix="supermarket-bench-") as folder, scratch_database(servers) as (site, owner):
        settings: dict[str, object] = {
            "DATA": folder,
            "DEMO": False,
            "SECRET_KEY": "bench",
            "SQLALCHEMY_DATABASE_URI": site,
            "MIGRATION_DATABASE_URI": owner,
            "REDIS_URL": servers.redis_url,
            "RATELIMIT_ENABLED": False,
            "GATEWAYS": "fake",
        }
        app = make_app(settings)
        say(f"a market of {agencies} agencies with {len(CERTIFICATES)} certificates and one licence each …")
        fill(app, agencies=agencies, projects=0)
        home = Path(folder) / "registries"
        with app.app_context():
            _file(home)
        with _stand_in(home) as address:
            real = build({**app.config, "GATEWAYS": "real", "REGISTRIES_URL": address})
            app.extensions["gateways"] = replace(app.extensions["gateways"], registries=real.registries)
            with app.app_context():
                nights = [
                    _night(name, FIRST_NIGHT + timedelta(days=day)) for day, name in enumerate(("first", "usual"))
                ]
                (home / "data-sharing").rename(home / "away")
                nights += [_night("silent", FIRST_NIGHT + timedelta(days=2))]
                (home / "away").rename(home / "data-sharing")
                nights += [_night("back", FIRST_NIGHT + timedelta(days=3))]
                asked, seconds = _bare(FIRST_NIGHT)
        with app.app_context():
            db.engine.dispose()
    for line in lines(nights, asked, seconds):
        say(line)
    return all(20_000 / night.per_second < 600 for night in nights)


def _night(name: str, at: datetime) -> Night:
    began = time.perf_counter()
    outcome = reverify(at)
    seconds = time.perf_counter() - began
    with unit():
        findings = db.session.scalar(sa.select(sa.func.count()).select_from(Check)) or 0
        answers = db.session.scalar(sa.select(sa.func.count()).select_from(RegistryAnswer)) or 0
        shown = db.session.scalar(sa.select(sa.func.count()).where(Service.hidden_reason.is_(None))) or 0
    counted = {key: int(value) for key, value in outcome.items()}
    return Night(name, counted["checked"], seconds, counted["changed"], counted["silent"], findings, answers, shown)


def _bare(at: datetime) -> tuple[int, float]:
    """The night's questions to registries over HTTP, asked in the same batches; how many, in how many seconds."""
    with unit():
        ids = db.session.scalars(sa.select(Agency.id).order_by(Agency.id)).all()
    asked, seconds = 0, 0.0
    for start in range(0, len(ids), 200):
        with unit():
            files = files_of(ids[start : start + 200], at)
        wanted = [question for file in files.values() for question in questions(file)]
        began = time.perf_counter()
        asked += len(ask(wanted, at))
        seconds += time.perf_counter() - began
    return asked, seconds


def _file(home: Path) -> None:
    """Give each agency what it files, and the registries the same."""
    with unit():
        rows = db.session.execute(sa.select(Agency.id, Agency.uscc, Agency.name).order_by(Agency.id)).all()
        db.session.execute(
            sa.update(Agency).values(
                legal_representative="示范负责人", business_scope="", address="", pledge_signed_at=BEGAN
            )
        )
        db.session.execute(sa.delete(Service))
        _insert(
            Service,
            [
                {
                    "agency_id": row.id,
                    "matter_code": "ZJ051",
                    "fee_standard": "按合同约定",
                    "promised_days": 20,
                    "hidden_reason": "unchecked",
                }
                for row in rows
            ],
        )
        certificates: list[Row] = [
            {
                "agency_id": row.id,
                "kind_code": kind,
                "speciality": None,
                "level": level,
                "number": f"示{kind}-{row.id:06d}",
                "issuer": "示范机关",
                "valid_until": UNTIL,
            }
            for row in rows
            for kind, level in CERTIFICATES
        ]
        _insert(Qualification, certificates)
        people = [
            {
                "id": row.id,
                "agency_id": row.id,
                "name": f"示范人员{row.id}",
                "identity_cipher": b"",
                "identity_hash": f"{row.id:064d}",
                "since": BEGAN,
            }
            for row in rows
        ]
        _insert(Practitioner, people)
        _insert(
            PractitionerLicence,
            [
                {
                    "practitioner_id": row.id,
                    "kind_code": "Q064",
                    "number": f"示Q064{row.id:06d}",
                    "registered_until": UNTIL,
                }
                for row in rows
            ],
        )
        for name, question in (("national-dishonesty", "dishonesty"), ("administrative-penalties", "penalties")):
            db.session.add(RegistryList(registry_name=name, question=question, label="示范", loaded_at=FIRST_NIGHT))
    codes = {row.id: row.uscc for row in rows}
    _write(
        home / "data-sharing" / "enterprises.csv",
        [
            {
                "uscc": row.uscc,
                "name": row.name,
                "status": "存续",
                "legal_representative": "示范负责人",
                "business_scope": SCOPE,
            }
            for row in rows
        ],
    )
    _write(home / "social-credit" / "dishonesty.csv", [], ("uscc", "document_number"))
    _write(
        home / "data-sharing" / "practitioners.csv",
        [
            {
                "uscc": row.uscc,
                "licence_kind": "Q064",
                "licence_number": f"示Q064{row.id:06d}",
                "registered_until": UNTIL.isoformat(),
            }
            for row in rows
        ],
    )
    for registry, kind in (("data-sharing", "Q021"), ("construction-market", "Q009")):
        _write(
            home / registry / "qualifications.csv",
            [
                {
                    "uscc": codes[int(str(item["agency_id"]))],
                    "kind": kind,
                    "number": item["number"],
                    "level": item["level"],
                    "speciality": "",
                    "valid_until": UNTIL.isoformat(),
                }
                for item in certificates
                if item["kind_code"] == kind
            ],
        )


def _insert(model: type[Base], rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), BATCH):
        db.session.execute(sa.insert(model), rows[start : start + BATCH])


def _write(path: Path, rows: Sequence[Mapping[str, object]], columns: Sequence[str] = ()) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as output:
        writer = csv.DictWriter(output, fieldnames=list(columns or rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@contextmanager
def _stand_in(home: Path) -> Iterator[str]:
    """The stand-in server on a free port; ends with the block."""
    process = subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-m", "registries", "serve", "--home", str(home), "--port", "0"],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    with process:
        try:
            yield "" if process.stdout is None else process.stdout.readline().rpartition(" ")[2].strip()
        finally:
            process.terminate()
