"""The names and numbers of the demo city. All invented; phone numbers are of no carrier's range."""

from typing import NamedTuple

# Numbers of eleven digits that begin with 100 were never given out in China.
PHONE = "+86100{:08d}"
PASSWORD = "shichang-2026-demo"  # noqa: S105 - printed for everybody to try
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - the same


class MarketData(NamedTuple):
    code: str
    name: str
    address: str
    latitude: float
    longitude: float
    opens: int
    closes: int
    stalls: int


DISTRICTS: dict[str, tuple[str, list[MarketData]]] = {
    "jincheng": (
        "锦城区",
        [
            MarketData("yulan", "玉兰农贸市场", "玉兰路 18 号", 30.6402, 104.0411, 6, 20, 40),
            MarketData("shuangqiao", "双桥综合市场", "双桥街 6 号", 30.6467, 104.0526, 6, 20, 34),
            MarketData("hepan", "河畔菜市场", "沿河北路 101 号", 30.6325, 104.0302, 6, 19, 30),
        ],
    ),
    "taoxi": (
        "桃溪区",
        [
            MarketData("taoxi", "桃溪农贸市场", "桃溪大道 77 号", 30.6714, 104.0688, 6, 20, 36),
            MarketData("xueyuan", "学苑路市场", "学苑路 9 号", 30.6801, 104.0820, 7, 20, 32),
            MarketData("dongmen", "东门集市", "东门正街 3 号", 30.6622, 104.0941, 5, 19, 28),
        ],
    ),
}

ZONES = [("A", "蔬菜区"), ("B", "水果区"), ("C", "水产区"), ("D", "肉类区"), ("E", "粮油副食区")]
TRADES = {"A": "蔬菜", "B": "水果", "C": "水产", "D": "鲜肉", "E": "粮油副食"}
SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余"
    "叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段"
    "雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤"
)
GIVEN = [
    "家和",
    "永顺",
    "福来",
    "鲜达",
    "绿源",
    "诚信",
    "老街",
    "好邻居",
    "三姐",
    "二娃",
    "康源",
    "百味",
    "春和",
    "秋实",
    "兴旺",
    "双喜",
]
NICKNAMES = ["阿姨", "先生", "女士", "大爷", "师傅", "老师", "同学", "奶奶"]

# Department → the upper types it takes in every market of the district.
DEPARTMENTS = {
    "城管": ["order"],
    "市场监管": ["food", "honest"],
    "环卫": ["hygiene"],
    "消防": ["fire"],
}
OWN_DEPARTMENT = "物业"


class CategoryData(NamedTuple):
    code: str
    name: str
    name_en: str
    condition: str = ""
    urgent: bool = False
    stall: str = "optional"
    rule: str = "report_verified"
    respond: int = 120
    resolve: int = 960
    scene: str = "crates"
    words: tuple[str, ...] = ()


