"""The living style guide, `/dev/look/`: every component with real words. Development only."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import mark_safe

KINDS = [
    ("stall", "占道经营"),
    ("dirt", "环境脏乱"),
    ("expired", "过期食材"),
    ("scale", "缺斤少两"),
    ("fire", "消防隐患"),
    ("other", "其他（请在下面用一两句话说明是什么问题）"),
]


class SampleForm(forms.Form):
    """Fields as the real pages have them; nothing is saved."""

    phone = forms.CharField(
        label="手机号",
        help_text="只用来登录和告诉您处理结果，不会公开。",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    code = forms.CharField(
        label="验证码",
        help_text="6 位数字，5 分钟内有效。",
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 6}
        ),
    )
    kind = forms.ChoiceField(label="是什么问题？", choices=KINDS, widget=forms.RadioSelect)
    market = forms.ChoiceField(
        label="哪个市场？", choices=[("", "请选择"), ("1", "武侯区簇桥农贸市场")]
    )
    words = forms.CharField(
        label="说一说",
        required=False,
        help_text="一两句就够，也可以用语音输入。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    anonymous = forms.BooleanField(label="不让商户知道是我", required=False, initial=True)


def _qr() -> str:
    """A stand-in made of squares; real codes come from segno."""
    cells = [(x, y) for x in range(21) for y in range(21) if (x * x * 7 + y * 13 + x * y) % 5 < 2]
    squares = "".join(f"M{x + 2} {y + 2}h1v1h-1z" for x, y in cells)
    return mark_safe(  # noqa: S308 (made of numbers above)
        f'<svg viewBox="0 0 25 25" role="img" aria-label="QR"><path d="{squares}"/></svg>'
    )


def _moves() -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {"words": "待受理", "state": "done", "at": now - timedelta(hours=5), "who": "您"},
        {
            "words": "已受理",
            "state": "done",
            "at": now - timedelta(hours=4, minutes=40),
            "who": "簇桥农贸市场管理处",
            "why": "照片清楚，位置准确，感谢您的反映。",
        },
        {
            "words": "已派单",
            "state": "done",
            "at": now - timedelta(hours=4),
            "who": "簇桥街道综合行政执法和应急管理办公室市容管理三中队",
        },
        {
            "words": "处置中",
            "state": "current",
            "at": now - timedelta(hours=1),
            "who": "城管 王师傅",
            "note": "延期已批准到今天 18:00",
        },
        {"words": "待核查", "state": "next"},
        {"words": "已办结", "state": "next"},
    ]


def sample() -> dict[str, Any]:
    """Everything the page shows."""
    now = timezone.now()
    wrong = SampleForm({"phone": "028-8512 3456", "code": "12", "words": "摊位占了半条过道"})
    wrong.is_valid()
    wrong.add_error("phone", "这是座机号码，收不到验证码。请填 11 位手机号，例如 138 0013 8000。")
    before = {"url": static("img/look/before.svg"), "alt": "处理前：纸箱占了过道"}
    after = {"url": static("img/look/after.svg"), "alt": "处理后：过道已清空"}
    return {
        "form": SampleForm(),
        "wrong": wrong,
        "moves": _moves(),
        "stopped": [
            {"words": "待受理", "at": now, "who": "您"},
            {
                "words": "不予受理",
                "state": "stop",
                "at": now,
                "who": "市场管理处",
                "why": "照片里看不清是哪个摊位。您可以补充一张远景，或在 7 天内申诉。",
            },
        ],
        "before": before,
        "after": after,
        "failed": {"state": "failed"},
        "waiting": {"state": "pending"},
        "qr": _qr(),
        "until": now + timedelta(days=30),
        "due": now + timedelta(minutes=70),
        "since": now - timedelta(minutes=30),
        "soon": now + timedelta(minutes=5),
        "long_ago": now - timedelta(hours=3),
        "page": Paginator(range(60), 20).page(2),
        "market": SimpleNamespace(name="武侯区簇桥农贸市场"),
        "idle_url": "?kiosk",
        "rewards": [
            {"name": "大米 500 克", "points": 100, "picture": "rice", "left": "还有 42 份"},
            {"name": "食用油 500 毫升", "points": 200, "picture": "oil", "short": 60},
            {"name": "50 元菜券", "points": 500, "picture": "ticket", "left": "还有 8 张"},
            {
                "name": "社区卫生服务中心六十五岁以上老年人免费体检套餐（含抽血、心电图）",
                "points": 1000,
                "picture": "gift",
                "out": True,
            },
        ],
    }


def styleguide(request: HttpRequest) -> HttpResponse:
    """`?kiosk` shows the same parts at the tablet's scale."""
    if not (settings.DEBUG or settings.TESTING):
        raise Http404
    name = "pages/styleguide_kiosk.html" if "kiosk" in request.GET else "pages/styleguide.html"
    return render(request, name, sample())
