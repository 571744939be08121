"""The blueprint that the owner's pages hang on."""

from flask import Blueprint

blueprint = Blueprint("owner", __name__)
