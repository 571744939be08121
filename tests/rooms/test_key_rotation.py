"""`flask keys`: every identity number under a fresh key; stopped in the middle it goes on, run twice it is safe."""

from collections.abc import Sequence

import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from supermarket.agencies.models import Practitioner
from supermarket.agencies.operations.protected import renew_batch
from supermarket.core.events import Event
from supermarket.gateways import current
from tests.factories.agencies import make_agency, make_practitioner


def run(app: Flask, *args: str) -> Result:
    """The command's answer."""
    return app.test_cli_runner().invoke(args=["keys", *args])


def ciphers(session: Session) -> Sequence[bytes]:
    session.expire_all()
    return session.scalars(sa.select(Practitioner.identity_cipher).order_by(Practitioner.id)).all()


def plain(session: Session) -> list[str]:
    return [current().keys.decrypt(cipher) for cipher in ciphers(session)]


def test_every_number_is_encrypted_anew_and_stays_the_same(app: Flask, session: Session) -> None:
    agency = make_agency(matters=())
    people = [make_practitioner(agency) for _ in range(7)]
    people[3].released_at = people[3].since
    session.commit()
    before, numbers = ciphers(session), plain(session)
    keys = current().keys.field_keys()
    answer = run(app, "rotate", "--batch", "2")
    assert answer.exit_code == 0, answer.output
    assert "7 fields are encrypted anew" in answer.output
    after = ciphers(session)
    assert not set(before) & set(after)
    assert plain(session) == numbers
    assert all(current().keys.under_newest(cipher) for cipher in after)
    assert current().keys.field_keys() == keys + 1
    assert "7 of 7 fields are under the newest" in run(app, "status").output
    assert session.scalars(sa.select(Event.data).where(Event.tag == "practitioner.keys_rotated")).all() == [{"rows": 7}]
    for number in numbers:
        assert number not in answer.output


def test_a_stopped_rotation_goes_on_with_its_own_key(app: Flask, session: Session) -> None:
    agency = make_agency(matters=())
    for _ in range(5):
        make_practitioner(agency)
    session.commit()
    numbers = plain(session)
    current().keys.add_field_key()
    assert renew_batch(0, size=2).renewed == 2
    session.commit()
    done = ciphers(session)[:2]
    keys = current().keys.field_keys()
    status = run(app, "status").output
    assert "2 of 5" in status
    assert "stopped" in status
    answer = run(app, "rotate")
    assert "3 fields are encrypted anew" in answer.output
    assert current().keys.field_keys() == keys
    assert ciphers(session)[:2] == done
    assert plain(session) == numbers


def test_twice_is_safe_and_old_keys_retire_only_when_nothing_needs_them(app: Flask, session: Session) -> None:
    make_practitioner(make_agency(matters=()))
    session.commit()
    numbers = plain(session)
    current().keys.add_field_key()
    assert run(app, "retire", "--yes").exit_code == 1
    assert run(app, "rotate").exit_code == 0
    assert run(app, "rotate").exit_code == 0
    assert plain(session) == numbers
    assert run(app, "retire", "--yes").exit_code == 0
    assert current().keys.field_keys() == 1
    assert plain(session) == numbers


def test_a_person_is_found_by_the_same_hash_after_a_rotation(app: Flask, session: Session) -> None:
    person = make_practitioner(make_agency(matters=()))
    session.commit()
    number = current().keys.decrypt(person.identity_cipher)
    run(app, "rotate")
    assert current().keys.keyed_hash("identity", number) == session.scalars(sa.select(Practitioner.identity_hash)).one()
