"""The witnesses, and what each signed beside what this market shows; read from what the hourly visit has stored."""

import json
from collections.abc import Sequence

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from supermarket.core.clock import now
from supermarket.core.draw import format_time
from supermarket.core.errors import NotFound
from supermarket.projects.queries import project_for
from supermarket.selection.models import Draw
from supermarket.selection.queries import draws_of
from supermarket.selection.receipts import receipts_needed, receipts_of
from supermarket.web import listing
from supermarket.web.access import present_actor, public
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.projects import Answer
from supermarket.web.witness_words import SENTENCES, VERDICTS, condition, moment_of, trouble_sentence, witness_label
from supermarket.witnesses import queries
from supermarket.witnesses.comparing import Row, Signed
from supermarket.witnesses.log_queries import head_findings

ROWS = 50
LOG_PAGE = 1000


def _content(signed: Signed | None) -> dict[str, str] | None:
    return None if signed is None else vars(signed).copy()


def _row(row: Row) -> dict[str, object]:
    return {
        "project": row.project,
        "purpose": row.purpose,
        "pool_hash": row.pool_hash,
        "witnesses": [
            {
                "name": cell.witness,
                "verdict": cell.verdict.value,
                "shown_here": _content(cell.shown_here),
                "shown_by_witness": _content(cell.shown_there),
            }
            for cell in row.cells
        ],
    }


def _json(content: object) -> Response:
    return Response(json.dumps(content, ensure_ascii=False, indent=1) + "\n", mimetype="application/json")


def _before() -> int | None:
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _witness(shown: queries.Shown) -> dict[str, object]:
    return {
        "name": shown.name,
        "key": shown.key,
        "address": shown.page,
        "lead": shown.lead,
        "configured": shown.configured,
        "since": format_time(shown.since.replace(microsecond=0)) if shown.since else None,
        "state": shown.state.content() if shown.state else None,
        "last_head": _last_head(shown.head),
        "state_signed_by": list(shown.seen_by),
        "trouble": shown.trouble,
    }


def _last_head(head: queries.Head | None) -> dict[str, object] | None:
    """The last head that it signed: of the tree with its root, or of the chain with its hash."""
    if head is None:
        return None
    return {"log": queries.LOG_NAME, "seq": head.seq, "root" if head.is_tree else "head": head.hash}


@blueprint.get("/witnesses")
@public
def witnesses() -> Answer:
    """Who signs, how each is doing, and for every project and purpose whether all show the same."""
    shown = queries.witnesses_shown()
    if listing.wanted_format():
        return listing.download("witnesses", _columns(), _cells())
    project = listing.clean(request.args.get("project", ""), 64)
    rows, following = queries.page_of_rows(before=_before(), limit=ROWS, project=project)
    strangers = queries.unknown_rows(queries.seen()) if _before() is None else []
    heads = head_findings(queries.seen())
    if project:
        strangers = [row for row in strangers if row.project == project]
    return render_template(
        "public/witnesses.html",
        shown=shown,
        conditions={each.key: condition(each, now()) for each in shown},
        troubles={each.key: trouble_sentence(each.trouble) for each in shown},
        rows=[*strangers, *rows],
        findings=[(row, cell) for row in [*strangers, *rows] for cell in row.findings],
        head_findings=[(row, cell) for row in heads for cell in row.findings],
        following=following,
        project=project,
        verdicts=VERDICTS,
        sentences=SENTENCES,
        label=witness_label,
        moment_of=moment_of,
        names=lambda names: ", ".join(map(witness_label, names)),
        words=_browser_words(),
        addresses=" ".join(each.page for each in shown if each.page) or "https://…",
    )


def _browser_words() -> dict[str, str]:
    return {
        "holds": _("✓ holds"),
        "differs": _("✗ does not hold"),
        "unable": _("Your browser cannot check Ed25519 signatures: nothing was checked here. Use the program below."),
        "working": _("Checking …"),
        "done": _(
            "%(checked)s signatures checked in this browser; %(bad)s do not hold.", checked="{checked}", bad="{bad}"
        ),
        "none": _("There is no signature on this page to check."),
    }


def _columns() -> list[str]:
    return [
        _("Project"),
        _("Purpose"),
        _("Witness"),
        _("Outcome"),
        _("Pool hash here"),
        _("Pool hash at the witness"),
        _("Signed at, here"),
        _("Signed at, at the witness"),
        _("Signature here"),
        _("Signature at the witness"),
    ]


