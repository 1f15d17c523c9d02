"""A shared store in a bucket: S3 and what speaks as it does, Google Cloud Storage, Azure.

Everything but the bucket's name comes from the variables of the environment that its other tools
read, too. Without credentials there nothing is asked: the client would ask the address by which
clouds tell their own machines who they are, and wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...core.errors import ConfigError
from ...core.loopback import is_loopback
from ...core.small_files import MIB
from . import names
from .store import Refused, Unreachable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_MOST_BYTES = 64 * MIB
#: To connect, and for all of an answer.
_CLIENT = {"connect_timeout": "2s", "timeout": "10s"}
_RETRY: Any = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=4),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=1),
        "base": 2,
    },
}
#: Variables of which all of one line must be set, by scheme.
_CREDENTIALS = {
    "s3": (
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
        ("AWS_SKIP_SIGNATURE",),
    ),
    "gs": (
        ("GOOGLE_APPLICATION_CREDENTIALS",),
        ("GOOGLE_SERVICE_ACCOUNT",),
        ("GOOGLE_SERVICE_ACCOUNT_PATH",),
        ("GOOGLE_SERVICE_ACCOUNT_KEY",),
        ("GOOGLE_SKIP_SIGNATURE",),
    ),
    "az": (
        ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"),
        ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_SAS_TOKEN"),
        (
            "AZURE_STORAGE_ACCOUNT_NAME",
            "AZURE_CLIENT_ID",
            "AZURE_CLIENT_SECRET",
            "AZURE_TENANT_ID",
        ),
        (
            "AZURE_STORAGE_ACCOUNT_NAME",
            "AZURE_CLIENT_ID",
            "AZURE_FEDERATED_TOKEN_FILE",
            "AZURE_TENANT_ID",
        ),
        ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_SKIP_SIGNATURE"),
    ),
}
#: Where another server than the cloud's own is named, for tests and for servers of one's own.
_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": (),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
SCHEMES = tuple(_CREDENTIALS)


class BucketStore:
    """A Store in a bucket, below a prefix; usable by several threads."""

    is_writable = True

    def __init__(self, url: str, client: ObjectStore) -> None:
        """Take an opened client of obstore; `url` is what a person wrote."""
        self.url = url
        self._client = client

    def get(self, name: str) -> bytes | None:
        import obstore

        try:
            found = obstore.get(self._client, names.checked(name))
            if found.meta["size"] > _MOST_BYTES:
                raise Unreachable(f"{self.url}: {name} is absurdly large")
            return bytes(found.bytes())
        except FileNotFoundError:
            return None
        except obstore.exceptions.BaseError as exc:
            raise self._error(exc) from exc

    def create(self, name: str, content: bytes) -> bool:
        import obstore

        try:
            # In one request: only then the server decides between two that create the same.
            obstore.put(
                self._client, names.checked(name), content, mode="create", use_multipart=False
            )
        except obstore.exceptions.AlreadyExistsError:
            return False
        except (FileNotFoundError, obstore.exceptions.BaseError) as exc:
            raise self._error(exc) from exc
        return True

    def names(self, prefix: str) -> list[str]:
        return sorted(self.times(prefix))

    def times(self, prefix: str) -> dict[str, float]:
        import obstore

        # Its own prefixes end with a whole part of a name, and ours may be the begin of one.
        inside = prefix.rpartition("/")[0]
        try:
            found = {
                one["path"]: one["last_modified"].timestamp()
                for page in obstore.list(self._client, prefix=inside or None)
                for one in page
            }
        except (FileNotFoundError, obstore.exceptions.BaseError) as exc:
            raise self._error(exc) from exc
        return {name: at for name, at in found.items() if name.startswith(prefix)}

    def delete(self, name: str) -> None:
        import obstore

        try:
            obstore.delete(self._client, names.checked(name))
        except FileNotFoundError:
            return
        except obstore.exceptions.BaseError as exc:
            raise self._error(exc) from exc

    def _error(self, exc: Exception) -> Unreachable:
        from obstore import exceptions

        text = _first_line(exc)
        denied = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)
        if isinstance(exc, denied):
            return Refused(f"{self.url}: the credentials of the environment are refused: {text}")
        if isinstance(exc, FileNotFoundError):
            return Refused(f"{self.url}: there is no such bucket: {text}")
        return Unreachable(f"{self.url}: {text}")


def open(url: str, environment: Mapping[str, str]) -> BucketStore:
    """Return the store that `s3://bucket/prefix`, `gs://…` or `az://…` names; asks nothing yet.

    Raises ConfigError where a package or credentials are missing.
    """
    scheme = urlsplit(url).scheme
    _check_credentials(url, scheme, environment)
    try:
        from obstore import exceptions, store
    except ImportError as exc:
        raise ConfigError(
            f"{url}: a bucket needs one more package: `pip install 'pixelpipe[studio]'`"
        ) from exc
    config: dict[str, Any] = {}
    client: Any = dict(_CLIENT)
    if endpoint := _endpoint(url, scheme, environment):
        config["endpoint"] = endpoint
        client["allow_http"] = urlsplit(endpoint).scheme == "http"
    if scheme == "s3":
        region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
        config["region"] = region or "us-east-1"
    try:
        opened = store.from_url(url, client_options=client, retry_config=_RETRY, **config)
    except (ValueError, exceptions.BaseError) as exc:
        raise ConfigError(f"{url}: {_first_line(exc)}") from exc
    return BucketStore(url, opened)


def _check_credentials(url: str, scheme: str, environment: Mapping[str, str]) -> None:
    ways = _CREDENTIALS[scheme]
    if any(all(environment.get(name) for name in way) for way in ways):
        return
    if scheme == "gs" and _has_gcloud_login(environment):
        return
    raise ConfigError(
        f"{url}: there are no credentials for it in the environment: set {' and '.join(ways[0])}"
    )


def _has_gcloud_login(environment: Mapping[str, str]) -> bool:
    home = environment.get("HOME") or environment.get("APPDATA") or ""
    inner = ".config/gcloud" if environment.get("HOME") else "gcloud"
    return bool(home) and (Path(home) / inner / "application_default_credentials.json").is_file()


def _endpoint(url: str, scheme: str, environment: Mapping[str, str]) -> str:
    """Return the server that the environment names in place of the cloud's; "" for that one."""
    for name in _ENDPOINTS[scheme]:
        if endpoint := environment.get(name, ""):
            parts = urlsplit(endpoint)
            is_safe = parts.scheme == "https" or is_loopback(parts.hostname or "")
            if parts.scheme not in ("http", "https") or not is_safe:
                raise ConfigError(
                    f"{name}: must begin with https://, since credentials are sent there "
                    "(http:// is for this machine only)",
                    path=url,
                )
            return endpoint
    return ""


def _first_line(exc: Exception) -> str:
    """Return what went wrong, without the client's traces."""
    text = str(exc).partition("\n")[0].strip()
    return text[:300] or type(exc).__name__
