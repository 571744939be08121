"""Files: kept by content, refused with a sentence, read by whom they are for."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from supermarket.core.errors import InvalidInput, NotFound
from supermarket.core.events import Event
from supermarket.core.permissions import ANONYMOUS, SYSTEM, Role
from supermarket.documents.models import Document
from supermarket.documents.operations import store
from supermarket.documents.queries import content, documents_of, readable_by, readable_document
from supermarket.gateways.filetypes import CSV, PDF
from tests.factories.accounts import make_actor, make_organisation
from tests.factories.policies import count

TABLE = "name,uscc\n测试,1\n".encode()


def keep(at: datetime, *, owner: int | None = None, public: bool = False, kind: str = "agency") -> Document:
    return store(
        TABLE,
        "表/名册.csv",
        subject_kind=kind,
        subject_code="91510107MAX000001X",
        owner_organisation_id=owner,
        public=public,
        actor=SYSTEM,
        at=at,
        allow=frozenset({CSV}),
    )


def test_a_file_is_kept_with_its_hash_and_clean_name(session: Session, at: datetime) -> None:
    row = keep(at)
    assert (row.name, row.size, row.media_type, len(row.sha256)) == ("名册.csv", len(TABLE), CSV, 64)
    assert content(row).read() == TABLE
    assert [item.id for item in documents_of("agency", "91510107MAX000001X")] == [row.id]
    assert list(documents_of("agency", "91510107MAX000001X", public_only=True)) == []
    event = session.scalars(sa.select(Event).where(Event.tag == "document.stored")).one()
    assert (event.public, "名册" in str(event.data)) == (False, False)


@pytest.mark.parametrize(
    ("data", "name", "limit", "code"),
    [
        (b"no pdf", "a.pdf", 1000, "file_mismatch"),
        (TABLE, "a.csv", 1000, "file_type"),
        (b"%PDF-1.7", "a.pdf", 4, "file_too_large"),
        (b"", "a.pdf", 1000, "file_empty"),
    ],
)
def test_what_is_not_what_it_says_is_refused_at_the_field_and_nothing_is_written(
    session: Session, at: datetime, data: bytes, name: str, limit: int, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        store(
            data,
            name,
            subject_kind="agency",
            subject_code="x",
            owner_organisation_id=None,
            public=False,
            actor=SYSTEM,
            at=at,
            allow=frozenset({PDF}),
            limit=limit,
            field="scan",
        )
    assert [(error.field, error.code) for error in refused.value.errors] == [("scan", code)]
    assert (count(Document), count(Event)) == (0, 0)


def test_private_files_are_read_by_their_organisation_and_the_office_in_charge(session: Session, at: datetime) -> None:
    body = make_organisation()
    row = keep(at, owner=body.id, kind="project")
    assert readable_by(row, make_actor(Role.OWNER, body))
    assert readable_by(row, make_actor(Role.OPERATOR))
    assert readable_by(row, make_actor(Role.SUPERVISOR))
    for actor in (ANONYMOUS, make_actor(Role.OWNER), make_actor(Role.AGENCY), make_actor(Role.EDITOR)):
        assert not readable_by(row, actor)
        with pytest.raises(NotFound):
            readable_document(row.id, actor)
    assert readable_document(row.id, SYSTEM) is row
    assert not readable_by(keep(at, kind="quote"), make_actor(Role.OPERATOR))
    assert readable_by(keep(at, public=True), ANONYMOUS)
