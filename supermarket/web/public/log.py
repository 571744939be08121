"""The log for everybody: its hourly heads, who signed each, the way from one to the next, and how to check it all."""

from flask import render_template, request, url_for

from supermarket.core.clock import now
from supermarket.web.access import public
from supermarket.web.public.blueprint import blueprint
from supermarket.web.witness_words import VERDICTS, witness_label
from supermarket.witnesses.log_queries import head_findings, head_rows, heads_page, next_head_at, signatures_of
from supermarket.witnesses.queries import seen

ROWS = 24


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
        between=lambda first, second: url_for("api_v1.get_consistency", **{"from": first, "to": second}),
    )
