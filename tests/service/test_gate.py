"""Access to the service: settings, token, origins."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import live_service
import pytest
from live_service import problem

from handtint.errors import OptionError, WeightsError
from handtint.service.app import create
from handtint.service.settings import Settings

TOKEN = "correct horse battery staple"


def send(settings: Settings, method: str, path: str, **options: Any) -> httpx.Response:
    """The response of an application whose workers are not started."""

    async def respond() -> httpx.Response:
        app = create(settings, live_service.pool_of(settings))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return await client.request(method, path, **options)

    return asyncio.run(respond())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_public_addresses_need_a_token(host: str) -> None:
    with pytest.raises(OptionError, match="HANDTINT_TOKEN"):
        Settings(host=host)
    with pytest.raises(OptionError, match="at least 16"):
        Settings(host=host, token="short")
    assert TOKEN not in repr(Settings(host=host, token=TOKEN))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_local_addresses_need_no_token(host: str) -> None:
    assert Settings(host=host).token == ""


@pytest.mark.parametrize(
    "options",
    [{"port": 70000}, {"seconds": 0}, {"megabytes": -1}, {"formats": ("svg",)}, {"origins": ("*",)}, {"frames": 0}],
    ids=str,
)
def test_invalid_settings_are_errors(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        Settings(**options)


@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/openapi.json", "/nowhere", "/healthz/", "//healthz"])
@pytest.mark.parametrize(
    "authorization", [None, "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer \u00e9", TOKEN]
)
def test_without_the_token_requests_are_rejected(path: str, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    response = send(Settings(token=TOKEN), "GET", path, headers=headers)
    problem(response, 401, "token")
    assert response.headers["www-authenticate"] == "Bearer"


def test_with_the_token_requests_are_accepted() -> None:
    settings, headers = Settings(host="0.0.0.0", token=TOKEN), {"Authorization": f"bearer {TOKEN}"}
    assert send(settings, "GET", "/v1/models", headers=headers).status_code == 200
    assert send(settings, "GET", "/healthz").json() == {"status": "alive"}
    assert problem(send(settings, "GET", "/readyz"), 503, "unavailable") == "the workers are starting"
    document = send(settings, "GET", "/openapi.json", headers=headers).json()
    assert document["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert document["paths"]["/v1/tint"]["post"]["security"] == [{"token": []}]
    assert "security" not in document["paths"]["/healthz"]["get"]


def test_only_allowed_origins_are_accepted() -> None:
    settings = Settings(origins=("https://example.org",), token=TOKEN)
    preflight = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    allowed = send(
        settings, "OPTIONS", "/v1/tint", headers={**preflight, "Access-Control-Request-Headers": "authorization"}
    )
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://example.org"
    rejected = send(settings, "GET", "/v1/models", headers={"Origin": "https://example.org"})
    problem(rejected, 401, "token")
    assert rejected.headers["access-control-allow-origin"] == "https://example.org"
    other = send(settings, "GET", "/v1/models", headers={"Origin": "https://example.com"})
    problem(other, 403, "origin")
    assert "access-control-allow-origin" not in other.headers


def test_errors_of_weights_contain_no_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    async def damaged(*_: object) -> None:
        raise WeightsError("/a/path: damaged")

    monkeypatch.setattr("handtint.service.app.form.read", damaged)
    assert "path" not in problem(send(Settings(), "POST", "/v1/tint"), 503, "unavailable")
