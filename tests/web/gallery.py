"""The gallery: every component with invented content. To look at it: flask --app tests.web.gallery run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from flask import Flask, Response, flash, render_template, request
from flask_babel import Babel, get_locale
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    DecimalField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, NumberRange

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
CSP = "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'"
ERRORS = (400, 403, 404, 409, 413, 422, 429, 500)


def make_choices(**labels: str) -> list[SelectChoice]:
    """Return choices from value=label."""
    return [SelectChoice(value, label) for value, label in labels.items()]


class SampleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """One field of every kind."""

    title = StringField(
        "项目名称",
        validators=[DataRequired("请填写项目名称。")],
        description="例如：锦江区滨河步道工程水土保持方案编制",
    )
    matter = SelectField(
        "中介服务事项", choices=make_choices(ZJ012="ZJ012 水土保持方案编制", ZJ031="ZJ031 环境影响评价文件编制")
    )
    budget = DecimalField("最高限价", validators=[NumberRange(min=1, message="最高限价应大于 0 元，例如 128000。")])
    days = IntegerField("服务期限", validators=[DataRequired("请填写服务期限。")])
    enrol_until = DateTimeLocalField("报名截止时间", format="%Y-%m-%dT%H:%M")
    mode = RadioField(
        "选取方式",
        choices=make_choices(direct="直接选取", random="随机抽取", bidding="竞价选取", merit="择优选取"),
        default="random",
        validators=[DataRequired()],
    )
    fund = RadioField(
        "资金来源",
        choices=make_choices(fiscal="财政资金", social="社会资金"),
        default="fiscal",
        validators=[DataRequired()],
    )
    needs = TextAreaField("服务要求")
    scan = FileField("采购文件", description="PDF 或 OFD，不超过 20 MB。")
    public = BooleanField("同意公开联系人的办公电话")
    confirm = BooleanField("我已核对，确认发布", validators=[DataRequired("请勾选，确认您已核对。")])


def make_gallery_app(*, signed_in: bool = True, locale: str = "zh_CN", translations: str = "translations") -> Flask:
    """Return an app that serves /gallery, /gallery/form and /error/<code> under the site's content security policy."""
    app = Flask("gallery", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(
        SECRET_KEY="gallery", BABEL_DEFAULT_TIMEZONE="Asia/Shanghai", BABEL_TRANSLATION_DIRECTORIES=translations
    )
    Babel(app, locale_selector=lambda: request.args.get("lang", locale))
    CSRFProtect(app)

    @app.context_processor
    def frame() -> dict[str, object]:
        user = SimpleNamespace(is_authenticated=signed_in, name="李文静", organisation_name="锦江区水务局")
        work = (
            ("工作台", "/home", 6),
            ("我的项目", "/gallery", 3),
            ("合同与验收", "/owner/contracts", 2),
            ("评价", "/owner/ratings", 1),
        )
        other = "en" if str(get_locale()).startswith("zh") else "zh_CN"
        return {
            "site": SimpleNamespace(name="中介服务网上超市", version="0.1.0", demo=True, now=NOW),
            "current_user": user,
            "current_locale": get_locale(),
            "navigation": [
                {"label": label, "url": url, "active": url == "/gallery", "count": count} for label, url, count in work
            ]
            if signed_in
            else [],
            "languages": [
                {"code": "zh_CN", "label": "中文", "url": "?lang=zh_CN", "active": other == "en"},
                {"code": "en", "label": "English", "url": "?lang=en", "active": other != "en"},
            ],
        }

    @app.after_request
    def policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        return response

    @app.route("/gallery")
    def gallery() -> str:
        flash("项目已发布，报名到 11 月 27 日 18:00 为止；有机构报名时会通知您。", "success")
        return render_template(
            "gallery.html", now=NOW, hours=lambda n: NOW + timedelta(hours=n), page_url="?page={}".format
        )

    @app.route("/gallery/form", methods=["GET", "POST"])
    def form() -> tuple[str, int]:
        sample = SampleForm()
        wrong = request.method == "POST" and not sample.validate()
        return render_template("gallery_form.html", form=sample), 422 if wrong else 200

    @app.route("/error/<int:code>")
    def error(code: int) -> tuple[str, int]:
        return render_template(f"errors/{code}.html", request_id="7f3a9c"), code

    return app


app = make_gallery_app()
