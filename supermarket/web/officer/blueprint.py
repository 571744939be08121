"""The blueprint of the offices' pages: operator, industry authority, list office, supervision, experts."""

from flask import Blueprint

from supermarket.core.permissions import P

blueprint = Blueprint("office", __name__, url_prefix="/office")

# Who looks at purchases, agencies and contracts in office; what one may do there each act asks itself.
PROJECTS = (P.PROJECT_REVIEW, P.PROJECT_SUSPEND, P.SUPERVISE)
AGENCIES = (P.AGENCY_DECIDE, P.AGENCY_CHECK, P.CREDIT_ENTER, P.SUPERVISE)
CONTRACTS = (P.RATE_AS_AUTHORITY, P.RATE_AS_OPERATOR, P.SUPERVISE)
