"""Register 3 as one more registry for the checks of register 2: the market's own lists of serious dishonesty."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

from supermarket.agencies.checks.sources import DISHONESTY, MARKET_LISTS
from supermarket.credit.queries import barring_lists_of
from supermarket.gateways.registries import Answer, Answered, Row, Unknown, moment


class MarketLists:
    """Answers one question, by code and local day; it is our own database, so it always answers."""

    name = MARKET_LISTS

    def ask(self, question: str, terms: Mapping[str, str]) -> Answer:
        """The decisions in force against a party."""
        return self.ask_many(question, [terms["uscc"]], terms)[terms["uscc"]]

    def ask_many(
        self, question: str, codes: Sequence[str], terms: Mapping[str, str] | None = None
    ) -> Mapping[str, Answer]:
        """The decisions in force against several parties, on the day `on`."""
        day = (terms or {}).get("on", "")
        if question != DISHONESTY or not day:
            return {code: Unknown(self.name, question, moment(), "not_loaded") for code in codes}
        rows: dict[str, list[Row]] = {code: [] for code in codes}
        for entry in barring_lists_of(codes, date.fromisoformat(day)):
            rows[entry.uscc].append(
                {"uscc": entry.uscc, "document_number": entry.document_number, "authority": entry.authority}
            )
        return {code: self._answered(day, found) for code, found in rows.items()}

    def _answered(self, day: str, rows: Sequence[Row]) -> Answered:
        evidence = json.dumps([dict(row) for row in rows], ensure_ascii=False, sort_keys=True).encode()
        return Answered(self.name, DISHONESTY, moment(), f"{self.name}#{day}", tuple(rows), evidence)
