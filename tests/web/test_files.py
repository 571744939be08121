"""Who may download a private file of a contract: its sides and the offices in charge, nobody else's office."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from supermarket.core.permissions import ANONYMOUS, SYSTEM, Role
from supermarket.documents.operations import store
from supermarket.gateways.filetypes import CSV
from supermarket.web.files import may_read
from tests.factories.accounts import make_actor
from tests.factories.contracts import make_contract


@pytest.mark.parametrize("kind", ["contract", "deliverable", "payment"])
def test_an_office_of_another_region_or_industry_reads_no_file(kind: str, session: Session, at: datetime) -> None:
    contract = make_contract()
    industry = contract.project.matter_version.industry
    row = store(
        "名称,数值\n甲,1\n".encode(),
        "数据.csv",
        subject_kind=kind,
        subject_code=contract.code,
        owner_organisation_id=contract.agency.organisation_id,
        public=False,
        actor=SYSTEM,
        at=at,
        allow=frozenset({CSV}),
    )
    for role in (Role.SUPERVISOR, Role.REGULATOR, Role.OPERATOR):
        assert may_read(row, make_actor(role, region_code="510000")), role
        assert not may_read(row, make_actor(role, region_code="330000")), role
    assert may_read(row, make_actor(Role.REGULATOR, region_code="510000", industries=[industry]))
    assert not may_read(row, make_actor(Role.REGULATOR, region_code="510000", industries=["another-industry"]))
    assert not may_read(row, ANONYMOUS)
