"""Events of the witnesses room."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

VISITED = declare(
    "witness.visited",
    subject="witness",
    sentence=N_("The log of the witness %(witness)s was read up to entry %(n)s"),
    keys={"witness", "epoch", "n", "head"},
)
