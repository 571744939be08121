"""The words by which a refused demand is known, in Chinese and English, and the words that lift it.

Texts come here plain (`requirements.plain`): NFKC, simplified, without spaces inside words, Chinese figures of accounting
turned into common ones, names of laws in 《》 masked. So the full-width comma and semicolon are ASCII here.
"""

import re
from collections.abc import Sequence

from supermarket.projects.requirement_rules import Barred

GAP = r"[^,.;。!?\n]"
# Within a demand on agencies nothing is done *to* somebody: "应对本区企业开展调查" demands no seat.
_MILD = r"(?:(?![对向给就报邀]|组织|配合|通知|会同|征求|走访|协助|收集|调查)[^,.;。!?\n])"
_NEAR = (
    r"(?:本地|当地|本省|本市|本州|本县|本区|我省|我市|我州|我县|我区|全省|全市|省内"
    r"|市内|县内|区内|州内|省市|辖区内?|境内|属地|所在地|市域|县域|县城|主城区|区域内)"
)
_NAMED = (
    r"(?:[\u4e00-\u9fff]{2,7}?(?:省|市|自治州|州|县|(?<![地片社小园厂矿景灾库校])(?<!项目)区)(?:行政区"
    r"域?|范围|辖区|境)?内?)"
)
_PLACE = rf"(?:{_NEAR}|{_NAMED})"
_OWNER = (
    r"(?:采购人|采购单位|本单位|我单位|我局|我委|我厅|我院|我校|我公司|本局|本院|本校"
    r"|业主|甲方|委托人|委托方|建设单位|招标人|项目法人)"
)
_AGENCY = (
    r"(?:企业|(?<![分子])公司|供应商|投标人|报名人|报名单位|参选单位|竞价人|(?:中介"
    r"|服务|咨询|评估|检测|监测|勘察|设计|监理|代理|测绘|审计)?机构|中介(?!服务)|事务所)"
)
_NUMBER = r"(?:(?<![0-9,])[0-9][0-9,]*(?:\.[0-9]+)?|[一二三四五六七八九十百千两]+)"
_MONEY = rf"{_NUMBER} ?(?:[万亿千百]|元)"
_BOUND = (
    r"(?:不低于|不少于|不得低于|不得少于|不能低于|不能少于|不小于|不应低于|至少|最低"
    r"|起码|达到|达|满|超过|大于|高于|多于|[≥>])"
)
_OVER = r"(?:以上|及以上|\(含\)以上|起)"
_ATLEAST = rf"(?:{_BOUND}|{_MONEY})"
_DEMAND = (
    r"(?<![不无没])(?:要求|必须|须|需(?!要?求)|(?<![供相反对效响适感])应(?![急用对邀付])"
    r"|具有|具备|拥有|限(?![期额值高度时])|只能|仅)"
)
_HAVE = r"(?:设有|设立|设置|成立|开设|注册|具有|具备|拥有|建有|配有|租有|设|有)"
_PREFERRED = r"(?:优先|方可|才能|才可|加分|可加|得分|计分|报名|参加|参与|投标|竞价|承担|承接|入选)"
_FIGURES = (
    r"(?:营业收入|营业额|业务收入|销售额|销售收入|年产值|产值|年收入|资产总额|总资产"
    r"|净资产|固定资产|净利润|利润总额|利润率|纳税额|纳税总额|年纳税|缴税额|现金流)"
)
_CAPITAL = r"(?:注册资[本金]金?|注资|实缴资[本金]|实缴出资|实收资本|认缴资[本金]|认缴出资额?|公司股本)"
_OFFICE = (
    r"(?:分公司|分支机构|分部|分所|分院|子公司|办事处|办事机构|办公场所|办公室|办公地点"
    r"|经营场所|服务机构|服务网点|服务站|固定场所|常驻机构)"
)
_BRANCH = r"(?:分公司|分支机构|分所|子公司|办事处|服务网点|常驻机构)"
_YEARS = r"(?:(?<![0-9])[0-9]{1,2}|[一二三四五六七八九十两]{1,3}) ?(?:个)?(?:周年|年)"
_STATE = r"(?:国有(?:企业|独资|控股|全资|公司|单位|背景)|国资(?:企业|背景|控股)?|国企|央企|中央企业|事业单位)"
_FORM = r"(?:事业单位|有限责任公司|股份有限公司|股份公司|上市公司|合伙制|合伙企业|外资企业|内资企业|中资企业)"
_NOT_OURS = r"(?:不接受|拒绝|谢绝|排除|不允许|不得为|不含|不考虑)"
_PRIVATE = r"(?:民营|私营|私人|个体|外资|合资|小微|中小|个人独资)"
_HERE = r"(?:locally|in (?:this|the|our) (?:city|county|district|province|region|town))"
_US = r"(?:us\b|this owner|the (?:owner|purchaser|client)|our (?:office|bureau|unit))"
_RECORD = r"(?:业绩|案例|同类项目经验|项目经验|工程经验|服务经验|获奖|奖项)"
_TITLES = (
    r"(?:重合同守信用|守合同重信用|重合同、?守信用|守合同、?重信用|驰名商标|著名商标"
    r"|知名品牌|名牌产品|纳税大户|龙头企业|(?:全国|全省|行业|省内)?[百十五]+强|优秀企业"
    r"|先进单位|明星企业|示范单位|诚信企业|高新技术企业|专精特新|瞪羚企业|[3三]?A{2,3}级?(?:信用"
    r"|企业|资信)|信用等级证书)"
)

