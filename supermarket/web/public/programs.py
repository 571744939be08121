"""The programs that check public records, as one archive that Python runs as it is: `python3 verify_programs.zip FILE`."""

import io
import zipfile
from functools import cache
from hashlib import sha256

from flask import Response

from config import ROOT
from supermarket.web.access import public
from supermarket.web.public.blueprint import blueprint

FOLDER = ROOT / "static" / "verify"
# What needs a library, or asks a network, is not among them.
LEFT_OUT = frozenset({"quote_seal.py", "compare_witnesses.py"})
_WHEN = (1980, 1, 1, 0, 0, 0)


@cache
def archive() -> bytes:
    """The same bytes for the same programs, on every machine: nothing is compressed, and no time stands in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as content:
        for path in sorted(FOLDER.glob("*.py")):
            if path.name not in LEFT_OUT:
                content.writestr(zipfile.ZipInfo(path.name, _WHEN), path.read_bytes())
        content.writestr(zipfile.ZipInfo("__main__.py", _WHEN), (FOLDER / "verify.py").read_bytes())
    return made.getvalue()


def archive_hash() -> str:
    """SHA-256 of the archive in lower-case hex."""
    return sha256(archive()).hexdigest()


@blueprint.get("/verify/verify_programs.zip")
@public
def verify_programs() -> Response:
    """The archive."""
    return Response(archive(), mimetype="application/zip")
