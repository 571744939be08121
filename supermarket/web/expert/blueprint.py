"""The blueprint of the experts' pages."""

from flask import Blueprint

blueprint = Blueprint("expert", __name__, url_prefix="/expert")
