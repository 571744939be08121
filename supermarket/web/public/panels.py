"""The record of a panel as a document, from the announcement on."""

from flask import Response, send_file

from supermarket.documents.queries import content
from supermarket.projects.queries import project_for
from supermarket.selection.panels.queries import panel_record
from supermarket.web.access import present_actor, public
from supermarket.web.public.blueprint import blueprint


@blueprint.get("/projects/<code>/panel-record.pdf")
@public
def panel_record_pdf(code: str) -> Response:
    """The record (评审记录)."""
    document = panel_record(project_for(code, present_actor()))
    return send_file(content(document), mimetype=document.media_type, download_name=document.name)
