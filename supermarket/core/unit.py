"""The unit of work: the only place in the house that commits. What must happen afterwards (queue, mail) waits for the commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask_babel import gettext as _
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.orm.exc import StaleDataError

from supermarket.core.errors import Conflict, MarketError
from supermarket.extensions import db

# PostgreSQL: unique_violation, exclusion_violation, serialization_failure, deadlock_detected, lock_not_available
RACES = {"23505", "23P01", "40001", "40P01", "55P03"}
_WAITING = "after_commit"
_REFUSED = "after_refusal"


def after_commit(act: Callable[[], None]) -> None:
    """Have `act` run once the present unit has been committed; dropped if it is rolled back."""
    db.session.info.setdefault(_WAITING, []).append(act)


def after_refusal(act: Callable[[], None]) -> None:
    """Have `act` run, in a unit of its own, once the present one is over although it refused: nothing else is left of it."""
    db.session.info.setdefault(_REFUSED, []).append(act)


def race_code(error: DBAPIError) -> str | None:
    """The SQLSTATE when the database refused because another came first, else None."""
    state = getattr(error.orig, "sqlstate", None)
    return state if state in RACES else None


@contextmanager
def unit() -> Iterator[Session]:
    """Commit what happens inside, or nothing of it. Raises Conflict where the database says another came first."""
    db.session.info.pop(_WAITING, None)
    db.session.info.pop(_REFUSED, None)
    try:
        yield db.session()
        db.session.commit()
    except (IntegrityError, DBAPIError) as error:
        db.session.rollback()
        if race_code(error) is None:
            raise
        raise Conflict(
            _("Somebody was faster, or this was sent twice. Reload the page and look before you try again.")
        ) from error
    except StaleDataError as error:
        db.session.rollback()
        raise Conflict(_("This was changed meanwhile. Reload the page and look before you try again.")) from error
    except MarketError:
        refused = db.session.info.pop(_REFUSED, ())
        db.session.rollback()
        for act in refused:
            act()
        raise
    except BaseException:
        db.session.rollback()
        raise
    # A refusal may have become an answer that was committed (API: idempotency keys).
    for act in (*db.session.info.pop(_WAITING, ()), *db.session.info.pop(_REFUSED, ())):
        act()


@event.listens_for(Session, "after_soft_rollback")
def _forget_waiting(session: Session, previous: SessionTransaction) -> None:
    if not previous.nested:
        session.info.pop(_WAITING, None)