WORDS: Sequence[tuple[Barred, str]] = (
    (Barred.REGISTERED_CAPITAL, rf"{_CAPITAL}{GAP}{{0,10}}?(?:{_ATLEAST}|{_OVER}|要求|雄厚|低于|不足|少于)"),
    (Barred.REGISTERED_CAPITAL, rf"{_DEMAND}{_MILD}{{0,10}}?{_CAPITAL}"),
    (Barred.REGISTERED_CAPITAL, rf"{_MONEY}元?(?:人民币)?(?:\(含\))?(?:及)?以上{GAP}{{0,3}}{_CAPITAL}"),
    (Barred.REGISTERED_CAPITAL, rf"{_CAPITAL}{GAP}{{0,12}}{_PREFERRED}|资金实力雄厚|资本雄厚"),
    (Barred.REGISTERED_CAPITAL, r"(?:registered|paid[- ]?(?:in|up)|share) capital"),
    (Barred.FINANCIAL_SIZE, rf"{_FIGURES}{GAP}{{0,10}}?(?:{_ATLEAST}|{_OVER}|为正|不为负|低于|不足)"),
    (Barred.FINANCIAL_SIZE, rf"{_DEMAND}{_MILD}{{0,10}}?{_MONEY}元?以上{GAP}{{0,3}}?{_FIGURES}"),
    (
        Barred.FINANCIAL_SIZE,
        rf"(?:连续|近{_NUMBER}年){GAP}{{0,6}}?盈利|(?:无|没有|不得|未)(?:出现)?亏损|规模以上企业"
        rf"{GAP}{{0,4}}{_PREFERRED}",
    ),
    (Barred.FINANCIAL_SIZE, r"annual (?:turnover|revenue)|(?:turnover|revenue|assets|net profit) (?:of|over|above)"),
    (
        Barred.STAFF_SIZE,
        rf"(?:从业人员|员工|职工|在职人员|正式人员|社保人员|参保人员|缴纳社保的?人[员数]){_MILD}{{0,6}}?(?:"
        rf"{_BOUND}|{_NUMBER} ?[人名]{_OVER}?|{_OVER})",
    ),
    (
        Barred.STAFF_SIZE,
        rf"{_AGENCY}{_MILD}{{0,6}}?(?:技术人员|专业人员|工作人员|人员规模|人员总数|总人数){GAP}{{0,6}}?(?:"
        rf"{_BOUND}|{_NUMBER} ?[人名]{_OVER})",
    ),
    (
        Barred.STAFF_SIZE,
        rf"(?:人员规模|人员总数|在职人数|员工人数|职工人数|社保人数){GAP}{{0,4}}?(?:{_BOUND}"
        rf"|{_NUMBER} ?[人名])",
    ),
    (Barred.STAFF_SIZE, rf"{_NUMBER} ?[人名]{_OVER}的?(?:{_AGENCY}|规模)"),
    (Barred.STAFF_SIZE, r"(?:at least|more than|minimum(?: of)?|no fewer than) \d+ (?:employees|staff)"),
    (Barred.STAFF_SIZE, r"number of employees"),
    (
        Barred.YEARS_IN_BUSINESS,
        rf"(?:成立|设立|开业|注册(?!{GAP}{{0,6}}师)){_MILD}{{0,6}}?{_YEARS}(?:\(含\))?{_OVER}?"
        rf"|(?:经营|成立|开业|存续|从业)年限",
    ),
    (
        Barred.YEARS_IN_BUSINESS,
        rf"(?<![许运])(?:经营(?:历史|时间)|成立时间|成立日期){GAP}{{0,4}}?(?:{_BOUND}|早于"
        rf"|{_YEARS})",
    ),
    (
        Barred.YEARS_IN_BUSINESS,
        rf"(?:早于|(?:须|应|必须){GAP}{{0,4}}在?|于)(?:19|20)[0-9]{{2}}年{GAP}{{0,8}}?(?:前"
        rf"|之前|以前){GAP}{{0,2}}?(?:注册)?(?:成立|设立)",
    ),
    (
        Barred.YEARS_IN_BUSINESS,
        rf"(?:成立|设立|注册)(?:时间|日期)?(?:应|须|必须){GAP}{{0,4}}?(?:早于|在|于)(?:19"
        rf"|20)[0-9]{{2}}年",
    ),
    (
        Barred.YEARS_IN_BUSINESS,
        rf"{_AGENCY}{_MILD}{{0,8}}?(?:从事|从业|经营){GAP}{{0,12}}?{_YEARS}{_OVER}|{_AGENCY}{GAP}{{0,4}}?"
        rf"{_YEARS}{_OVER}的?(?:从业|行业|经营)|{_YEARS}{_OVER}的?(?:从业|行业|经营|服务)经[验历]"
        rf"{GAP}{{0,8}}?{_AGENCY}",
    ),
    (
        Barred.YEARS_IN_BUSINESS,
        rf"(?:成立|设立|新注册){GAP}{{0,4}}?(?:不足|未满|不满){_YEARS}|(?:不接受|拒绝)新(?:成立"
        rf"|设立|注册)",
    ),
    (Barred.YEARS_IN_BUSINESS, r"years (?:in business|of operation)"),
    (Barred.YEARS_IN_BUSINESS, r"(?:established|operating) (?:for )?(?:at least|more than)"),
    (
        Barred.OWNERSHIP,
        rf"(?:{_DEMAND}|必是){_MILD}{{0,5}}?(?:{_STATE}|{_FORM})(?!的?(?:资质|资产|改制|改革"
        rf"|委托|业主))",
    ),
    (
        Barred.OWNERSHIP,
        rf"{_STATE}(?:性质)?的?{GAP}{{0,3}}?{_PREFERRED}|{_NOT_OURS}{GAP}{{0,3}}?{_PRIVATE}"
        rf"|非(?:民营|私营|外资)|(?:企业性质|单位性质|所有制){GAP}{{0,4}}?(?:国有|国企|须"
        rf"|应|要求)",
    ),
    (
        Barred.OWNERSHIP,
        r"state[- ]owned[^.;,]{0,20}(?:only|preferred|first)|(?:must be|only|be) (?:a )?state[- ]owned",
    ),
    (Barred.OWNERSHIP, r"no private (?:compan(?:y|ies)|enterprises?)"),
    (
        Barred.LOCAL_BRANCH,
        rf"{_NEAR}{_MILD}{{0,8}}?{_HAVE}{_MILD}{{0,8}}?{_OFFICE}|在{_NAMED}{_MILD}{{0,4}}?{_HAVE}"
        rf"{_MILD}{{0,8}}?{_OFFICE}",
    ),
    (
        Barred.LOCAL_BRANCH,
        rf"{_DEMAND}{_MILD}{{0,6}}?{_PLACE}的?{GAP}{{0,4}}?{_BRANCH}|{_OFFICE}{GAP}{{0,2}}?(?:须"
        rf"|应|必须)?(?:设|设于|位于|设在|设立在|在){GAP}{{0,2}}?{_NEAR}",
    ),
    (
        Barred.LOCAL_BRANCH,
        rf"{_NEAR}{GAP}{{0,4}}?{_OFFICE}的?{GAP}{{0,6}}?{_PREFERRED}|(?:具有|具备|提供|有){_NEAR}化(?:服务"
        rf"|的服务)(?:机构|网点|团队)",
    ),
    # A town by its bare name: 在成都设有分支机构.
    (
        Barred.LOCAL_BRANCH,
        rf"在(?!{_NEAR})[\u4e00-\u9fff]{{2,6}}?{_HAVE}{_MILD}{{0,4}}?{_BRANCH}(?!的?(?:企业|单位|公司)?的?(?:名录|名单|情况|数据|信息))",
    ),
    (Barred.LOCAL_BRANCH, rf"local (?:branch|office|subsidiary)|(?:branch|office|subsidiary) {_HERE}"),
    (
        Barred.LOCAL_TAX,
        rf"在?{_NEAR}(?:范围)?内?(?:{_MILD}{{0,6}}?)(?:纳税|缴税|税务登记|缴纳税[款费]|缴纳各项税"
        rf"|开具发票|入库)(?!(?:企业|单位|人|户|信息|数据|评估|筹划|情况|服务|申报代理|大户名))",
    ),
    (
        Barred.LOCAL_TAX,
        rf"在{_NAMED}{_MILD}{{0,4}}?(?:依法|足额|正常)?(?:纳税|缴税|税务登记|缴纳税[款费])"
        rf"|(?:纳税|缴税|税务登记|税收|税款){GAP}{{0,4}}?(?:在|留在|归|缴至|入)?{_NEAR}(?!税务"
        rf"|的?企业)",
    ),
    (Barred.LOCAL_TAX, rf"local tax(?:payers?|es|ation)?\b|tax(?:es|payers?)?\b[^.;,]{{0,20}} {_HERE}"),
    (
        Barred.LOCAL_INSURANCE,
        rf"{_PLACE}{_MILD}{{0,6}}?(?:缴纳|购买|参加|缴交|办理|有){GAP}{{0,6}}?(?:社保|社会保险"
        rf"|养老保险)(?!(?:基金|经办|局))",
    ),
    (
        Barred.LOCAL_INSURANCE,
        rf"{_NEAR}的?(?:社保|社会保险|养老保险)(?:的?(?:缴纳|参保|缴费|证明|记录|清单|人员)"
        rf"|$|[,.;。\n)])|(?:社保|社会保险|养老保险|参保){GAP}{{0,4}}?(?:须|应|在|地)?(?:为"
        rf"|在)?{_NEAR}(?!社保|经办)",
    ),
    (Barred.LOCAL_INSURANCE, r"local social (?:insurance|security)"),
    (Barred.LOCAL_INSURANCE, rf"social (?:insurance|security)[^.;,]{{0,15}} {_HERE}"),
    (
        Barred.LOCAL_RECORD,
        rf"(?:{_DEMAND}|提供|提交|有|承担过|完成过|承接过|实施过|做过){_MILD}{{0,8}}?{_PLACE}{GAP}{{0,10}}?"
        rf"{_RECORD}",
    ),
    (
        Barred.LOCAL_RECORD,
        rf"{_NEAR}{GAP}{{0,8}}?{_RECORD}{GAP}{{0,6}}?(?:{_PREFERRED}|{_BOUND}|{_NUMBER} ?[个项份])",
    ),
    (Barred.LOCAL_RECORD, rf"在{_PLACE}{GAP}{{0,4}}?(?:承担|承接|完成|实施|做)过|(?:鲁班奖|天府杯|省优|市优|部优)"),
    (Barred.LOCAL_RECORD, rf"local (?:experience|track record|awards?)|(?:experience|awards?) {_HERE}"),
    (
        Barred.LOCAL_SEAT,
        rf"(?:注册地址?|住所地?|工商注册地?|工商登记地?|登记地|企业所在地|总部){_MILD}{{0,6}}?(?:须"
        rf"|应|必须|限|为|在|位于|是){_MILD}{{0,4}}?{_PLACE}(?!{GAP}{{0,8}}(?:变更|核查))",
    ),
    (
        Barred.LOCAL_SEAT,
        rf"(?:须|应|必须|要求){_MILD}{{0,4}}?在?{_PLACE}{_MILD}{{0,4}}?(?:注册(?!{GAP}{{0,6}}师)"
        rf"|登记(?:注册)?的)|{_NEAR}{_MILD}{{0,3}}?注册(?:登记)?的?{_AGENCY}",
    ),
    (
        Barred.LOCAL_SEAT,
        rf"(?:须|应|必须|只|仅|限(?![期额值高度]))(?!在{GAP}{{0,30}}(?:开展|进行|完成)){_MILD}{{0,6}}?"
        rf"{_PLACE}{_MILD}{{0,4}}?{_AGENCY}(?!(?:进行|开展|的监督|主管|提供|名录|库|目录"
        rf"|排污|的))",
    ),
    (
        Barred.LOCAL_SEAT,
        rf"{_NEAR}的?{_MILD}{{0,3}}?{_AGENCY}{_MILD}{{0,4}}?(?:优先|方可|才能|才可|报名|参加"
        rf"|投标|加分)|(?:优先选用?|优先考虑|优先选择|倾向){GAP}{{0,4}}?{_PLACE}",
    ),
    (
        Barred.LOCAL_SEAT,
        rf"{_NOT_OURS}(?:外地|外省|外市|域外|省外|市外|县外|异地){GAP}{{0,6}}?|(?:外地|外省"
        rf"|省外|市外|异地){GAP}{{0,2}}?{_AGENCY}{GAP}{{0,6}}?(?:不得|不予|须|应|备案|勿)",
    ),
    (Barred.LOCAL_SEAT, r"local (?:companies|company|agency|agencies|firms?|bidders?)"),
    (Barred.LOCAL_SEAT, rf"(?:registered|based|domiciled) {_HERE}"),
    (
        Barred.PAST_AWARD,
        rf"(?:曾经?|以往|既往|近{_NUMBER}年[内来]?){_MILD}{{0,8}}?(?:为{_OWNER}{GAP}{{0,2}}(?:提供"
        rf"|完成|承担|做)|{_OWNER}{GAP}{{0,8}}?(?:[^,.;。]过|合作|业绩))",
    ),
    (Barred.PAST_AWARD, rf"(?:承担|承接|完成|服务|实施|合作|中选|中标)过{GAP}{{0,8}}?{_OWNER}"),
    (
        Barred.PAST_AWARD,
        rf"(?:与|和|同|跟|为|在){_OWNER}{GAP}{{0,8}}?(?:合作经[历验]|历史合作|长期合作|合作过"
        rf"|服务过|合作关系|有过合作|合作基础)|{_OWNER}{GAP}{{0,4}}?(?:合作经[历验]|历史合作"
        rf"|长期合作|合作过|服务过|项目业绩|业绩(?!考核|评价)|服务经[历验]|(?:以往|原有|既有)(?:合作"
        rf"|供应商|服务商))",
    ),
    (
        Barred.PAST_AWARD,
        rf"(?:worked|contracts?|projects?|awards?|cooperat\w+|experience)[^.;,]{{0,20}} (?:for|from|with|by) {_US}",
    ),
    (
        Barred.SHORTLIST,
        rf"(?:入围|备选库|名录库|供应商库|预选库|资格库|短名单|定点单位|定点服务|协议库|服务商库"
        rf"|中介库|机构库|中介机构库|推荐名[单录])(?!{GAP}{{0,4}}(?:建设|管理|维护|更新|系统"
        rf"|方案|调查|数据))",
    ),
    (Barred.SHORTLIST, r"short[- ]?listed|(?:approved|preferred|framework) (?:suppliers?|vendors?|agenc(?:y|ies))"),
    (
        Barred.NAMED_AGENCY,
        rf"(?:指定由?|限定由?|只能由|仅限由?|必须由|须由|应由|统一由)(?!{GAP}{{0,8}}(?:具有"
        rf"|具备|取得|持有|有资质|符合))[\u4e00-\u9fff()]{{2,20}}?(?:有限公司|有限责任公司"
        rf"|股份公司|事务所|研究院|设计院|规划院|勘察院|测绘院|检测中心|咨询中心)",
    ),
    (
        Barred.NAMED_AGENCY,
        rf"(?:指定由|限定由|只能由)(?!{GAP}{{0,6}}(?:具有|具备|取得)){GAP}{{0,20}}?(?:公司"
        rf"|中心)|(?:优先选[择用]|推荐)[\u4e00-\u9fff()]{{4,20}}?(?:有限公司|事务所|研究院"
        rf"|设计院)|(?<!原)由(?!具有|具备|取得|持有|有资质|符合)[\u4e00-\u9fff()]{{4,20}}?(?:公司"
        rf"|事务所|研究院|设计院|规划院|测绘院)(?:承担|负责|实施|承接)(?:本|该|此|$|[,.;。])",
    ),
    (Barred.NAMED_AGENCY, r"designated (?:agency|company|institute|firm)"),
    (
        Barred.HONOURS,
        rf"{_TITLES}{GAP}{{0,6}}?(?:{_PREFERRED}|称号|荣誉|认定证书|证书|$|[,.;。\n)])|{_DEMAND}"
        rf"{_MILD}{{0,10}}?{_TITLES}",
    ),
    (
        Barred.HONOURS,
        rf"(?:具有|具备|获得|取得|获|有|评为){GAP}{{0,8}}?(?:荣誉称号|荣誉证书|先进集体|优秀(?:供应商"
        rf"|服务商|单位))",
    ),
    (Barred.HONOURS, r"(?:well-known|famous) (?:trademark|brand)|honou?rary titles?"),
)  # fmt: skip
PATTERNS = tuple((code, re.compile(words, re.IGNORECASE)) for code, words in WORDS)

