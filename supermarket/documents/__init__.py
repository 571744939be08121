"""Files attached to things: who may read them, what they are (附件). May import core, gateways and accounts."""
