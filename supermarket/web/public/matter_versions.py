"""One wording of a matter, or of a region's entry over it, whole: what a purchase of its time was published under."""

from collections.abc import Mapping, Sequence

from flask import render_template, url_for
from flask_babel import gettext as _

from supermarket.core.errors import NotFound
from supermarket.matters.models import MatterVersion, RegionalVersion
from supermarket.matters.queries import matter as find_matter
from supermarket.matters.queries import regional_versions, versions
from supermarket.matters.rules import change_kind_name
from supermarket.web.access import public
from supermarket.web.matter_words import field_label, regional_words_of, words_of
from supermarket.web.public.blueprint import blueprint


def _page(
    code: str,
    shown: MatterVersion | RegionalVersion,
    newest: MatterVersion | RegionalVersion,
    words: Mapping[str, str],
    region: str,
) -> str:
    row = find_matter(code)
    name = row.published_version.name if row.published_version else code
    return render_template(
        "public/matter_version.html",
        matter=row,
        name=name,
        shown=shown,
        newest=newest,
        words=words,
        region=region,
        back=url_for("public.matter", code=code, region=region or None),
        change_kind_name=change_kind_name,
        field_label=field_label,
    )


def _place(numbers: Sequence[int], number: int) -> int:
    """The place of a number in a history. Raises NotFound."""
    if number not in numbers:
        raise NotFound(_("There is no such version of the matter."))
    return numbers.index(number)


@blueprint.get("/matters/<code>/versions/<int:number>")
@public
def matter_version(code: str, number: int) -> str:
    """A published wording of a matter, old ones too."""
    history = versions(code, public_only=True)
    shown = history[_place([item.number for item in history], number)]
    return _page(code, shown, history[0], words_of(shown), "")


@blueprint.get("/matters/<code>/regions/<region>/versions/<int:number>")
@public
def regional_version(code: str, region: str, number: int) -> str:
    """A published wording of a region's entry over a matter, old ones too."""
    history = regional_versions(code, region, public_only=True)
    shown = history[_place([item.number for item in history], number)]
    return _page(code, shown, history[0], regional_words_of(shown), region)
