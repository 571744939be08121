"""Every address says who may come."""

from typing import Any

from flask import Flask

from supermarket.web.access import Access

# Flask's own view of static files.
UNLABELLED = {"static"}


def _views(app: Flask) -> dict[str, Any]:
    return {name: view for name, view in app.view_functions.items() if name not in UNLABELLED}


def test_every_route_is_labelled(app: Flask) -> None:
    bare = sorted(name for name, view in _views(app).items() if not isinstance(getattr(view, "access", None), Access))
    assert not bare, f"without @public, @signed_in or @needs: {', '.join(bare)}"


def test_no_label_lets_nobody_in(app: Flask) -> None:
    shut = sorted(name for name, view in _views(app).items() if not view.access.roles())
    assert not shut, f"no role has any of the permissions of: {', '.join(shut)}"


def test_what_the_public_may_reach_only_reads_or_lets_people_in(app: Flask) -> None:
    """A public POST can only be signing in and up, and what asks for no account by its nature."""
    writing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in UNLABELLED
        and (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
        and app.view_functions[rule.endpoint].access.public  # type: ignore[attr-defined]  # labelled, see above
    }
    # Signing out ends one's own session, if there is one; verify computes and keeps nothing; a beacon's round
    # and what a party revealed are handed in by anybody: only signature and hash count.
    known = {
        "account.national_open",
        "account.sign_in_now",
        "account.sign_out",
        "account.sign_up_now",
        "api_v1.hand_in_draw_reveal",
        "api_v1.hand_in_draw_round",
        "public.reveal_of_party",
        "public.round_of_beacon",
        "public.verify",
    }
    assert writing <= known, f"anybody may write through {', '.join(sorted(writing - known))}"


def test_addresses_are_written_one_way(app: Flask) -> None:
    odd = sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and (rule.rule != rule.rule.lower() or "__" in rule.rule) and "<" not in rule.rule
    )
    assert not odd, f"addresses are lower case with hyphens: {', '.join(odd)}"
