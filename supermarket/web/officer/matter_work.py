"""What waits on the list office's desk: matters, and regions' entries over inherited ones."""

from flask import url_for

from supermarket.core.permissions import Actor
from supermarket.matters.models import MatterState
from supermarket.matters.queries import office_list, regional_office_list
from supermarket.policies.queries import region_name
from supermarket.web.officer.matters import region_of
from supermarket.web.work import Work, work


def matter_work(actor: Actor) -> list[Work]:
    """Submitted, returned and unfinished wordings, what waits for a decision first: two statements."""
    what = {
        MatterState.SUBMITTED: "publish_matter",
        MatterState.RETURNED: "mend_matter",
        MatterState.DRAFT: "finish_matter",
    }
    rows = [(row, version) for row, version in office_list(region_of(actor)) if row.state in what]
    order = list(what)
    rows.sort(key=lambda pair: (order.index(pair[0].state), pair[0].code))
    entries = [(entry, name) for entry, name in regional_office_list(region_of(actor)) if entry.state in what]
    entries.sort(key=lambda pair: (order.index(pair[0].state), pair[0].matter.code))
    return [
        *(
            work(what[row.state], f"{row.code} {version.name}", url_for("office.matter", code=row.code))
            for row, version in rows
        ),
        *(
            work(
                what[entry.state],
                f"{entry.matter.code} {name}",
                url_for("office.regional_matter", code=entry.matter.code, region=entry.region_code),
                who=region_name(entry.region_code),
            )
            for entry, name in entries
        ),
    ]
