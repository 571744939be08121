"""All writes of the matters room."""

from supermarket.matters.operations.common import locked, working_version
from supermarket.matters.operations.regional import (
    publish_regional,
    return_regional,
    submit_regional,
    word_regional,
)
from supermarket.matters.operations.starting import (
    enter_starting_matter,
    load_catalogue,
    load_kinds,
    starting_draft,
)
from supermarket.matters.operations.wording import (
    draft_matter,
    edit_matter,
    publish_matter,
    return_matter,
    submit_matter,
)

__all__ = [
    "draft_matter",
    "edit_matter",
    "enter_starting_matter",
    "load_catalogue",
    "load_kinds",
    "locked",
    "publish_matter",
    "publish_regional",
    "return_matter",
    "return_regional",
    "starting_draft",
    "submit_matter",
    "submit_regional",
    "word_regional",
    "working_version",
]
