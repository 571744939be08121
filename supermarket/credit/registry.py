"""Register 3 as one more registry for the checks of register 2: the market's own lists of serious dishonesty."""

import json
from collections.abc import Mapping
from datetime import date

from supermarket.agencies.checks.sources import DISHONESTY, MARKET_LISTS
from supermarket.core.clock import real_now
from supermarket.credit.queries import barring_lists
from supermarket.gateways.registries import Answer, Answered, Unknown


class MarketLists:
    """Answers one question, by code and local day; it is our own database, so it always answers."""

    name = MARKET_LISTS

    def ask(self, question: str, terms: Mapping[str, str]) -> Answer:
        """The decisions in force against a party."""
        if question != DISHONESTY:
            return Unknown(self.name, question, real_now(), "not_loaded")
        rows = tuple(
            {"document_number": entry.document_number, "authority": entry.authority}
            for entry in barring_lists(terms["uscc"], date.fromisoformat(terms["on"]))
        )
        evidence = json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()
        return Answered(self.name, question, real_now(), f"{self.name}#{terms['on']}", rows, evidence)
