"""What an owner may not demand: each rule with its sentence, its law, what to write instead, and whether it has exceptions.

Laws: 《优化营商环境条例》(国务院令第722号), 《政府采购法实施条例》(国务院令第658号), 《政府采购促进中小企业发展管理办法》
(财库〔2020〕46号), 《关于促进政府采购公平竞争优化营商环境的通知》(财库〔2019〕38号). Why some rules have no exception:
docs/adr/0025.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from supermarket.core.msgids import N_


class Barred(StrEnum):
    """What must not be demanded."""

    REGISTERED_CAPITAL = "registered_capital"
    FINANCIAL_SIZE = "financial_size"
    STAFF_SIZE = "staff_size"
    YEARS_IN_BUSINESS = "years_in_business"
    OWNERSHIP = "ownership"
    LOCAL_SEAT = "local_seat"
    LOCAL_BRANCH = "local_branch"
    LOCAL_TAX = "local_tax"
    LOCAL_INSURANCE = "local_insurance"
    LOCAL_RECORD = "local_record"
    PAST_AWARD = "past_award"
    SHORTLIST = "shortlist"
    NAMED_AGENCY = "named_agency"
    HONOURS = "honours"
    BEYOND_MATTER = "beyond_matter"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in words (msgids): `label` for lists, `sentence` with `%(basis)s`, `instead`: how to write it."""

    code: Barred
    label: str
    sentence: str
    basis: str
    instead: str
    exceptable: bool = True


_EQUAL = "《优化营商环境条例》第十三条"
_SIZE = "《政府采购促进中小企业发展管理办法》第五条"
_UNREASONABLE = "《政府采购法实施条例》第二十条"
_FREE_CHOICE = "《优化营商环境条例》第四十三条"
_FAIR = "《关于促进政府采购公平竞争优化营商环境的通知》(财库〔2019〕38号)第一条"

_ALL = (
    Rule(
        Barred.REGISTERED_CAPITAL,
        N_("Registered capital"),
        N_("Registered capital must not be demanded (%(basis)s)."),
        _SIZE,
        N_("Leave it out. If the risk worries you, write how the agency answers for wrong results."),
    ),
    Rule(
        Barred.FINANCIAL_SIZE,
        N_("Turnover, assets or profit"),
        N_("Turnover, assets, profit or taxes paid must not be demanded (%(basis)s)."),
        _SIZE,
        N_("Leave it out. Ask for what the work needs: licensed people, instruments, days."),
    ),
    Rule(
        Barred.STAFF_SIZE,
        N_("Number of employees"),
        N_("A number of employees must not be demanded; name the licensed people that are needed (%(basis)s)."),
        _SIZE,
        N_("Say how many licensed people work on this purchase, in the field “Practitioners to name”."),
    ),
    Rule(
        Barred.YEARS_IN_BUSINESS,
        N_("Years in business"),
        N_("Years in business must not be demanded (%(basis)s)."),
        _FAIR,
        N_("Leave it out. The matter's qualification shows what an agency is able to do."),
    ),
    Rule(
        Barred.OWNERSHIP,
        N_("Form of ownership or company"),
        N_("A form of ownership or company must not be demanded (%(basis)s)."),
        _UNREASONABLE,
        N_("Write: an organisation that can bear civil liability by itself."),
    ),
    Rule(
        Barred.LOCAL_SEAT,
        N_("Seat in a certain place"),
        N_("A seat or registration in a certain place must not be demanded (%(basis)s)."),
        _EQUAL,
        N_("Leave the place out. Say what the service needs, for example: on the site 4 hours after a call."),
    ),
    Rule(
        Barred.LOCAL_BRANCH,
        N_("Local branch or office"),
        N_("A local branch or office must not be demanded (%(basis)s)."),
        _FAIR,
        N_("Say what the service needs instead, for example: on the site 4 hours after a call."),
    ),
    Rule(
        Barred.LOCAL_TAX,
        N_("Taxes paid in a certain place"),
        N_("Paying taxes in a certain place must not be demanded (%(basis)s)."),
        _EQUAL,
        N_("Leave the place out. Write at most: the agency pays its taxes according to the law."),
        exceptable=False,
    ),
    Rule(
        Barred.LOCAL_INSURANCE,
        N_("Social insurance in a certain place"),
        N_("Social insurance in a certain place must not be demanded (%(basis)s)."),
        _EQUAL,
        N_("Leave the place out. Write at most: the agency insures the people that it names."),
        exceptable=False,
    ),
    Rule(
        Barred.LOCAL_RECORD,
        N_("Experience from a certain place"),
        N_("Experience or awards from a certain place or trade must not be demanded (%(basis)s)."),
        _UNREASONABLE,
        N_("Leave it out. Set a floor for stars or credit, which count work from everywhere."),
        exceptable=False,
    ),
    Rule(
        Barred.PAST_AWARD,
        N_("Earlier work for the owner"),
        N_("Earlier work for this owner must not be demanded (%(basis)s)."),
        _UNREASONABLE,
        N_("Leave it out. Good work for any owner shows in the stars."),
        exceptable=False,
    ),
    Rule(
        Barred.SHORTLIST,
        N_("Being on a list or in a pool"),
        N_("Being on a list or in a pool of the owner's or of a place must not be demanded (%(basis)s)."),
        _FAIR,
        N_("Leave it out. Whoever is active in this market and holds the qualification may enrol."),
    ),
    Rule(
        Barred.NAMED_AGENCY,
        N_("A certain agency"),
        N_("A certain agency must not be named or hinted at (%(basis)s)."),
        _FREE_CHOICE,
        N_("Describe the service. An agency is named only by direct selection, where the rules allow that."),
        exceptable=False,
    ),
    Rule(
        Barred.HONOURS,
        N_("Titles and honours"),
        N_("Titles and honours must not be demanded (%(basis)s)."),
        _UNREASONABLE,
        N_("Leave it out. Set a floor for stars or credit instead."),
        exceptable=False,
    ),
    Rule(
        Barred.BEYOND_MATTER,
        N_("Qualification beyond the matter's"),
        N_("The matter does not demand %(what)s; a project cannot ask for more than its matter (%(basis)s)."),
        _FREE_CHOICE,
        N_("Choose the matter's own level. A higher one needs a law that asks for it, and an exception."),
    ),
)  # fmt: skip

RULES: Mapping[Barred, Rule] = MappingProxyType({rule.code: rule for rule in _ALL})
EXCEPTABLE = frozenset(code for code, rule in RULES.items() if rule.exceptable)
