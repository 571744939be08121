"""One Chromium and one site per test process."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.site import Site, running_site

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium() -> str:
    """The Chromium that `make test` names (CHROMIUM), or the machine's."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "no Chromium here: `make test` finds or fetches one; or name yours in CHROMIUM"
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without windows."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium(),
            chromium_sandbox=hasattr(os, "geteuid") and os.geteuid() != 0 and not os.environ.get("CI"),
            args=["--disable-gpu", "--font-render-hinting=none"],
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site, filled once."""
    with running_site(worker_id, tmp_path_factory.mktemp("site")) as made:
        yield made
