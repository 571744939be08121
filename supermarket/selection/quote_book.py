"""What the public may know of a project's sealed quotes, as one JSON file (`quote-book-v1`, see `quotes_kept`).

Before the deadline the keys and nothing else; then the list with its countersignature; from the announcement on bodies.
"""

from collections.abc import Mapping
from datetime import datetime

from supermarket.core.draw import format_time
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.errors import GatewayError
from supermarket.projects.models import Project
from supermarket.selection.models import QuoteList
from supermarket.selection.queries import PublicQuote, public_quotes
from supermarket.selection.quote_lists import holder_of
from supermarket.selection.quotes_kept import BOOK_FORMAT

KEY_FIELDS = ("operator", "witness", "opens_at", "at", "by", "signature")


def quote_book(project: Project) -> dict[str, object]:
    """The book as it stands now."""
    made = db.session.get(QuoteList, project.id)
    keys = project.quote_keys
    opened = public_quotes(project)
    return {
        "format": BOOK_FORMAT,
        "project": project.code,
        "keys": None if keys is None else {name: keys.get(name) for name in KEY_FIELDS},
        "receipt_key": current().keys.verify_key(),
        "witness_key": witness_key(keys),
        "list": None if made is None else made.body,
        "list_hash": None if made is None else made.body_hash,
        "published_at": None if made is None else _moment(made.published_at),
        "countersignature": None if made is None else made.countersignature,
        "opened_at": None if made is None or made.opened_at is None else _moment(made.opened_at),
        "stopped": None if made is None else made.stopped_by,
        "quotes": None if made is None or opened is None else [_quote(row) for row in opened],
    }


def witness_key(keys: Mapping[str, str] | None) -> str | None:
    """The public key in hex of the witness that holds the other half, as this site knows it; None where it does not say."""
    try:
        return holder_of(keys).verify_key()
    except GatewayError:
        return None


def _moment(at: datetime) -> str:
    return format_time(at.replace(microsecond=0))


def _quote(row: PublicQuote) -> dict[str, object]:
    return {
        "uscc": row.agency_uscc,
        "seq": row.seq,
        "commitment": row.commitment,
        "amount": row.amount,
        "body": row.body,
        "invalid_code": row.invalid_code,
    }
