"""A dry run of a region's own mode over past purchases of the region: read, computed, stored; it decides nothing."""

from datetime import datetime

from supermarket.core.permissions import Actor
from supermarket.modes.models import ModeTrial
from supermarket.modes.operations import keep_trial, may_be_tried
from supermarket.modes.rows import mode_from_json
from supermarket.modes.trial import summary, try_out
from supermarket.selection.past import past_cases


def try_mode(name: str, *, actor: Actor, at: datetime) -> ModeTrial:
    """Run the version that is being worded over the region's past purchases and store what came of it.

    Raises NotFound, Forbidden, WrongState.
    """
    version = may_be_tried(name, actor=actor)
    results = try_out(mode_from_json(version.rules), past_cases(version.mode.region_code))
    return keep_trial(version, summary=summary(results), cases=[item.content() for item in results], actor=actor, at=at)
