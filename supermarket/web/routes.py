"""Every blueprint of the pages; one line each."""

from flask import Blueprint

from supermarket.web.account import blueprint as account
from supermarket.web.health import blueprint as health

BLUEPRINTS: tuple[Blueprint, ...] = (health, account)
