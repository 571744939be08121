"""The contract as the typesetter gets it. The document is Chinese whoever reads the site, so its words stand here."""

from datetime import datetime

from supermarket.agencies.models import Agency
from supermarket.contracts.models import Contract, Party
from supermarket.contracts.terms import DeliverableTerm, PaymentTerm, Terms
from supermarket.core.identifiers import mask_name
from supermarket.core.working_days import local_date
from supermarket.gateways.pdf import ContractData, Deliverable, Payment, Signature
from supermarket.gateways.pdf import Party as PartyData
from supermarket.policies.queries import region_name
from supermarket.projects.models import Funding, Project
from supermarket.projects.ways import mode_of

PLATFORM = "行政审批中介服务网上超市"
NOT_GIVEN = "—"
CONTACT = "通过平台账户联系"
ELECTRONIC = "电子文件"
FUNDING = {Funding.FISCAL: "财政性资金", Funding.SOCIAL: "社会资金"}
MODES = {
    "direct": "直接选取",
    "random": "随机抽取",
    "bidding": "竞价选取",
    "merit": "择优选取",
    "credit_merit": "信用择优选取",
    "merit_random": "择优入围后随机抽取",
    "merit_bidding": "择优入围后竞价选取",
    "random_bidding": "随机入围后竞价选取",
    "mean_price": "均价选取",
}


def _owner(project: Project) -> PartyData:
    owner = project.owner
    return PartyData(
        name=owner.name,
        uscc=owner.uscc or NOT_GIVEN,
        address=region_name(owner.region_code),
        representative=NOT_GIVEN,
        contact=CONTACT,
    )


def _agency(agency: Agency) -> PartyData:
    return PartyData(
        name=agency.name,
        uscc=agency.uscc,
        address=agency.address or region_name(agency.region_code),
        representative=agency.legal_representative or NOT_GIVEN,
        contact=agency.public_contact or CONTACT,
    )


def _condition(item: PaymentTerm, terms: Terms) -> str:
    if item.after_deliverable is None:
        return f"{item.name}（{item.percent}%）：本合同生效"
    name = terms.deliverables[item.after_deliverable - 1].name
    return f"{item.name}（{item.percent}%）：成果 {item.after_deliverable}“{name}”验收合格"


def _due(item: DeliverableTerm) -> str:
    return f"生效之日起 {item.due_days} 日内"


def contract_data(
    *,
    code: str,
    project: Project,
    agency: Agency,
    price: int,
    duration_days: int,
    terms: Terms,
    dated: datetime,
    demo: bool,
    signatures: list[Signature],
) -> ContractData:
    """What contract.typ needs; `price` in fen, `dated` the moment of the draft."""
    return ContractData(
        code=code,
        dated=local_date(dated).isoformat(),
        platform=PLATFORM,
        owner=_owner(project),
        agency=_agency(agency),
        project_code=project.code,
        project_name=project.name,
        matter_code=project.matter_code,
        matter_name=project.matter_version.name,
        mode=MODES.get(project.mode) or mode_of(project).label_zh,
        award_notice_no=terms.notice_number,
        funding=FUNDING[project.funding],
        scope="\n\n".join(filter(None, (project.description.strip(), project.requirement_notes.strip())))
        or project.name,
        service_days=duration_days,
        price_fen=price,
        deliverables=[Deliverable(title=item.name, due=_due(item), form=ELECTRONIC) for item in terms.deliverables],
        payments=[Payment(condition=_condition(item, terms), amount_fen=item.amount) for item in terms.payments],
        acceptance_working_days=terms.acceptance_days,
        payment_days=terms.payment_days,
        extra_terms=[],
        signatures=signatures,
        demo=demo,
    )


def signature_rows(contract: Contract, names: dict[int, str]) -> list[Signature]:
    """The recorded consents for the signed copy; the copy is public, so a person's name is masked."""
    organisations = {Party.OWNER: contract.owner.name, Party.AGENCY: contract.agency.name}
    return [
        Signature(
            side=signature.party.value,
            organisation=organisations[signature.party],
            account=f"{mask_name(names[signature.user_id])}（账户 {signature.user_id}）",
            signed_at=signature.signed_at.isoformat(),
            document_sha256=signature.document_sha256,
        )
        for signature in contract.signatures
    ]
