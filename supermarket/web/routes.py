"""Every blueprint of the pages; one line each."""

from flask import Blueprint

from supermarket.web.account import blueprint as account
from supermarket.web.agency import blueprint as agency
from supermarket.web.expert import blueprint as expert
from supermarket.web.files import blueprint as files
from supermarket.web.health import blueprint as health
from supermarket.web.home import blueprint as home
from supermarket.web.officer import blueprint as office
from supermarket.web.owner.pages import blueprint as owner
from supermarket.web.public.pages import blueprint as public

BLUEPRINTS: tuple[Blueprint, ...] = (health, public, account, home, owner, agency, expert, office, files)
