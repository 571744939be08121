"""Documents: the bytes are PDF/A-2b, the same for the same data, and say what the data says."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from supermarket.gateways.money_words import LARGEST_FEN, rmb_in_figures, rmb_in_words
from supermarket.gateways.pdf import (
    AwardNoticeData,
    ContractData,
    ExpulsionNoticeData,
    MemoryPdf,
    Party,
    PdfError,
    Signature,
    TypstPdf,
)

HASH = "7ce790c9c4d4bc5dfd5235cd231cd2155dcb57c6feb04c89b49e5ef9595e4d7e"


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        # The examples of 支付结算办法, annex 1.
        (140950, "人民币壹仟肆佰零玖元伍角"),
        (600714, "人民币陆仟零柒元壹角肆分"),
        (168032, "人民币壹仟陆佰捌拾元零叁角贰分"),
        (10700053, "人民币壹拾万柒仟元零伍角叁分"),
        (1640902, "人民币壹万陆仟肆佰零玖元零贰分"),
        (32504, "人民币叁佰贰拾伍元零肆分"),
        # The edges.
        (0, "人民币零元整"),
        (5, "人民币伍分"),
        (50, "人民币伍角"),
        (100, "人民币壹元整"),
        (1000, "人民币壹拾元整"),
        (100_000_00, "人民币壹拾万元整"),
        (100_000_000_00, "人民币壹亿元整"),
        (100_000_001_00, "人民币壹亿零壹元整"),
        (100_100_000_00, "人民币壹亿零壹拾万元整"),
        (12_345_678_90, "人民币壹仟贰佰叁拾肆万伍仟陆佰柒拾捌元玖角"),
        (1_000_1000_00, "人民币壹仟万壹仟元整"),
        (LARGEST_FEN, "人民币玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_amounts_in_capital_numerals(fen: int, words: str) -> None:
    assert rmb_in_words(fen) == words


@pytest.mark.parametrize("fen", [-1, LARGEST_FEN + 1, True])
def test_no_words_for_what_is_no_amount(fen: int) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        rmb_in_words(fen)


DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}


def read_words(words: str) -> int:
    """The way back, by another road: a stack machine over the characters."""
    total = section = digit = fen = 0
    for character in words.removeprefix("人民币").removesuffix("整"):
        if character in DIGITS:
            digit = DIGITS[character]
        elif character in "拾佰仟":
            section, digit = section + digit * 10 ** ("拾佰仟".index(character) + 1), 0
        elif character in "万亿":
            total, section, digit = total + (section + digit) * (10_000 if character == "万" else 10**8), 0, 0
        elif character == "元":
            fen, total, section, digit = (total + section + digit) * 100, 0, 0, 0
        else:
            fen, digit = fen + digit * (10 if character == "角" else 1), 0
    return fen


@given(st.integers(0, LARGEST_FEN) | st.integers(0, 10**7))
def test_words_read_back_to_the_amount(fen: int) -> None:
    words = rmb_in_words(fen)
    assert read_words(words) == fen
    assert "零零" not in words


def test_figures() -> None:
    assert [rmb_in_figures(fen) for fen in (0, 5, 140950, 123456789)] == ["0.00", "0.05", "1,409.50", "1,234,567.89"]


def make_party(name: str, uscc: str) -> Party:
    return Party(name=name, uscc=uscc, address="示范区天府大道 1 号", representative="张明", contact="项目管理科")


def make_contract(**changes: Any) -> ContractData:
    data = ContractData(
        code="HT-2026-000123",
        dated="2026-03-12",
        platform="四川省行政审批中介服务网上超市",
        owner=make_party("示范区住房和城乡建设局", "11510100MB0000001X"),
        agency=make_party("锦程工程咨询有限公司", "91510100MA61T2XX0H"),
        project_code="P-2026-000456",
        project_name="示范区第二中学改扩建工程",
        matter_code="ZJ003",
        matter_name="可行性研究报告编制",
        mode="随机抽取",
        award_notice_no="川网超中选〔2026〕12号",
        funding="财政性资金",
        scope="编制可行性研究报告。",
        service_days=45,
        price_fen=14095000,
        deliverables=[{"title": "报告（报批稿）", "due": "2026-04-06", "form": "PDF"}],
        payments=[{"condition": "验收合格", "amount_fen": 14095000}],
        acceptance_working_days=10,
        payment_days=30,
        extra_terms=["第一项约定。"],
        signatures=[],
    )
    data.update(changes)  # type: ignore[typeddict-item]  # a factory takes any subset of the keys
    return data


def make_award_notice() -> AwardNoticeData:
    return AwardNoticeData(
        number="川网超中选〔2026〕12号",
        dated="2026-03-10",
        issuer="四川省行政审批中介服务网上超市",
        seal_text="中选通知专用章",
        agency_name="锦程工程咨询有限公司",
        agency_uscc="91510100MA61T2XX0H",
        owner_name="示范区住房和城乡建设局",
        project_code="P-2026-000456",
        project_name="示范区第二中学改扩建工程",
        matter_name="可行性研究报告编制",
        mode="随机抽取",
        price_fen=14095000,
        selected_on="2026-03-04",
        sign_within_working_days=10,
        sign_until="2026-03-24",
        verify_url="http://127.0.0.1:8000/projects/P-2026-000456",
        demo=True,
    )


def make_expulsion_notice() -> ExpulsionNoticeData:
    return ExpulsionNoticeData(
        number="川网超清退〔2026〕3号",
        dated="2026-03-10",
        issuer="四川省行政审批中介服务网上超市",
        seal_text="平台管理专用章",
        agency_name="锦程工程咨询有限公司",
        agency_uscc="91510100MA61T2XX0H",
        facts=["提交虚假报告。", "未完成整改。"],
        basis=["平台规则第三十二条。"],
        decision="停止全部服务事项。",
        effective_on="2026-03-11",
        live_projects="已生效的合同继续履行。",
        appeal_within_working_days=10,
        appeal_to="监管机构",
    )


def text_of(pdf: bytes) -> str:
    # Line breaks and the thin space between Chinese and Latin are the typesetter's business.
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return "".join(text.replace("\u200b", "").split())


def test_contract_says_what_was_agreed() -> None:
    text = text_of(TypstPdf().render("contract", make_contract()))
    for part in (
        "合同编号：HT-2026-000123",
        "11510100MB0000001X",
        "91510100MA61T2XX0H",
        "2026年4月6日",
        "¥140,950.00",
        "人民币壹拾肆万零玖佰伍拾元整",
        "不视为验收合格",
        "第十一条其他约定",
        "第十二条生效",
    ):
        assert part in text
    assert "演示数据" not in text
    assert "已在线确认同意" not in text


def test_silence_accepts_only_without_fiscal_money() -> None:
    text = text_of(TypstPdf().render("contract", make_contract(funding="社会资金")))
    assert "视为验收合格" in text
    assert "不视为验收合格" not in text


def test_signed_contract_carries_the_recorded_consent() -> None:
    signature = Signature(
        side="owner",
        organisation="示范区住房和城乡建设局",
        account="owner@demo.test",
        signed_at="2026-03-13T02:21:07+00:00",
        document_sha256=HASH,
    )
    text = text_of(TypstPdf().render("contract", make_contract(signatures=[signature])))
    assert "owner@demo.test" in text
    assert "2026-03-1310:21:07（北京时间）" in text
    assert HASH in text
    assert text.count("已在线确认同意") == 1


def test_notices() -> None:
    award = text_of(TypstPdf().render("award_notice", make_award_notice()))
    assert "现确定你单位为该项目的中选中介服务机构" in award
    assert "川网超中选〔2026〕12号" in award
    assert "2026年3月24日24时前" in award
    assert "演示数据，不具法律效力" in award
    expulsion = text_of(TypstPdf().render("expulsion_notice", make_expulsion_notice()))
    assert "（二）未完成整改。" in expulsion
    assert "期满可重新申请入驻" not in expulsion


@pytest.mark.parametrize(
    ("template", "data"),
    [
        ("contract", make_contract()),
        ("award_notice", make_award_notice()),
        ("expulsion_notice", make_expulsion_notice()),
    ],
)
def test_same_data_same_bytes_in_archive_form(template: str, data: dict[str, object]) -> None:
    first = TypstPdf().render(template, data)
    assert TypstPdf().render(template, dict(reversed(data.items()))) == first
    reader = PdfReader(io.BytesIO(first))
    packet = reader.xmp_metadata
    assert packet is not None
    raw = packet.stream.get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in raw
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in raw
    assert reader.metadata is not None
    assert str(reader.metadata.creation_date) == f"{_day_before(str(data['dated']))} 16:00:00+00:00"


def _day_before(iso: str) -> str:
    return f"{iso[:8]}{int(iso[8:]) - 1:02d}"


@pytest.mark.parametrize("pdf", [TypstPdf(), MemoryPdf()])
def test_refusals(pdf: TypstPdf | MemoryPdf) -> None:
    with pytest.raises(PdfError) as unknown:
        pdf.render("../contract", {"dated": "2026-01-01"})
    assert unknown.value.code == "pdf_template"


def test_a_missing_value_is_no_document() -> None:
    data = {key: value for key, value in make_contract().items() if key != "owner"}
    with pytest.raises(PdfError) as failed:
        TypstPdf().render("contract", data)
    assert failed.value.code == "pdf_failed"


@pytest.mark.parametrize("rare", ["𠮷", "😀", "\x07", "\ue000"])
def test_a_character_without_a_glyph_stops_no_document(rare: str) -> None:
    made = TypstPdf().render("award_notice", make_award_notice() | {"project_name": f"测绘{rare}项目"})
    assert made.startswith(b"%PDF-1.7")
    assert "测绘" in text_of(made)
    assert made == TypstPdf().render("award_notice", make_award_notice() | {"project_name": f"测绘{rare}项目"})


def test_the_fake_keeps_what_it_was_given_and_differs_by_data() -> None:
    fake = MemoryPdf()
    first = fake.render("contract", make_contract())
    assert first.startswith(b"%PDF-")
    assert first != fake.render("contract", make_contract(price_fen=1))
    assert [template for template, _ in fake.rendered] == ["contract", "contract"]


def test_text_of_a_user_is_text_and_no_markup() -> None:
    text = text_of(TypstPdf().render("contract", make_contract(scope='#panic("x") *a* $b$ [c]')))
    assert '#panic("x")*a*$b$[c]' in text.replace("”", '"').replace("“", '"')
