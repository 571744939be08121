"""What falls due with standings: rectifications that ran out, hearings that end, removals to carry out or overdue."""

from supermarket.core.deadlines import DueKind

DUE: tuple[DueKind, ...] = ()