def _cells() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for row in queries.all_rows():
        for cell in row.cells:
            here, there = cell.shown_here, cell.shown_there
            found.append(
                (
                    row.project,
                    row.purpose,
                    cell.witness,
                    str(VERDICTS[cell.verdict].word),
                    row.pool_hash or "",
                    there.pool_hash if there else "",
                    here.at if here else "",
                    there.at if there else "",
                    here.signature if here else "",
                    there.signature if there else "",
                )
            )
            if len(found) == listing.MOST_ROWS:
                return found
    return found


@blueprint.get("/witnesses.json")
@public
def witnesses_json() -> Response:
    """The same for programs: the newest draws first, `before` leads on to older ones."""
    project = listing.clean(request.args.get("project", ""), 64)
    rows, following = queries.page_of_rows(before=_before(), limit=LOG_PAGE, project=project)
    strangers = queries.unknown_rows(queries.seen()) if _before() is None and not project else []
    return _json(
        {
            "witnesses": [_witness(each) for each in queries.witnesses_shown()],
            "rows": [_row(row) for row in [*strangers, *rows]],
            "next": url_for("public.witnesses_json", before=following) if following else None,
        }
    )


@blueprint.get("/witnesses/<name>/log.json")
@public
def witness_log(name: str) -> Response:
    """A witness's own log as it is kept here: after a broken disk the witness takes it back from here, too."""
    text = request.args.get("after", "0")
    after = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
    found = queries.log_of(name, after, LOG_PAGE)
    return _json({"log": found, "next": int(found[-1]["n"]) if len(found) == LOG_PAGE else None})


@blueprint.get("/witnesses/<name>/state.json")
@public
def witness_state(name: str) -> Response:
    """The last state of its log that a witness signed and that is kept here."""
    return _json({"state": queries.state_of(name)})


def _receipts(draw: Draw) -> list[dict[str, str]]:
    return [receipt.content() for receipt in receipts_of(draw)]


def _draws(code: str, purpose: str | None = None) -> tuple[Sequence[Draw], int]:
    project = project_for(code, present_actor())
    draws = [draw for draw in draws_of(project.id) if purpose in (None, draw.purpose)]
    if not draws:
        raise NotFound(_("There is no such draw (yet)."))
    return draws, receipts_needed(project)


@blueprint.get("/projects/<code>/witnesses")
@public
def project_witnesses(code: str) -> str:
    """Who signed the pools of a project, and whether each shows the same itself."""
    draws, needed = _draws(code)
    rows = queries.rows_of(draws, queries.seen())
    return render_template(
        "projects/witnesses.html",
        project=draws[0].project,
        draws=list(zip(draws, rows, strict=True)),
        needed=needed,
        signed={draw.purpose: len(receipts_of(draw)) for draw in draws},
        shown={each.name: each for each in queries.witnesses_shown()},
        verdicts=VERDICTS,
        sentences=SENTENCES,
        label=witness_label,
        moment_of=moment_of,
        words=_browser_words(),
    )


def _of_draw(draw: Draw, row: Row) -> dict[str, object]:
    return {"purpose": draw.purpose, "pool_hash": draw.pool_hash, "receipts": _receipts(draw), "comparison": _row(row)}


@blueprint.get("/projects/<code>/witnesses.json")
@public
def project_witnesses_json(code: str) -> Response:
    """Every receipt of every draw of a project, and what the witnesses themselves show."""
    draws, needed = _draws(code)
    rows = queries.rows_of(draws, queries.seen())
    return _json(
        {
            "project": code,
            "receipts_needed": needed,
            "keys": {each.name: each.key for each in queries.witnesses_shown()},
            "draws": [_of_draw(draw, row) for draw, row in zip(draws, rows, strict=True)],
        }
    )


@blueprint.get("/projects/<code>/draws/<purpose>/witnesses.json")
@public
def draw_witnesses_json(code: str, purpose: str) -> Response:
    """The receipts of one draw."""
    (draw,), needed = _draws(code, purpose)
    (row,) = queries.rows_of([draw], queries.seen())
    return _json({"project": code, "receipts_needed": needed, **_of_draw(draw, row)})
