"""Check of a branch: its head office's authority is on file, and the head office may itself do business here."""

from collections.abc import Iterator

from supermarket.agencies.checks.base import (
    AgencyFile,
    Answers,
    Found,
    Question,
    failed,
    not_applicable,
    passed,
    unusable,
)
from supermarket.agencies.checks.body import COLUMNS, enterprise, standing_of
from supermarket.agencies.checks.dishonesty import listed, lists
from supermarket.agencies.checks.reading import read
from supermarket.core.identifiers import is_uscc
from supermarket.core.msgids import N_


class BranchAuthorityCheck:
    """A branch acts by its head office's authority; the head office is in business and on no list of dishonesty."""

    code = "branch_authority"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The enterprise register and the lists, about the head office."""
        head = self._head(file)
        if head is not None:
            yield enterprise(head)
            yield from lists(head, file.on)

    @staticmethod
    def _head(file: AgencyFile) -> str | None:
        head = file.head_office_uscc
        return head if file.is_branch and head is not None and is_uscc(head) and head != file.uscc else None

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """Everything that is wrong or unknown, or one finding that all is well."""
        if not file.is_branch:
            yield not_applicable(self.code, N_("The body is no branch."))
            return
        head = self._head(file)
        problems = list[Found]()
        if not file.has_branch_authority:
            problems.append(failed(self.code, N_("File the authority that the head office gave to its branch.")))
        if head is None:
            problems.append(failed(self.code, N_("Name the head office by its unified social credit code.")))
        else:
            problems += self._registered(head, answers)
            text = N_("The head office is on a list of serious dishonesty (%(document)s).")
            problems += [
                found
                for question in lists(head, file.on)
                if (found := listed(self.code, question, answers, file.on, text)) is not None
            ]
        yield from problems or (
            passed(self.code, N_("The head office's authority is on file, and the head office is in business.")),
        )

    def _registered(self, head: str, answers: Answers) -> Iterator[Found]:
        reading = read(self.code, enterprise(head), answers, columns=COLUMNS, key=())
        if isinstance(reading, Found):
            yield reading
            return
        if not reading.rows:
            yield failed(self.code, N_("The enterprise register has no head office with this code."), reading.answer)
            return
        in_business = standing_of(reading.rows[0])
        if in_business is None:
            yield unusable(self.code, reading.answer, "word_unknown", what=reading.rows[0]["status"])
        elif not in_business:
            text = N_("By the enterprise register the head office is not in business (%(status)s).")
            yield failed(self.code, text, reading.answer, status=reading.rows[0]["status"][:100])