CATEGORIES: dict[tuple[str, str, str], list[CategoryData]] = {
    ("hygiene", "环境卫生", "Cleanliness"): [
        CategoryData(
            "rubbish",
            "垃圾堆积",
            "Heaps of rubbish",
            "通道或摊位旁有垃圾、烂菜叶堆放",
            scene="rubbish",
            words=("菜叶堆了一地，走路打滑", "垃圾桶满了没人收", "摊位后面堆着黑色垃圾袋，有异味"),
        ),
        CategoryData(
            "dirty-water",
            "污水横流",
            "Dirty water on the floor",
            "地面有污水、血水积存",
            scene="puddle",
            words=("水产区地上全是水，老人容易摔", "下水口堵了，污水流到过道", "血水没有冲洗"),
        ),
    ],
    ("order", "市场秩序", "Order in the aisles"): [
        CategoryData(
            "occupying",
            "占道经营",
            "Blocking the aisle",
            "货物、箱筐摆到黄线以外的通道上",
            scene="crates",
            words=("箱子摆到过道上，推婴儿车过不去", "摊位超出黄线半米多", "过道两边都摆了货"),
        ),
        CategoryData(
            "clutter",
            "乱堆杂物",
            "Clutter",
            "公共区域堆放纸箱、旧家具等",
            scene="crates",
            words=("楼梯口堆着纸箱", "公共水池边放满了筐子"),
        ),
    ],
    ("food", "食品安全", "Food safety"): [
        CategoryData(
            "expired-food",
            "过期食材",
            "Expired food",
            "出售超过保质期或明显变质的食品;拍下标签和食品",
            urgent=True,
            stall="required",
            rule="report_food_safety",
            respond=60,
            resolve=240,
            scene="spoiled",
            words=("豆制品已经过期三天还在卖", "鱼不新鲜，有味道", "肉的颜色发暗"),
        ),
        CategoryData(
            "cold-chain",
            "冷藏不当",
            "Not kept cold",
            "冷冻冷藏食品没有放在冷柜里",
            stall="required",
            scene="spoiled",
            words=("冻虾一直放在外面", "冷柜温度显示 12 度"),
        ),
    ],
    ("fire", "消防安全", "Fire safety"): [
        CategoryData(
            "exit-blocked",
            "堵塞消防通道",
            "Fire exit blocked",
            "安全出口、消防通道被占用",
            urgent=True,
            respond=60,
            resolve=480,
            scene="cart",
            words=("推车停在安全出口门口", "消防通道堆了货"),
        ),
        CategoryData(
            "wires",
            "私拉电线",
            "Loose wires",
            "乱接插座、电线裸露或悬挂",
            scene="wires",
            words=("插座挂在半空，下面就是水", "电线从顶上垂下来"),
        ),
    ],
    ("honest", "诚信经营", "Honest trade"): [
        CategoryData(
            "short-weight",
            "短斤少两",
            "Short weight",
            "公平秤复称相差 5% 以上;拍下两次称重",
            stall="required",
            scene="crates",
            words=("公平秤复称少了二两",),
        ),
        CategoryData(
            "no-price",
            "未明码标价",
            "No price shown",
            "没有价签或价签与结算不符",
            stall="required",
            scene="crates",
            words=("几样菜都没有标价", "价签写 5 元，结账 6 元"),
        ),
    ],
}

PRODUCE_OF_ZONE = {"A": "vegetables", "B": "fruit", "C": "fish", "D": "meat", "E": "vegetables"}

REFUSALS = (
    "照片里看不出问题，现场查看也没有发现，请补拍后再报。",
    "这是临时卸货，十分钟内已经离开，不算占道经营。",
    "同一问题今天上午已有人上报并处理，感谢您的关注。",
)
AFTER_WORDS = (
    "已清理，通道恢复畅通。",
    "已当场整改并提醒商户。",
    "已冲洗地面，疏通下水口。",
    "已下架并登记，立案处理。",
)


class RewardData(NamedTuple):
    kind: str
    name: str
    name_en: str
    points: int
    value_fen: int
    picture: str
    note: str
    units: int


REWARDS = [
    RewardData("goods", "1 斤大米", "500 g of rice", 100, 350, "rice", "到市场服务台领取", 160),
    RewardData(
        "goods", "1 斤食用油", "500 g of cooking oil", 200, 900, "oil", "到市场服务台领取", 96
    ),
    RewardData(
        "voucher",
        "30 元菜券",
        "30 yuan market voucher",
        300,
        3000,
        "voucher",
        "本市场各摊位可用，一次用完",
        240,
    ),
    RewardData(
        "voucher",
        "50 元菜券",
        "50 yuan market voucher",
        500,
        5000,
        "voucher",
        "本市场各摊位可用，一次用完",
        240,
    ),
]

ACTIVITIES = [
    (
        "清晨文明劝导",
        "早高峰在市场入口引导推车、提醒不占道，发放文明购物袋。",
        "市场正门",
        7,
        2,
        12,
    ),
    ("公平秤义务复称", "帮街坊复称、登记短斤少两，工作人员会教您怎么用。", "公平秤旁", 9, 3, 6),
    ("给老人教手机", "在服务台教老人用随手拍和积分兑换。", "服务台", 14, 2, 4),
    ("市场大扫除", "一起清理卫生死角，工具由市场提供。", "市场后门", 16, 2, 30),
]
