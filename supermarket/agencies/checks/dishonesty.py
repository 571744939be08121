"""Check of the lists of serious dishonesty: the social-credit platform's and the market's own register 3."""

from collections.abc import Iterator

from supermarket.agencies.checks.base import AgencyFile, Answers, Found, Question, failed, passed, unanswered
from supermarket.agencies.checks.sources import DISHONESTY, MARKET_LISTS, registry_of
from supermarket.core.msgids import N_
from supermarket.gateways.registries import Answered


class DishonestyCheck:
    """On no list of serious dishonesty, no unexpired penalty that bars; each source gives a finding of its own."""

    code = "dishonesty"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The province's platform and our own lists, as of the day."""
        yield Question(registry_of(DISHONESTY), DISHONESTY, (("uscc", file.uscc),))
        yield Question(MARKET_LISTS, DISHONESTY, (("on", file.on.isoformat()), ("uscc", file.uscc)))

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding for each source."""
        for question in self.questions(file):
            answer = answers.get(question)
            if not isinstance(answer, Answered):
                yield unanswered(self.code, question, answer)
            elif answer.rows:
                text = N_("The agency is on a list of serious dishonesty (%(document)s).")
                documents = "、".join(row.get("document_number", "") for row in answer.rows)
                yield failed(self.code, text, answer, document=documents)
            else:
                yield passed(self.code, N_("The agency is on no list of serious dishonesty."), answer)
