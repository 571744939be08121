"""The trades of the invented agencies: which matters each offers, at what price (whole yuan) and in how many days."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A matter in a trade's range: usual price from–to in yuan for one job, promised time from–to in working days."""

    matter: str
    low: int
    high: int
    days_low: int
    days_high: int


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of agency: end of the name, business scope, licences of its people, what all of them offer, what some."""

    code: str
    suffix: str
    scope: str
    staff: tuple[str, ...]
    offers: tuple[Offer, ...]
    extra: tuple[Offer, ...] = ()


CORE = (
    Trade(
        "cost",
        "工程造价咨询有限公司",
        "工程造价咨询；招投标代理；政府采购代理；工程管理服务",
        ("Q059",),
        (
            Offer("ZJ014", 18_000, 160_000, 7, 20),
            Offer("ZJ015", 20_000, 200_000, 15, 40),
            Offer("ZJ012", 15_000, 90_000, 20, 35),
        ),
        (Offer("ZJ005", 15_000, 90_000, 7, 15), Offer("ZJ013", 8_000, 60_000, 15, 30)),
    ),
    Trade(
        "surveying",
        "测绘技术有限公司",
        "测绘服务；地理信息数据处理；不动产测绘",
        ("Q064",),
        (
            Offer("ZJ029", 6_000, 80_000, 5, 15),
            Offer("ZJ039", 8_000, 90_000, 5, 15),
            Offer("ZJ043", 10_000, 120_000, 7, 20),
        ),
        (Offer("ZJ044", 5_000, 60_000, 7, 20), Offer("ZJ051", 8_000, 60_000, 7, 15)),
    ),
    Trade(
        "design",
        "建筑设计有限公司",
        "建设工程设计；工程技术咨询；规划设计管理",
        ("Q068", "Q066"),
        (Offer("ZJ017", 30_000, 260_000, 15, 30), Offer("ZJ018", 60_000, 480_000, 25, 60)),
        (
            Offer("ZJ004", 50_000, 380_000, 20, 45),
            Offer("ZJ033", 15_000, 90_000, 10, 20),
            Offer("ZJ034", 12_000, 80_000, 10, 20),
        ),
    ),
    Trade(
        "geotechnics",
        "地质工程勘察有限公司",
        "建设工程勘察；地质灾害危险性评估；地质灾害治理工程勘查；地质灾害治理工程设计；岩土工程咨询",
        ("Q070",),
        (Offer("ZJ016", 25_000, 300_000, 15, 35), Offer("ZJ045", 15_000, 120_000, 10, 20)),
        (Offer("ZJ046", 30_000, 200_000, 20, 40), Offer("ZJ047", 30_000, 180_000, 20, 40)),
    ),
    Trade(
        "supervision",
        "工程监理有限公司",
        "建设工程监理；工程项目管理",
        ("Q074",),
        (Offer("ZJ020", 60_000, 600_000, 60, 240),),
        (Offer("ZJ037", 20_000, 120_000, 60, 180),),
    ),
    Trade(
        "testing",
        "工程质量检测有限公司",
        "建设工程质量检测；建筑能效测评；工程结构鉴定",
        ("Q066",),
        (Offer("ZJ021", 20_000, 240_000, 10, 60), Offer("ZJ023", 20_000, 150_000, 15, 30)),
        (Offer("ZJ027", 10_000, 60_000, 10, 20),),
    ),
    Trade(
        "environment",
        "环境科技有限公司",
        "环境影响评价咨询；入河排污口设置论证；环境保护技术服务；土壤污染状况调查",
        ("Q061",),
        (
            Offer("ZJ061", 50_000, 320_000, 30, 60),
            Offer("ZJ062", 12_000, 60_000, 15, 30),
            Offer("ZJ070", 25_000, 120_000, 15, 30),
        ),
        (Offer("ZJ064", 30_000, 150_000, 20, 40), Offer("ZJ072", 30_000, 160_000, 20, 40)),
    ),
    Trade(
        "water",
        "水土保持咨询有限公司",
        "水土保持技术咨询；水土保持监测；水资源论证；防洪评价",
        ("Q071",),
        (
            Offer("ZJ075", 15_000, 120_000, 10, 25),
            Offer("ZJ077", 20_000, 150_000, 30, 200),
            Offer("ZJ078", 12_000, 80_000, 10, 20),
            Offer("ZJ081", 25_000, 160_000, 15, 30),
        ),
        (Offer("ZJ079", 25_000, 150_000, 15, 30), Offer("ZJ080", 25_000, 150_000, 15, 30)),
    ),
    Trade(
        "consulting",
        "工程咨询有限公司",
        "工程咨询；项目策划；节能评估；社会稳定风险评估",
        ("Q065",),
        (
            Offer("ZJ001", 10_000, 60_000, 7, 15),
            Offer("ZJ002", 25_000, 240_000, 15, 30),
            Offer("ZJ008", 15_000, 90_000, 10, 20),
            Offer("ZJ010", 15_000, 80_000, 10, 20),
        ),
        (Offer("ZJ003", 15_000, 80_000, 10, 20), Offer("ZJ006", 20_000, 120_000, 10, 25)),
    ),
    Trade(
        "accounting",
        "会计师事务所（普通合伙）",
        "审查企业会计报表，出具审计报告；验证企业资本；清算审计",
        ("Q079",),
        (Offer("ZJ134", 6_000, 80_000, 7, 20), Offer("ZJ132", 3_000, 20_000, 3, 10)),
        (Offer("ZJ135", 5_000, 40_000, 10, 20),),
    ),
    Trade(
        "valuation",
        "房地产土地资产评估有限公司",
        "房地产估价；土地估价；资产评估",
        ("Q081",),
        (
            Offer("ZJ030", 15_000, 180_000, 10, 25),
            Offer("ZJ053", 10_000, 80_000, 7, 15),
            Offer("ZJ136", 10_000, 120_000, 10, 25),
        ),
        (Offer("ZJ031", 4_000, 40_000, 5, 10), Offer("ZJ133", 8_000, 60_000, 10, 20)),
    ),
    Trade(
        "fire",
        "消防技术服务有限公司",
        "消防设施维护保养检测；消防安全评估",
        ("Q077",),
        (Offer("ZJ025", 8_000, 90_000, 5, 15), Offer("ZJ026", 10_000, 60_000, 7, 20)),
    ),
)

NICHE = (
    Trade(
        "safety",
        "安全评价咨询有限公司",
        "安全评价；安全生产技术咨询",
        ("Q062",),
        (Offer("ZJ093", 20_000, 120_000, 15, 30), Offer("ZJ094", 25_000, 150_000, 20, 40)),
        (Offer("ZJ090", 25_000, 150_000, 20, 40), Offer("ZJ095", 15_000, 90_000, 15, 30)),
    ),
    Trade(
        "laboratory",
        "检验检测技术有限公司",
        "环境监测；水质检测；公共场所卫生检测",
        ("Q085",),
        (
            Offer("ZJ032", 2_000, 20_000, 5, 10),
            Offer("ZJ067", 15_000, 90_000, 15, 30),
            Offer("ZJ071", 6_000, 60_000, 7, 15),
        ),
        (Offer("ZJ106", 2_000, 30_000, 5, 10),),
    ),
    Trade(
        "lightning",
        "防雷检测有限公司",
        "雷电防护装置检测；防雷技术评价",
        ("Q073",),
        (Offer("ZJ108", 4_000, 50_000, 5, 10),),
        (Offer("ZJ109", 5_000, 30_000, 5, 10),),
    ),
    Trade(
        "planning",
        "城乡规划设计有限公司",
        "城乡规划编制；规划选址论证",
        ("Q076",),
        (Offer("ZJ040", 20_000, 120_000, 15, 30), Offer("ZJ042", 40_000, 260_000, 30, 60)),
        (Offer("ZJ041", 80_000, 480_000, 60, 120),),
    ),
    Trade(
        "forestry",
        "林业勘察设计有限公司",
        "林业调查规划设计；使用林地可行性研究；生态评价",
        ("Q065",),
        (Offer("ZJ115", 12_000, 90_000, 10, 20), Offer("ZJ116", 8_000, 50_000, 7, 15)),
        (Offer("ZJ117", 5_000, 40_000, 7, 15), Offer("ZJ119", 20_000, 90_000, 15, 30)),
    ),
    Trade(
        "occupational-health",
        "职业卫生技术服务有限公司",
        "职业卫生检测与评价；放射卫生技术服务",
        ("Q062",),
        (Offer("ZJ104", 12_000, 80_000, 15, 30), Offer("ZJ105", 4_000, 50_000, 7, 20)),
        (Offer("ZJ102", 10_000, 60_000, 10, 20), Offer("ZJ069", 2_000, 20_000, 10, 30)),
    ),
    Trade(
        "transport-testing",
        "交通工程检测有限公司",
        "公路水运工程质量检测；涉路施工安全评价",
        ("Q074",),
        (Offer("ZJ125", 30_000, 260_000, 15, 60), Offer("ZJ122", 15_000, 90_000, 10, 20)),
    ),
    Trade(
        "drawing-review",
        "施工图审查有限公司",
        "施工图设计文件审查；消防设计技术审查",
        ("Q068", "Q066"),
        (Offer("ZJ019", 10_000, 120_000, 7, 15),),
        (Offer("ZJ024", 8_000, 60_000, 5, 15),),
    ),
)

OFFERS = {offer.matter: offer for trade in CORE + NICHE for offer in (*trade.offers, *trade.extra)}

# What every core agency of the trade offers; projects of the demo are mostly about these.
POPULAR_MATTERS = tuple(offer.matter for trade in CORE for offer in trade.offers)
