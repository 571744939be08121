"""Services that the public does not see: why, and what the agency does about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from supermarket.agencies.models import Agency
from supermarket.agencies.operations.verifying import BODY
from supermarket.web.agency.mending import Link


@dataclass(frozen=True)
class HiddenService:
    """One hidden service."""

    matter_code: str
    why: str
    action: Link | None


def hidden_services(row: Agency) -> Sequence[HiddenService]:
    """The services of an agency's file that are hidden, in their order."""
    return [
        HiddenService(item.matter_code, *_reason(item.hidden_reason, item.matter_code))
        for item in row.services
        if item.hidden_reason is not None
    ]


def _reason(code: str, matter: str) -> tuple[str, Link | None]:
    head, _colon, check = code.partition(":")
    need = Link(_("See what this service needs"), url_for("agency.services") + f"#{matter}")
    file = Link(_("File or renew the certificate"), url_for("agency.services") + f"#{matter}")
    mend = Link(_("See what the checks found"), url_for("agency.profile") + "#checks")
    known: dict[str, tuple[str, Link | None]] = {
        "not_published": (_("The matter is not published at present. Nothing is to be done."), None),
        "unchecked": (_("Its certificates are not verified yet. The checks run by themselves."), need),
        "head_office": (_("The head office is frozen, listed or removed; its branches are not shown."), None),
        "withdrawn": (
            _("The service was withdrawn by decision of an office."),
            Link(_("Read the decision"), url_for("agency.profile") + "#standing"),
        ),
        "qualification_expired": (_("A certificate that it needs has run out."), file),
        "qualification_not_held": (_("A certificate that it needs is not on file, or not verified."), file),
        "qualification_level_too_low": (_("The level of a certificate is too low."), file),
        "qualification_other_speciality": (_("A certificate has another speciality."), file),
        "licence_missing": (_("Too few people with the licence that it needs."), need),
        "qualification_kind_not_live": (_("The matter asks for a certificate that is no longer law."), None),
    }
    if head == "check" and check in BODY:
        return str(_("A check of the agency itself is not passed: all services are hidden until it is.")), mend
    if head == "check":
        return str(_("A registry does not confirm what this service rests on.")), mend
    why, action = known.get(code, (_("A certificate or licence that it needs is missing or has run out."), need))
    return str(why), action
