"""Checks of the body itself: code, enterprise register and scope, head, pledge."""

from collections.abc import Iterator

from supermarket.agencies.checks.base import (
    AgencyFile,
    Answers,
    Found,
    OfferedService,
    Question,
    by_uscc,
    failed,
    passed,
    unclear,
    unusable,
)
from supermarket.agencies.checks.reading import Rows, plain, read, word
from supermarket.agencies.checks.scope import Coverage, coverage
from supermarket.agencies.checks.sources import ENTERPRISES, registry_of
from supermarket.core.identifiers import is_uscc
from supermarket.core.msgids import N_
from supermarket.gateways.registries import Row

# The registers' own words, compared as `reading.plain` makes them; any other word is for a human.
IN_BUSINESS = frozenset(
    plain(text)
    for text in (
        "存续",
        "在业",
        "开业",
        "在营",
        "正常",
        "在册",
        "有效",
        "存续（在营、开业、在册）",
        "在营（开业）企业",
        "in_business",
    )
)
OUT_OF_BUSINESS = frozenset(
    plain(text)
    for text in (
        *(
            "注销",
            "已注销",
            "吊销",
            "吊销，未注销",
            "吊销，已注销",
            "吊销未注销",
            "吊销已注销",
            "撤销",
            "撤销登记",
            "停业",
            "歇业",
        ),
        *("清算", "迁出", "责令关闭", "除名", "破产", "out_of_business"),
    )
)
COLUMNS = ("name", "status", "legal_representative", "business_scope")
NO_SUCH_BODY = N_("The enterprise register has no body with this code.")


def enterprise(uscc: str) -> Question:
    """The question for a body's row in the enterprise register."""
    return by_uscc(registry_of(ENTERPRISES), ENTERPRISES, uscc)


def standing_of(row: Row) -> bool | None:
    """Whether a body is in business by its row; None for a word that is not known."""
    return word(row, "status", IN_BUSINESS, OUT_OF_BUSINESS)


class UsccCheck:
    """Well-formed with the right check digit (GB 32100), that of the agency's own account, and nobody else's."""

    code = "uscc"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """None."""
        yield from ()

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding."""
        if not is_uscc(file.uscc):
            yield failed(
                self.code, N_("The unified social credit code is wrong. Compare it with the business licence.")
            )
        elif file.account_uscc is not None and file.account_uscc != file.uscc:
            yield failed(self.code, N_("The account belongs to a body with another code."))
        elif others := [code for code in file.same_body if code != file.uscc]:
            # It may be the other one that is wrong, so this is no failure: or whoever enters a false code would harm us.
            text = N_("Another agency of the register names the same body (%(codes)s); an operator compares the two.")
            yield unclear(self.code, text, codes="、".join(others[:5]))
        else:
            yield passed(self.code, N_("The unified social credit code is right."))


class RegistrationCheck:
    """In the enterprise register under that name, in business; the registered scope covers each service offered."""

    code = "registration"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The enterprise register."""
        yield enterprise(file.uscc)

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """Every way in which the register says otherwise; then one finding for each service, with it as the subject."""
        reading = read(self.code, enterprise(file.uscc), answers, columns=COLUMNS, key=())
        if isinstance(reading, Found):
            yield reading
            return
        if not reading.rows:
            yield failed(self.code, NO_SUCH_BODY, reading.answer)
            return
        yield from self._body(file, reading)
        for service in file.services:
            yield self._service(service, reading)

    def _body(self, file: AgencyFile, reading: Rows) -> Iterator[Found]:
        row, answer, problems = reading.rows[0], reading.answer, list[Found]()
        if not plain(row["name"]):
            problems.append(unusable(self.code, answer, "column_missing", what="name"))
        elif plain(row["name"]) != plain(file.name):
            text = N_("The enterprise register has another name for this code: %(name)s.")
            problems.append(failed(self.code, text, answer, name=row["name"][:200]))
        in_business = standing_of(row)
        if in_business is None:
            problems.append(unusable(self.code, answer, "word_unknown", what=row["status"]))
        elif not in_business:
            text = N_("By the enterprise register the body is not in business (%(status)s).")
            problems.append(failed(self.code, text, answer, status=row["status"][:100]))
        if not plain(row["business_scope"]):
            text = N_("The enterprise register states no scope of business; an operator looks at the licence.")
            problems.append(unclear(self.code, text, answer))
        elif not _within(file.business_scope, row["business_scope"]):
            text = N_("The filed scope of business is not within the registered one.")
            problems.append(failed(self.code, text, answer))
        yield from problems or (
            passed(self.code, N_("The enterprise register has the body under this name, in business."), answer),
        )

    def _service(self, service: OfferedService, reading: Rows) -> Found:
        covered = coverage(reading.rows[0]["business_scope"], service.name, service.agency_type)
        names = {"matter": service.matter_code, "name": service.name}
        if covered is Coverage.COVERED:
            text = N_("The registered scope of business covers %(matter)s %(name)s.")
            return passed(self.code, text, reading.answer, service.subject, **names)
        if covered is Coverage.NOT_COVERED and plain(reading.rows[0]["business_scope"]):
            text = N_(
                "The registered scope of business does not cover %(matter)s %(name)s. Have it entered, or drop it."
            )
            return failed(self.code, text, reading.answer, service.subject, **names)
        text = N_("Whether the registered scope covers %(matter)s %(name)s cannot be told; an operator reads it.")
        return unclear(self.code, text, reading.answer, service.subject, **names)


def _within(filed: str, registered: str) -> bool:
    """Whether every item of the filed scope stands in the registered one; an agency need not file any."""
    whole = plain(registered)
    return plain(filed) in whole or all(item in whole for item in plain(filed).replace("。", ";").split(";"))


class LegalRepresentativeCheck:
    """The enterprise register's legal representative is the filed one."""

    code = "legal_representative"

    def questions(self, file: AgencyFile) -> Iterator[Question]:
        """The enterprise register."""
        yield enterprise(file.uscc)

    def run(self, file: AgencyFile, answers: Answers) -> Iterator[Found]:
        """One finding; the names themselves are not repeated in it."""
        reading = read(self.code, enterprise(file.uscc), answers, columns=COLUMNS, key=())
        if isinstance(reading, Found):
            yield reading
        elif not reading.rows:
            yield failed(self.code, NO_SUCH_BODY, reading.answer)
        elif not plain(file.legal_representative):
            yield failed(self.code, N_("File the legal representative as in the business licence."), reading.answer)
        elif not plain(reading.rows[0]["legal_representative"]):
            yield unusable(self.code, reading.answer, "column_missing", what="legal_representative")
        elif plain(reading.rows[0]["legal_representative"]) == plain(file.legal_representative):
            yield passed(self.code, N_("The legal representative is the registered one."), reading.answer)
        else:
            text = N_("The enterprise register names another legal representative.")
            yield failed(self.code, text, reading.answer)


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
