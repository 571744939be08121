"""Version 1 of the API: one file per resource; importing them declares their routes."""

from flask import Blueprint, Response, request

from supermarket.api import routes
from supermarket.api.limits import allowance, who_asks
from supermarket.api.tokens import admit
from supermarket.api.v1 import (
    agencies,
    agency_changes,
    agency_file,
    agency_standing,
    auctions,
    awards,
    changes,
    choices,
    contracts,
    credit,
    enrolments,
    exceptions,
    experts,
    log,
    matter_regions,
    matter_writes,
    matters,
    modes,
    panels,
    practitioners,
    project_actions,
    projects,
    quotes,
    ratings,
    results,
    small,
)
from supermarket.extensions import csrf, limiter

RESOURCES = (
    matter_regions,
    matter_writes,
    matters,
    agencies,
    agency_file,
    agency_standing,
    agency_changes,
    practitioners,
    modes,
    projects,
    project_actions,
    exceptions,
    experts,
    enrolments,
    quotes,
    panels,
    auctions,
    awards,
    choices,
    contracts,
    results,
    ratings,
    credit,
    changes,
    log,
    small,
)


def _headers(response: Response) -> Response:
    """What one reader sees depends on the token, and sentences on the language: no cache may mix them up."""
    response.vary.update(["Authorization", "Accept-Language"])
    if request.headers.get("Authorization"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _blueprint() -> Blueprint:
    made = Blueprint("api_v1", __name__, url_prefix=routes.PREFIX)
    routes.bind(made)
    made.before_request(admit)
    made.after_request(_headers)
    # A bearer token is no cookie, so that no other site can make a browser send it.
    csrf.exempt(made)
    limiter.limit(allowance, key_func=who_asks)(made)
    return made


# Every declared route under /api/v1, counted per account or address.
blueprint = _blueprint()
