"""Check of an applicant that is, or resembles, an agency that left: a person decides, no machine admits it."""

from collections.abc import Iterator

from supermarket.agencies.checks.base import AgencyFile, Answers, Found, Question, unclear
from supermarket.core.msgids import N_


class ComeBackCheck:
    """Whoever comes back within 36 months goes to an officer (rating-and-credit, removal); nothing for anybody else."""

    code = "come_back"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """None: it was noted when the form was sent in."""
        yield from ()

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding that no registry can settle, of an applicant with such a note."""
        if file.comes_back:
            text = N_(
                "An officer looks whether it is a succession; if it is proven, ledger and ratings are carried over."
            )
            yield unclear(self.code, text)