# "不得低于" and "no less than" demand; only words that lift a demand within the same clause count as lifting it.
_LIFTS = (
    r"(?:不要求|不得要求|不应要求|不作要求|未要求|不强制|不得强制|无需|无须|毋须|不需要?"
    r"|不必|不设|不得设|不得将|不将|不限(?!于)|不以|不得以|不应以"
    r"|不得(?:设置|设定|限定|限制|排斥|歧视|因|规定)|不因|不受|没有要求|没有(?=[^,.;。\n]{0,12}要求)"
    r"|不再要求|不作为|不得作为|禁止|严禁|杜绝|取消|删除|清理|不论|无论|不分|不问|不考虑"
    r"|不看|不涉及|并非|不含"
    r"|\bnot (?:require|demand|need|ask)\w*|\bno (?:requirement|need|demand)s?\b|\b(?:regardless|irrespective) of\b)"
)
# A demand that begins anew after the lifting words is a demand again.
_ANEW = r"(?:(?:且|并|但|同时|还|另|而|仍)(?:应|须|必须|需|要求|要|具)|但|然而|仍须)"
LIFTED_BEFORE = re.compile(rf"{_LIFTS}(?!{GAP}*{_ANEW}){GAP}*\Z|\bno \Z", re.IGNORECASE)
LIFTED_AFTER = re.compile(
    rf"^(?:{GAP}{{0,12}}?(?:不限(?!于)|不作要求|不做要求|不作限制|不作限定|不作硬性要求"
    rf"|无要求|没有要求|不要求|均可|皆可|也可|亦可|都可"
    rf"|不(?:得)?作为(?:资格|评审|加分|报名|门槛|准入|条件)|(?:is|are) not (?:required|demanded|needed))"
    rf"|{GAP}{{0,40}}?(?:均|都|一律|一概)?(?:不[作做]|不设)(?:为?资格|硬性|任何)?(?:要求|限制|限定|门槛)"
    rf"|(?:要求|限制|条件)?\s*[:为]?\s*(?:无|不限|没有)(?:[,.;。\n]|要求|限制|\Z))",
    re.IGNORECASE,
)
LIFTED_WITHIN = re.compile(r"(?:无|不[作做]|没有|不设|不)(?:任何|硬性|具体)?(?:要求|限制)|不限(?!于)")
# What the work is done on: "对注册资本5000万元以上的企业开展调查", "统计从业人员100人以上的企业".
OBJECT_BEFORE = re.compile(r"(?:对|针对|就|涉及|包括|编制|审查|审计|评估|审核)([^,;。\n]{0,30})\Z")
OBJECT_AFTER = re.compile(
    r"^[^,。;\n]{0,40}?(?:审计|评估|评价|调查|核查|核实|检查|监测|检测|鉴定|统计|摸底"
    r"|排查|清查|测算|分析|验资|普查|培训|宣传|改造|装修|改制|治理|走访|审核)"
)
OBJECT_VERB = re.compile(
    r"(?:调查|核查|核实|查明|统计|摸底|排查|梳理|测算|普查)(?!机构|公司|单位|服务|事务所"
    r"|报告|人员|队伍|项目)([^,;。\n]{0,30})\Z"
)
OBJECT_NOT = re.compile(
    r"不得|不予|优先|方可|才能|报名|投标|供应商|中选|^机构|^公司|^单位|^服务|^事务所"
    r"|的(?:机构|公司|单位)|[必]?须|要求|应当"
)
# Facts about somebody else than the agency: "建设单位注册资本5000万元".
FACT_BEFORE = re.compile(
    rf"(?:{_OWNER}|我司|本公司|本企业|该公司|该企业|该单位|学校|医院|园区|项目公司|目标公司"
    rf"|标的公司|被(?:审计|评估|检查|调查)(?:单位|企业|对象)?|集团)"
    r"[^。;\n]{0,24}\Z"
)
FACT_NOT = re.compile(r"要求|必须|须|应当|应|供应商|投标人|中介|机构|报名|限|不接受|只|指定|认可")
FACT_MATCH_NOT = re.compile(r"不低于|不少于|不得|不能|不小于|至少|最低|须|应|必须|要求|[≥>]")
OF_FACTS = frozenset(
    {
        Barred.REGISTERED_CAPITAL,
        Barred.FINANCIAL_SIZE,
        Barred.STAFF_SIZE,
        Barred.YEARS_IN_BUSINESS,
        Barred.OWNERSHIP,
    }
)
