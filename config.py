"""Settings, each from the environment or from the DATA folder; secrets come only from there."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def data_folder() -> Path:
    """The folder of databases, keys and files: DATA, else var/ beside this file."""
    return Path(os.environ.get("DATA") or ROOT / "var").resolve()


def secret(data: Path, name: str) -> str:
    """A secret of this installation, made once and kept in DATA/secrets (mode 0600)."""
    folder = data / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(os.urandom(32).hex() + "\n")
    return path.read_text(encoding="ascii").strip()


def identity_providers(data: Path) -> list[dict[str, str]]:
    """The unified identity platforms (docs/identity.md): one by environment variables; none without IDENTITY_ISSUER."""
    issuer = os.environ.get("IDENTITY_ISSUER", "")
    if not issuer:
        return []
    kept = data / "secrets" / "identity-client-secret"
    named = ("organisation", "uscc", "legal_representative", "person", "assurance")
    return [
        {
            "name": os.environ.get("IDENTITY_NAME", "national"),
            "label": os.environ.get("IDENTITY_LABEL", ""),
            "issuer": issuer,
            "client_id": os.environ.get("IDENTITY_CLIENT_ID", ""),
            "client_secret": os.environ.get("IDENTITY_CLIENT_SECRET")
            or (kept.read_text(encoding="ascii").strip() if kept.exists() else ""),
            "scope": os.environ.get("IDENTITY_SCOPE", ""),
            "assured": os.environ.get("IDENTITY_ASSURED", ""),
        }
        | {f"claim_{name}": os.environ.get(f"IDENTITY_CLAIM_{name.upper()}", "") for name in named}
    ]


def stand_in_identity(url: str, data: Path) -> list[dict[str, str]]:
    """The demonstration's stand-in for the platform, beside the registries at `url`; none where nobody is known to it."""
    if not url or not (data / "registries" / "people.json").exists():
        return []
    label = "统一身份认证平台（演示替身）"
    return [{"name": "national", "label": label, "issuer": f"{url}/identity", "client_id": "supermarket"}]


@dataclass(frozen=True)
class Settings:
    """What `create_app` needs; `overrides` of the tests replace single keys."""

    data: Path
    database_url: str
    redis_url: str
    owner_url: str

    def mapping(self) -> dict[str, object]:
        """The Flask configuration."""
        demo = _flag("DEMO", True)
        return {
            "DATA": str(self.data),
            "DEMO": demo,
            "SECRET_KEY": os.environ.get("SECRET_KEY") or secret(self.data, "secret-key"),
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "MIGRATION_DATABASE_URI": self.owner_url,
            # An error of the database names its statement, not what a person typed.
            "SQLALCHEMY_ENGINE_OPTIONS": {
                "pool_size": 4,
                "max_overflow": 4,
                "pool_pre_ping": True,
                "hide_parameters": True,
            },
            "REDIS_URL": self.redis_url,
            "RATELIMIT_STORAGE_URI": self.redis_url,
            "RATELIMIT_HEADERS_ENABLED": True,
            "RATELIMIT_ENABLED": True,
            "RATELIMIT_DEFAULT": os.environ.get("RATELIMIT_DEFAULT", "1200 per minute"),
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": _flag("COOKIE_SECURE", not demo),
            "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
            "WTF_CSRF_TIME_LIMIT": None,
            "MAX_CONTENT_LENGTH": 32 * 1024 * 1024,
            "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
            "BABEL_DEFAULT_LOCALE": "zh_CN",
            "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
            "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "supermarket" / "translations"),
            # A JSON file or the JSON itself, the lead first (docs/witness.md); or one witness by the three below.
            "WITNESSES": os.environ.get("WITNESSES", ""),
            "WITNESS_URL": os.environ.get("WITNESS_URL", ""),
            "WITNESS_KEY": os.environ.get("WITNESS_KEY", ""),
            "WITNESS_TOKEN": os.environ.get("WITNESS_TOKEN", ""),
            "BEACON_URLS": os.environ.get("BEACON_URLS", ""),
            # Where browsers find the live process: "/" and a path, ":PORT" of the same host, another origin, or nothing.
            "LIVE_ADDRESS": os.environ.get("LIVE_ADDRESS", ""),
            "SEARCH_ENGINE": os.environ.get("SEARCH_ENGINE", "whoosh"),
            "SITE_NAME_EN": os.environ.get("SITE_NAME_EN", "Supermarket"),
            "SITE_NAME": os.environ.get("SITE_NAME", "中介服务网上超市"),
            "SITE_URL": os.environ.get("SITE_URL", "http://127.0.0.1:8000"),
            "HOME_REGION": os.environ.get("HOME_REGION", "510000"),
            "MAIL_URL": os.environ.get("MAIL_URL", ""),
            # A JSON file or the JSON itself (docs/registries.md); the address is that of the demonstration's stand-in.
            "REGISTRIES": os.environ.get("REGISTRIES", ""),
            "REGISTRIES_URL": os.environ.get("REGISTRIES_URL", ""),
            "IDENTITY_PROVIDERS": identity_providers(self.data),
            "STRIPE_SECRET_KEY": os.environ.get("STRIPE_SECRET_KEY", ""),
            "STRIPE_WEBHOOK_SECRET": os.environ.get("STRIPE_WEBHOOK_SECRET", ""),
        }
