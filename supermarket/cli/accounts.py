"""`flask accounts`: people, their roles and API tokens."""

import secrets

import click
from flask import current_app
from flask.cli import AppGroup

from supermarket.accounts.models import Organisation, OrganisationKind
from supermarket.accounts.operations import add_member, issue_token, make_organisation, make_user
from supermarket.accounts.queries import organisation_by_uscc, organisations_of_kind, user_by_email
from supermarket.cli.saying import refusals
from supermarket.core import clock
from supermarket.core.identifiers import is_uscc
from supermarket.core.permissions import SYSTEM, Role
from supermarket.core.unit import unit
from supermarket.policies.operations import load_facts
from supermarket.policies.queries import children, industries, region_exists

KINDS = {
    Role.OWNER: OrganisationKind.OWNER,
    Role.AGENCY: OrganisationKind.AGENCY,
    Role.REGULATOR: OrganisationKind.AUTHORITY,
    Role.OPERATOR: OrganisationKind.OPERATOR,
    Role.EDITOR: OrganisationKind.LIST_OFFICE,
    Role.SUPERVISOR: OrganisationKind.SUPERVISION,
    Role.EXPERT: OrganisationKind.EXPERT_POOL,
}
group = AppGroup("accounts", help="People, their roles and API tokens.")


@group.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--org", "uscc", help="The organisation by its unified social credit code; made if it is new.")
@click.option("--org-name", help="The name of a new organisation.")
@click.option("--region", help="The region subtree of the role, a code of GB/T 2260.")
@click.option("--industry", multiple=True, help="An industry of the role; may be repeated. None: all.")
@click.option("--name", help="The person's name; the address's first part if not given.")
@click.option("--password", help="Not given: one is made and printed once.")
def create(
    email: str,
    role: str,
    uscc: str | None,
    org_name: str | None,
    region: str | None,
    industry: tuple[str, ...],
    name: str | None,
    password: str | None,
) -> None:
    """Give EMAIL a role for an organisation; the account and the organisation are made where they are new."""
    with refusals(), unit():
        at = clock.now()
        if not children(None):
            load_facts(at)  # a new database: regions and industries come first
        _known(region, industry)
        body = _organisation(Role(role), uscc, org_name, region)
        user = user_by_email(email)
        made = None
        if user is None:
            made = password or secrets.token_urlsafe(12)
            user = make_user(email=email, name=name or email.partition("@")[0], password=made, at=at)
        add_member(user, body, Role(role), actor=SYSTEM, at=at, region_code=region, industries=industry)
        shown = f"{user.email} is now {role} of {body.name}"
    click.echo(shown)
    if made and not password:
        click.echo(f"password: {made}")


@group.command("token")
@click.argument("email")
@click.option("--name", default="command line", help="What the token is for.")
def token(email: str, name: str) -> None:
    """Print a new API token of EMAIL; it is not shown again."""
    with refusals(), unit():
        user = user_by_email(email)
        if user is None:
            raise click.ClickException(f"there is no account {email}")
        made = issue_token(user, name=name, actor=SYSTEM, at=clock.now())
    click.echo(made)


def _known(region: str | None, industry: tuple[str, ...]) -> None:
    if region is not None and not region_exists(region):
        raise click.ClickException(f"there is no region {region}")
    unknown = set(industry) - {row.code for row in industries()}
    if unknown:
        raise click.ClickException(f"there is no industry {', '.join(sorted(unknown))}")


def _organisation(role: Role, uscc: str | None, name: str | None, region: str | None) -> Organisation:
    """The one that is named, or the only one of the role's kind, or a new one."""
    kind = KINDS[role]
    if uscc is not None:
        if not is_uscc(uscc):
            raise click.ClickException(f"{uscc} is not a unified social credit code")
        found = organisation_by_uscc(uscc)
        if found is not None:
            if found.kind is not kind:
                raise click.ClickException(f"{found.name} is of kind {found.kind.value}, the role needs {kind.value}")
            return found
    if uscc is None and name is None:
        known = organisations_of_kind(kind)
        if len(known) == 1:
            return known[0]
        raise click.ClickException(
            f"there are {len(known)} organisations of kind {kind.value}: say which by --org, or make one by --org-name"
        )
    if name is None:
        raise click.ClickException(f"no organisation has the code {uscc}; name it by --org-name to make it")
    home = region or str(current_app.config["HOME_REGION"])
    return make_organisation(kind=kind, name=name, uscc=uscc, region_code=home, at=clock.now())
