"""What the environment says of a bucket's server and of who we are: all of it, or nothing is asked.

Everything is handed to the client in so many words. Left to itself it would look for what is
missing at the address by which clouds tell their own machines who they are: never ours to ask.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ...core.errors import ConfigError
from ...core.loopback import is_loopback

Configuration = dict[str, str | bool]

#: Variables to the client's names for them, by scheme: ways to say who we are, all of one way.
_WAYS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "s3": (
        {"AWS_ACCESS_KEY_ID": "access_key_id", "AWS_SECRET_ACCESS_KEY": "secret_access_key"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "web_identity_token_file", "AWS_ROLE_ARN": "role_arn"},
        {"AWS_SKIP_SIGNATURE": "skip_signature"},
    ),
    "gs": (
        {"GOOGLE_APPLICATION_CREDENTIALS": "application_credentials"},
        {"GOOGLE_SERVICE_ACCOUNT": "service_account"},
        {"GOOGLE_SERVICE_ACCOUNT_PATH": "service_account"},
        {"GOOGLE_SERVICE_ACCOUNT_KEY": "service_account_key"},
        {"GOOGLE_SKIP_SIGNATURE": "skip_signature"},
    ),
    "az": (
        {
            "AZURE_STORAGE_ACCOUNT_NAME": "account_name",
            "AZURE_STORAGE_ACCOUNT_KEY": "account_key",
        },
        {"AZURE_STORAGE_ACCOUNT_NAME": "account_name", "AZURE_STORAGE_SAS_TOKEN": "sas_token"},
        {
            "AZURE_STORAGE_ACCOUNT_NAME": "account_name",
            "AZURE_CLIENT_ID": "client_id",
            "AZURE_CLIENT_SECRET": "client_secret",
            "AZURE_TENANT_ID": "tenant_id",
        },
        {
            "AZURE_STORAGE_ACCOUNT_NAME": "account_name",
            "AZURE_CLIENT_ID": "client_id",
            "AZURE_FEDERATED_TOKEN_FILE": "federated_token_file",
            "AZURE_TENANT_ID": "tenant_id",
        },
        {"AZURE_STORAGE_ACCOUNT_NAME": "account_name", "AZURE_SKIP_SIGNATURE": "skip_signature"},
    ),
}
#: What may be said besides.
_MORE: Mapping[str, Mapping[str, str]] = {
    "s3": {
        "AWS_SESSION_TOKEN": "session_token",
        "AWS_ROLE_SESSION_NAME": "role_session_name",
        "AWS_SERVER_SIDE_ENCRYPTION": "server_side_encryption",
    },
    "gs": {},
    "az": {},
}
#: Where another server than the cloud's own is named.
_ENDPOINTS: Mapping[str, tuple[str, ...]] = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": (),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
#: In place of the address that tells clouds' machines who they are: nobody answers there.
_CLOSED: Mapping[str, Configuration] = {
    "s3": {"metadata_endpoint": "http://127.0.0.1:9"},
    "gs": {},
    "az": {"msi_endpoint": "http://127.0.0.1:9"},
}
#: What is a path or a text of several lines; all else is part of a request's address or headers.
_FREE = (
    "application_credentials",
    "service_account",
    "service_account_key",
    "web_identity_token_file",
    "federated_token_file",
)
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_SKIP = "skip_signature"
_YES = ("1", "true", "yes", "on")


def find(url: str, environment: Mapping[str, str]) -> Configuration:
    """Return what the client of a bucket is told. Raises ConfigError where something is missing."""
    scheme = urlsplit(url).scheme
    found = _who(url, scheme, environment) | _CLOSED[scheme]
    if endpoint := _endpoint(url, scheme, environment):
        found["endpoint"] = endpoint
    if scheme == "s3":
        name = "AWS_REGION" if environment.get("AWS_REGION") else "AWS_DEFAULT_REGION"
        found["region"] = _plain(url, name, environment.get(name) or "us-east-1")
    return found


def _who(url: str, scheme: str, environment: Mapping[str, str]) -> Configuration:
    for way in _WAYS[scheme]:
        stated = {key: environment.get(name, "") for name, key in way.items()}
        if _SKIP in stated and stated[_SKIP].lower() not in _YES:
            continue
        if all(stated.values()):
            _check(url, {**way, **_MORE[scheme]}, environment)
            more = {key: environment.get(name, "") for name, key in _MORE[scheme].items()}
            found: Configuration = {**stated, **{key: text for key, text in more.items() if text}}
            return found | ({_SKIP: True} if _SKIP in stated else {})
    login = _gcloud_login(environment) if scheme == "gs" else None
    if login is not None:
        return {"application_credentials": str(login)}
    names = " and ".join(_WAYS[scheme][0])
    raise ConfigError(
        f"{url}: there are no credentials for it in the environment: set {names}; nothing was asked"
    )


def _check(url: str, variables: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Raise ConfigError for what no header can hold, such as the line end behind a pasted key."""
    for name, key in variables.items():
        if key not in _FREE and (text := environment.get(name)):
            _plain(url, name, text)


def _plain(url: str, name: str, text: str) -> str:
    if _PLAIN.fullmatch(text) is None:
        raise ConfigError(
            f"{name}: has a line end, a blank at an end, or a character that is none of ASCII: "
            "set it again, whole and alone",
            path=url,
        )
    return text


def _gcloud_login(environment: Mapping[str, str]) -> Path | None:
    """Return the file in which `gcloud auth application-default login` keeps who a person is."""
    home = environment.get("HOME")
    folder = Path(home, ".config") if home else Path(environment.get("APPDATA") or "/nowhere")
    place = folder / "gcloud" / "application_default_credentials.json"
    return place if place.is_file() else None


def _endpoint(url: str, scheme: str, environment: Mapping[str, str]) -> str:
    """Return the server that the environment names in place of the cloud's; "" for that one."""
    name = next((one for one in _ENDPOINTS[scheme] if environment.get(one)), None)
    if name is None:
        return ""
    endpoint = environment[name]
    try:
        parts = urlsplit(_plain(url, name, endpoint))
        host, _ = parts.hostname or "", parts.port
    except ValueError as exc:
        raise ConfigError(f"{name}: is not a URL", path=url) from exc
    is_safe = parts.scheme == "https" or is_loopback(host)
    if parts.scheme not in ("http", "https") or not is_safe:
        raise ConfigError(
            f"{name}: must begin with https://, since credentials are sent there "
            "(http:// is for this machine only)",
            path=url,
        )
    return endpoint
