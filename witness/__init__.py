"""The witness (见证): a small program of the regulator's, on a machine of its own, with a key of its own.

It imports nothing of the market, only Python's standard library and PyNaCl, and does what it is asked once and for
good: it signs one receipt per project and purpose, ever; one head per place of a log, each of which leads on from the
one before; it keeps one chain of hashes
per project for draws by parties and reveals a link of it only after the receipt; it opens its half of sealed quotes
only after the hour that was fixed, and only those on the list that it countersigned. Rules: selection rules, sections
3 and 4. For who runs it: docs/witness.md. `python -m witness serve --home DIR --port N`, or the one file that
`make witness` builds.

What it signs, Ed25519 (RFC 8032) over UTF-8 text with LF after every line, signatures in lower-case hex:

    receipt-v1 / project / purpose / pool_hash / at
    head-v1 / log / seq / head / at                         of a log that is a chain
    head-v2 / log / size / root / at                        of a log that is a Merkle tree (RFC 9162), once it is proved that
                                                            it is the tree signed before, grown on
    commitment-v1 / project / c / at
    quote-key-v1 / project / public key / opens_at / at
    list-v1 / project / list_hash / at
    state-v1 / name / epoch / n / head / at                 of its own journal, the `n`-th entry of which has the hash `head`
    peer-v1 / key / epoch / n / head / at                   the same of another witness, whose signature it has checked

Everything that it does is an entry of one chained journal (`journal`); what everybody may see of it stands at /log.
"""
