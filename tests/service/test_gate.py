"""Who may send requests at all: settings, token, origins."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import studio
from studio import problem

from handtint.errors import OptionError, WeightsError
from handtint.service.app import create
from handtint.service.settings import Settings

TOKEN = "correct horse battery staple"


def ask(settings: Settings, method: str, path: str, **words: Any) -> httpx.Response:
    """Ask an application whose workers have not begun."""

    async def asked() -> httpx.Response:
        app = create(settings, studio.pool_of(settings))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return await client.request(method, path, **words)

    return asyncio.run(asked())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_other_addresses_need_a_token(host: str) -> None:
    with pytest.raises(OptionError, match="HANDTINT_TOKEN"):
        Settings(host=host)
    with pytest.raises(OptionError, match="at least 16"):
        Settings(host=host, token="short")
    assert TOKEN not in repr(Settings(host=host, token=TOKEN))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machines_own_do_not(host: str) -> None:
    assert Settings(host=host).token == ""


@pytest.mark.parametrize(
    "words",
    [{"port": 70000}, {"seconds": 0}, {"megabytes": -1}, {"formats": ("svg",)}, {"origins": ("*",)}, {"frames": 0}],
    ids=str,
)
def test_settings_that_cannot_be_used(words: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        Settings(**words)


@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/openapi.json", "/nowhere", "/healthz/", "//healthz"])
@pytest.mark.parametrize("said", [None, "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer \u00e9", TOKEN])
def test_without_the_token_nothing_is_said(path: str, said: str | None) -> None:
    head = {} if said is None else {"Authorization": said.encode("latin-1")}
    answer = ask(Settings(token=TOKEN), "GET", path, headers=head)
    problem(answer, 401, "token")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_with_the_token_all_is() -> None:
    settings, head = Settings(host="0.0.0.0", token=TOKEN), {"Authorization": f"bearer {TOKEN}"}
    assert ask(settings, "GET", "/v1/models", headers=head).status_code == 200
    assert ask(settings, "GET", "/healthz").json() == {"status": "alive"}
    assert problem(ask(settings, "GET", "/readyz"), 503, "unavailable") == "the workers are starting"
    said = ask(settings, "GET", "/openapi.json", headers=head).json()
    assert said["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert said["paths"]["/v1/tint"]["post"]["security"] == [{"token": []}]
    assert "security" not in said["paths"]["/healthz"]["get"]


def test_only_named_origins_are_answered() -> None:
    settings = Settings(origins=("https://example.org",), token=TOKEN)
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    allowed = ask(settings, "OPTIONS", "/v1/tint", headers={**asked, "Access-Control-Request-Headers": "authorization"})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://example.org"
    refused = ask(settings, "GET", "/v1/models", headers={"Origin": "https://example.org"})
    problem(refused, 401, "token")
    assert refused.headers["access-control-allow-origin"] == "https://example.org"
    other = ask(settings, "GET", "/v1/models", headers={"Origin": "https://example.com"})
    problem(other, 403, "origin")
    assert "access-control-allow-origin" not in other.headers


def test_damaged_weights_name_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    async def damaged(*_: object) -> None:
        raise WeightsError("/a/path: damaged")

    monkeypatch.setattr("handtint.service.app.form.read", damaged)
    assert "path" not in problem(ask(Settings(), "POST", "/v1/tint"), 503, "unavailable")
