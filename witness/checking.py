"""Whether entries say only what the witness may say: every signature, every chain, nothing signed twice."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from nacl.exceptions import BadSignatureError
from nacl.public import PrivateKey
from nacl.signing import VerifyKey

from witness import texts
from witness.clock import parse_time
from witness.errors import Refused
from witness.journal import Entry, Kept, Line
from witness.state import State
from witness.trees import extends

# Of each kind that is signed: the word that its text begins with, then the fields in their order.
SIGNED: dict[str, tuple[str, ...]] = {
    "receipt": ("receipt-v1", "project", "purpose", "pool_hash", "at"),
    "head": ("head-v1", "log", "seq", "head", "at"),
    "tree_head": ("head-v2", "log", "size", "root", "at"),
    "chain": ("commitment-v1", "project", "commitment", "at"),
    "quote_key": ("quote-key-v1", "project", "public_key", "opens_at", "at"),
    "quote_list": ("list-v1", "project", "list_hash", "at"),
    "peer": ("peer-v1", "peer_key", "peer_epoch", "peer_n", "peer_head", "at"),
}
UNSIGNED = {"journal", "reveal", "restored"}


def is_signed(entry: Entry, key: str) -> bool:
    """Whether the entry's own signature is `key`'s over what the entry says; True for kinds that need none."""
    kind = str(entry.get("kind"))
    if kind in UNSIGNED:
        return True
    if kind not in SIGNED:
        return False
    first, *names = SIGNED[kind]
    try:
        body = "".join(f"{line}\n" for line in [first, *(entry[name] for name in names)]).encode()
        VerifyKey(bytes.fromhex(key)).verify(body, bytes.fromhex(str(entry["signature"])))
        parse_time(str(entry["at"]))
    except (KeyError, ValueError, BadSignatureError):
        return False
    return True


@dataclass
class Check:
    """Goes along a journal; `findings` are sentences, none for a journal as it must be."""

    key: str
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    _once: dict[tuple[str, ...], str] = field(default_factory=dict)
    _heads: dict[str, int] = field(default_factory=dict)
    _trees: dict[str, Entry] = field(default_factory=dict)
    _shows: dict[str, str] = field(default_factory=dict)
    _last: str = ""

    def look(self, line: Line) -> None:
        """Take the next entry."""
        kind, n = str(line.entry["kind"]), line.entry["n"]
        self.counts[kind] += 1
        self.findings += [f"entry {n} ({kind}): {problem}" for problem in self._problems(kind, line)]

    def _problems(self, kind: str, line: Line) -> Iterator[str]:
        entry = line.entry
        if not is_signed(entry, self.key):
            yield "the signature does not hold"
            return
        if kind == "journal":
            if entry.get("key") != self.key:
                yield "it names another key"
            return
        if str(entry["at"]) < self._last:
            yield f"its time {entry['at']} lies before that of an earlier entry"
        self._last = max(self._last, str(entry["at"]))
        if kind in ("receipt", "quote_list"):
            yield from self._only_once(kind, entry)
        elif kind == "head":
            yield from self._onwards(f"log {entry['log']}", int(entry["seq"]))
        elif kind == "tree_head":
            yield from self._grown_on(entry)
        elif kind == "chain":
            yield from self._only_once(kind, entry)
            self._shows[str(entry["project"])] = str(entry["commitment"])
        elif kind == "reveal":
            yield from self._down_the_chain(entry)
        yield from kept_problems(kind, entry, line.kept)

    def _only_once(self, kind: str, entry: Entry) -> Iterator[str]:
        place = (kind, str(entry["project"]), str(entry.get("purpose", "")))
        if place in self._once:
            yield f"{kind} for {entry['project']} {entry.get('purpose', '')} stands in the journal twice"
        self._once[place] = str(entry["at"])

    def _onwards(self, log: str, seq: int) -> Iterator[str]:
        if seq <= self._heads.get(log, -1):
            yield f"{log} goes back"
        self._heads[log] = seq

    def _grown_on(self, entry: Entry) -> Iterator[str]:
        log, before = str(entry["log"]), self._trees.get(str(entry["log"]))
        proof = str(entry.get("proof", "?")).split()
        if before is None:
            fits = (entry.get("from"), proof) == (0, [])
        else:
            start = int(before["size"])
            fits = entry.get("from") == start and _extends(before, entry, proof)
        if not fits:
            yield f"the tree of log {log} is not the one signed before, grown on"
        self._trees[log] = entry

    def _down_the_chain(self, entry: Entry) -> Iterator[str]:
        project, purpose = str(entry["project"]), str(entry["purpose"])
        if ("receipt", project, purpose) not in self._once:
            yield "it was revealed without a receipt"
        if sha256(bytes.fromhex(str(entry["reveal"]))).hexdigest() != self._shows.get(project):
            yield "it is not the next link of the project's chain"
        self._shows[project] = str(entry["reveal"])


def _extends(before: Entry, entry: Entry, proof: list[str]) -> bool:
    sizes = int(before["size"]), int(entry["size"])
    try:
        return extends(sizes[0], str(before["root"]), sizes[1], str(entry["root"]), proof)
    except ValueError:
        return False


def kept_problems(kind: str, entry: Entry, kept: Kept) -> Iterator[str]:
    """Where what is kept at home does not belong to what everybody may see."""
    if kind == "receipt" and "pool_file" in kept:
        try:
            pool = texts.pool(kept["pool_file"])
        except Refused as error:
            yield error.message
            return
        said = (entry["project"], entry["purpose"], entry["pool_hash"], entry["source"])
        if (pool.project, pool.purpose, pool.hash, pool.source) != said:
            yield "the pool file kept is not the one signed"
    if kind == "quote_list" and "list" in kept and sha256(kept["list"].encode()).hexdigest() != entry["list_hash"]:
        yield "the list kept is not the one signed"
    if kind == "chain" and "seed" in kept:
        seed = bytes.fromhex(kept["seed"])
        for _ in range(8):
            seed = sha256(seed).digest()
        if seed.hex() != entry["commitment"]:
            yield "the seed does not lead to the commitment"
    if kind == "quote_key" and "secret" in kept:
        public = PrivateKey(bytes.fromhex(kept["secret"])).public_key
        if bytes(public).hex() != entry["public_key"]:
            yield "the secret key is not that of the public key"


def is_own(state: State, name: str, key: str) -> bool:
    """Whether a state is one that the witness of this name and key has signed."""
    return (state.name, state.key) == (name, key) and state.holds()
