"""What tests of pages need: signing in without a password, counting statements, many rows at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from supermarket.accounts.models import User
from supermarket.core.identifiers import make_uscc, project_code
from supermarket.extensions import db
from supermarket.projects.models import Project


def enter_as(client: FlaskClient, user: User) -> FlaskClient:
    """Be that person from now on."""
    with client.session_transaction() as cookie:
        cookie["_user_id"] = user.get_id()
        cookie["_fresh"] = True
    return client


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Every SQL statement that is sent meanwhile, savepoints left out."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    connection = db.session.connection()
    sa.event.listen(connection.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(connection.engine, "before_cursor_execute", note)


def copy_projects(project: Project, number: int) -> None:
    """So many more public projects like this one."""
    assert project.published_at is not None
    first = project.published_at
    columns = {
        column.key: getattr(project, column.key)
        for column in sa.inspect(Project).column_attrs
        if column.key not in {"id", "code", "reissue_of_id"}
    }
    db.session.execute(
        sa.insert(Project),
        [
            columns | {"code": project_code(2031, serial), "published_at": first + timedelta(seconds=serial)}
            for serial in range(1, number + 1)
        ],
    )
    db.session.commit()


def some_uscc(serial: int) -> str:
    """A valid code for a copy."""
    return make_uscc("91510108", serial)
