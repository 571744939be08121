"""The front page, and the search over everything."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from supermarket.agencies.queries import agency_by_uscc
from supermarket.core.errors import NotFound
from supermarket.core.identifiers import is_document_code, is_uscc
from supermarket.core.paging import Slice
from supermarket.disclosure.contracts import ContractsWanted
from supermarket.disclosure.contracts import after as contracts_after
from supermarket.disclosure.queries import agencies_named
from supermarket.matters.queries import MatterFilter, matter, published
from supermarket.projects.queries import RESULT_STATES, ProjectFilter, after
from supermarket.projects.states import ProjectState
from supermarket.statistics.queries import market
from supermarket.web import listing
from supermarket.web.access import public
from supermarket.web.public.blueprint import blueprint
from supermarket.web.public.projects import Answer, newest

FEW = 6


@blueprint.get("/")
@public
def home() -> str:
    """What this is, what is going on, how it works."""
    return render_template(
        "public/home.html",
        market=market(),
        open=newest((ProjectState.OPEN,), 5),
        results=newest(RESULT_STATES, 5),
    )


def _exact(q: str) -> str | None:
    """The page of the thing whose number was typed."""
    code = q.upper()
    if is_document_code(code, "P"):
        return url_for("public.project", code=code)
    if is_document_code(code, "C"):
        return url_for("public.contract", code=code)
    if is_uscc(code) and agency_by_uscc(code) is not None:
        return url_for("public.agency", uscc=code)
    if code.startswith("ZJ") and code[2:].isascii() and code[2:].isdecimal():
        try:
            found = matter(code)
        except NotFound:
            return None
        return url_for("public.matter", code=code) if found.published_version is not None else None
    return None


@blueprint.get("/search")
@public
def search() -> Answer:
    """Everything that holds the words; a number leads straight to its page."""
    q = listing.clean(request.args.get("q", ""))
    if not q:
        return render_template("public/search.html", q="", groups=[])
    straight = _exact(q)
    if straight is not None:
        return redirect(straight)
    matters, _facets = published(MatterFilter(q=q), Slice(size=FEW))
    groups = [
        (
            _("Procurement notices"),
            url_for("public.projects", q=q),
            [
                (row.name, url_for("public.project", code=row.code), row.code)
                for row in after(ProjectFilter(q=q), last_id=None, limit=FEW)
            ],
        ),
        (
            _("Agencies"),
            url_for("public.agencies", q=q),
            [(row.name, url_for("public.agency", uscc=row.uscc), row.uscc) for row in agencies_named(q, FEW)],
        ),
        (
            _("Matters"),
            url_for("public.matters", q=q),
            [
                (row.published_version.name, url_for("public.matter", code=row.code), row.code)
                for row in matters.items
                if row.published_version is not None
            ],
        ),
        (
            _("Contracts"),
            url_for("public.contracts", q=q),
            [
                (row.project.name, url_for("public.contract", code=row.code), row.code)
                for row in contracts_after(ContractsWanted(q=q), None, FEW)
            ],
        ),
    ]
    return render_template("public/search.html", q=q, groups=[group for group in groups if group[2]])
