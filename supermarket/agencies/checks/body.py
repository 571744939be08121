"""Checks of the body itself: code, enterprise register, head, branch authority, pledge."""

from collections.abc import Iterator

from supermarket.agencies.checks.base import (
    AgencyFile,
    Answers,
    Found,
    Question,
    by_uscc,
    failed,
    not_applicable,
    passed,
    unanswered,
)
from supermarket.agencies.checks.sources import ENTERPRISES, registry_of
from supermarket.core.identifiers import is_uscc
from supermarket.core.msgids import N_
from supermarket.gateways.registries import Answered

# The register's own words for a body that does business, and the ASCII one of our snapshots.
IN_BUSINESS = frozenset({"存续", "在业", "开业", "在营", "in_business"})


def _register(file: AgencyFile) -> Question:
    return by_uscc(registry_of(ENTERPRISES), ENTERPRISES, file.uscc)


def _plain(text: str) -> str:
    return "".join(text.split()).replace("(", "（").replace(")", "）")


class UsccCheck:
    """Well-formed with the right check digit (GB 32100); that it is nobody else's the register's unique key sees to."""

    code = "uscc"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """None."""
        yield from ()

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding."""
        if is_uscc(file.uscc):
            yield passed(self.code, N_("The unified social credit code is right."))
        else:
            yield failed(
                self.code, N_("The unified social credit code is wrong. Compare it with the business licence.")
            )


class RegistrationCheck:
    """In the enterprise register under that name, in business, the filed scope within the registered one."""

    code = "registration"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The enterprise register."""
        yield _register(file)

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """Every way in which the register says otherwise."""
        question = _register(file)
        answer = answers.get(question)
        if not isinstance(answer, Answered):
            yield unanswered(self.code, question, answer)
            return
        if not answer.rows:
            yield failed(self.code, N_("The enterprise register has no body with this code."), answer)
            return
        row, problems = answer.rows[0], list[Found]()
        if _plain(row.get("name", "")) != _plain(file.name):
            text = N_("The enterprise register has another name for this code: %(name)s.")
            problems.append(failed(self.code, text, answer, name=row.get("name", "")))
        if row.get("status", "") not in IN_BUSINESS:
            text = N_("By the enterprise register the body is not in business (%(status)s).")
            problems.append(failed(self.code, text, answer, status=row.get("status", "")))
        if not _plain(row.get("business_scope", "")):
            problems.append(failed(self.code, N_("The enterprise register states no scope of business."), answer))
        elif _plain(file.business_scope) not in _plain(row["business_scope"]):
            text = N_("The filed scope of business is not within the registered one.")
            problems.append(failed(self.code, text, answer))
        yield from problems or (
            passed(self.code, N_("The enterprise register has the body under this name, in business."), answer),
        )


class LegalRepresentativeCheck:
    """The enterprise register's legal representative is the filed one."""

    code = "legal_representative"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The enterprise register."""
        yield _register(file)

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding; the names themselves are not repeated in it."""
        question = _register(file)
        answer = answers.get(question)
        if not isinstance(answer, Answered):
            yield unanswered(self.code, question, answer)
        elif not file.legal_representative:
            yield failed(self.code, N_("File the legal representative as in the business licence."), answer)
        elif any(
            _plain(row.get("legal_representative", "")) == _plain(file.legal_representative) for row in answer.rows
        ):
            yield passed(self.code, N_("The legal representative is the registered one."), answer)
        else:
            yield failed(self.code, N_("The enterprise register names another legal representative."), answer)


class BranchAuthorityCheck:
    """A branch has its head office's authority on file."""

    code = "branch_authority"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """None."""
        yield from ()

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding."""
        if not file.is_branch:
            yield not_applicable(self.code, N_("The body is no branch."))
        elif file.has_branch_authority:
            yield passed(self.code, N_("The head office's authority is on file."))
        else:
            yield failed(self.code, N_("File the authority that the head office gave to its branch."))


class PledgeCheck:
    """The public pledge (公开承诺) is signed."""

    code = "pledge"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """None."""
        yield from ()

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding."""
        if file.pledge_signed:
            yield passed(self.code, N_("The public pledge is signed."))
        else:
            yield failed(self.code, N_("Sign the public pledge."))
