"""Which registry answers which question, and where it is: configured, loaded as a snapshot, or this market's own."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from supermarket.agencies.models import RegistryList, RegistryRow
from supermarket.extensions import db
from supermarket.gateways import current
from supermarket.gateways.registries import Registry, Snapshot, SnapshotRegistry

ENTERPRISES, DISHONESTY = "enterprises", "dishonesty"
QUALIFICATIONS, PRACTITIONERS = "qualifications", "practitioners"
QUESTIONS = (ENTERPRISES, DISHONESTY, QUALIFICATIONS, PRACTITIONERS)

# The four that Sichuan names (onboarding.md); each is an entry of the configuration or a snapshot loaded by command.
SOCIAL_CREDIT, DATA_SHARING = "social-credit", "data-sharing"
ASSET_APPRAISAL, CONSTRUCTION_MARKET = "asset-appraisal", "construction-market"
MARKET_LISTS = "market-lists"

_USUAL: Mapping[str, str] = {DISHONESTY: SOCIAL_CREDIT}
_BY_KIND: Mapping[str, str] = {
    **dict.fromkeys(("Q008", "Q009", "Q010", "Q011", "Q012"), CONSTRUCTION_MARKET),
    **dict.fromkeys(("Q013", "Q014", "Q015", "Q016"), ASSET_APPRAISAL),
}
_OWN: dict[str, Registry] = {}


def registry_of(question: str, kind: str = "") -> str:
    """The name of the registry that answers: by the kind of qualification, else the government's data-sharing platform."""
    return _BY_KIND.get(kind) or _USUAL.get(question, DATA_SHARING)


def provide(registry: Registry) -> None:
    """Put in a registry that a higher room keeps (register 3's lists); called once by the wiring."""
    _OWN[registry.name] = registry


def registry(name: str, at: datetime) -> Registry:
    """The registry of a name; one that is nowhere configured answers from its snapshot, or not at all."""
    if name in _OWN:
        return _OWN[name]
    registries = current().registries
    if name in registries.names:
        return registries.get(name)
    return SnapshotRegistry(name, lambda question, terms: _snapshot(name, question, terms), now=lambda: at)


def _snapshot(name: str, question: str, terms: Mapping[str, str]) -> Snapshot | None:
    loaded = db.session.get(RegistryList, (name, question))
    if loaded is None:
        return None
    rows = db.session.scalars(
        sa.select(RegistryRow.row)
        .where(RegistryRow.registry_name == name, RegistryRow.question == question, RegistryRow.uscc == terms["uscc"])
        .order_by(RegistryRow.id)
    ).all()
    return Snapshot(loaded.loaded_at, loaded.label, rows)
