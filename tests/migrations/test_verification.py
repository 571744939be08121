"""Migration 0008 on rows of the time before: rounds become run lengths, certificates of the admitted count."""

from pathlib import Path

from tests.migrations.alembic_at import ground

BEFORE = """
INSERT INTO platform.regions (code, name, level) VALUES ('510107', '武侯区', 'county');
INSERT INTO matters.qualification_kinds
    (code, of_person, name, levels, issuing_authority, status, status_effective, basis, note, uncertain)
VALUES ('Q021', false, '测绘资质', '{}', '', 'live', '', '', '', false)
"""
AGENCIES = """
INSERT INTO agencies.agencies (id, uscc, name, kind, region_code, address, public_contact, introduction,
    legal_representative, business_scope, standing, standing_since, onboarding, refusal, is_branch, applied_at, version)
SELECT n, '91510107000000000' || n, '机构' || n, 'enterprise', '510107', '', '', '', '', '',
    CASE n WHEN 1 THEN 'active' ELSE 'applied' END, '2026-01-05T00:00Z',
    CASE n WHEN 1 THEN 'admitted' ELSE 'refused' END, '', false, '2026-01-05T00:00Z', 1
FROM generate_series(1, 2) n
"""
CERTIFICATES = """
INSERT INTO agencies.qualifications (agency_id, kind_code, number, issuer, valid_until)
SELECT n, 'Q021', 'A' || n, '机关', '2026-09-30' FROM generate_series(1, 2) n
"""
ROUNDS = """
INSERT INTO agencies.checks (agency_id, round_at, code, outcome, registry_name, reference, sentence, parameters)
SELECT 1, day, code, 'pass', '', '', code, '{}'
FROM unnest(ARRAY['2026-02-01T00:00Z', '2026-02-02T00:00Z']::timestamptz[]) day, unnest(ARRAY['uscc', 'pledge']) code
"""


def test_rows_of_before_go_up_and_come_down(worker_id: str, redis_address: str, tmp_path: Path) -> None:
    with ground(f"{worker_id}_verification", redis_address, tmp_path) as made:
        made.up("0007")
        for statement in (*BEFORE.split(";"), AGENCIES, CERTIFICATES, ROUNDS):
            made.run(statement, as_owner=True)
        rounds = made.rows()["agencies.checks"]
        made.up("0008")
        rows = made.rows()
        checks = sorted(rows["agencies.checks"].values(), key=lambda row: int(str(row["id"])))
        assert [row["present"] for row in checks] == [False, False, True, True]
        assert [row["place"] for row in checks] == [0, 1, 0, 1]
        assert all(row["first_at"] == row["last_at"] for row in checks)
        verified = {row["number"]: row["verified_at"] for row in rows["agencies.qualifications"].values()}
        assert verified == {"A1": "2026-02-02T00:00:00+00:00", "A2": None}
        expiry = {row["id"]: row["expiry_due_at"] for row in rows["agencies.agencies"].values()}
        assert expiry == {1: "2026-09-30T16:00:00+00:00", 2: None}
        made.down("0007")
        assert made.rows()["agencies.checks"] == rounds
