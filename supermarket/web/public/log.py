"""The log for everybody: its hourly heads, who signed each, the way from one to the next, and how to check it all."""

from itertools import zip_longest

from flask import render_template, request, url_for
from flask_babel import gettext as _

from supermarket.core.clock import now
from supermarket.web.access import public
from supermarket.web.public.blueprint import blueprint
from supermarket.web.witness_words import VERDICTS, moment_of, witness_label
from supermarket.witnesses.log_queries import head_findings, head_rows, heads_page, next_head_at, signatures_of
from supermarket.witnesses.models import LogHead
from supermarket.witnesses.queries import LOG_NAME, seen

ROWS = 24


def _between(first: int, second: int) -> str:
    """Where the proof from one head to another is."""
    return url_for("api_v1.get_consistency", **{"from": first, "to": second})  # type: ignore[arg-type]  # names of parameters


def _head(head: LogHead, older: LogHead | None) -> dict[str, object]:
    """What the check in the reader's browser looks at; `proof` leads from the one before, where that is on the page."""
    return {
        "log": LOG_NAME,
        "size": head.size,
        "root": head.root,
        "signatures": [each.content() for each in signatures_of(head)],
        "proof": None if older is None else _between(older.size, head.size),
    }


def _browser_words() -> dict[str, str]:
    return {
        "holds": _("✓ holds"),
        "differs": _("✗ does not hold"),
        "unable": _("Your browser cannot compute here: open this site over https, or use the program below."),
        "working": _("Checking …"),
        "broken": _("A proof could not be loaded. Try again."),
        "done": _(
            "%(signatures)s signatures and %(proofs)s proofs checked in this browser; %(bad)s do not hold.",
            signatures="{signatures}",
            proofs="{proofs}",
            bad="{bad}",
        ),
    }


@blueprint.get("/log")
@public
def log() -> str:
    """Heads, the newest first; `before` leads on to older ones."""
    text = request.args.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
    heads, following = heads_page(before=before, limit=ROWS)
    witnesses = seen()
    return render_template(
        "public/log.html",
        rows=list(zip(heads, head_rows(heads, witnesses), strict=True)),
        witnesses=witnesses,
        newest=heads[0] if heads and before is None else None,
        signatures=signatures_of(heads[0]) if heads else (),
        findings=[(row, cell) for row in head_findings(witnesses) for cell in row.findings],
        following=following,
        before=before,
        next_head_at=next_head_at(now()),
        verdicts=VERDICTS,
        label=witness_label,
        moment_of=moment_of,
        shown=[_head(head, older) for head, older in zip_longest(heads, heads[1:])],
        words=_browser_words(),
        between=_between,
    )
