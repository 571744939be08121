"""Whether a proof from the log is that of a kept quote, leads to a root, and is signed there. Pure; the same in a browser:
static/verify/log.js, stand-alone: quote_check.py.
"""

from supermarket.core.log_proof import LogProof, ProofError, parse_proof
from supermarket.selection.quotes_body import QuoteError
from supermarket.selection.quotes_kept import Checked, Json, Kept, Step, StepState, check_kept

# The event with which a sealed quote comes in (selection.events).
TAG = "quote.received"


def read_proof(data: bytes) -> LogProof:
    """The proof in these bytes. Raises QuoteError("bad_proof")."""
    try:
        return parse_proof(data)
    except ProofError as error:
        raise QuoteError("bad_proof") from error


def check_with_log(kept: Kept, book: Json | None, proof: LogProof | None) -> Checked:
    """Everything about a kept quote: what the public book says, and what the log says. Without a proof that is named."""
    return Checked((*check_kept(kept, book).steps, *log_steps(proof, kept)))


def check_proof(proof: LogProof) -> Checked:
    """A proof by itself, of whatever event."""
    return Checked(log_steps(proof, None))


def log_steps(proof: LogProof | None, kept: Kept | None) -> tuple[Step, ...]:
    """`log_event`, `log_inclusion`, `log_head`, and `log_keys`, which nobody but the reader can check."""
    if proof is None:
        return (Step("log", StepState.UNKNOWN),)
    names = ", ".join(each.by for each in proof.signatures)
    if proof.signatures:
        head = Step("log_head", StepState.DIFFERS if proof.false_signatures() else StepState.HOLDS, names)
    else:
        head = Step("log_head", StepState.UNKNOWN)
    return (
        _event(proof, kept),
        Step("log_inclusion", StepState.HOLDS if proof.stands() else StepState.DIFFERS, proof.root),
        head,
        Step("log_keys", StepState.UNKNOWN, ", ".join(f"{each.by} {each.key}" for each in proof.signatures)),
    )


def _event(proof: LogProof, kept: Kept | None) -> Step:
    event = proof.event()
    if event is None:
        return Step("log_event", StepState.DIFFERS)
    shown = f"{event.get('tag')} {event.get('at')}"
    if kept is None:
        return Step("log_event", StepState.HOLDS, shown)
    said = {"agency_uscc": kept.uscc, "seq": kept.seq, "commitment": kept.commitment}
    fits = (event.get("tag"), event.get("project"), event.get("data")) == (TAG, kept.project, said)
    if kept.receipt is not None:
        # The receipt has whole seconds.
        fits = fits and str(event.get("at"))[:19] == f"{kept.receipt.at:%Y-%m-%dT%H:%M:%S}"
    return Step("log_event", StepState.HOLDS if fits else StepState.DIFFERS, shown)
