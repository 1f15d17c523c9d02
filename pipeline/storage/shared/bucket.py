"""A shared store in a bucket: S3 and what speaks as it does, Google Cloud Storage, Azure.

Everything but the bucket's name comes from the variables of the environment that its other tools
read, too (`credentials`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...core.errors import ConfigError
from ...core.small_files import MIB
from . import credentials, names
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
        return {
            name: at
            for name, at in found.items()
            if name.startswith(prefix) and names.is_name(name)
        }

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
    config: Any = credentials.find(url, environment)
    try:
        from obstore import exceptions, store
    except ImportError as exc:
        raise ConfigError(
            f"{url}: a bucket needs one more package: `pip install 'pixelpipe[studio]'`"
        ) from exc
    is_plain = str(config.get("endpoint", "")).startswith("http://")  # of this machine
    client: Any = {**_CLIENT, "allow_http": is_plain}
    try:
        opened = store.from_url(url, client_options=client, retry_config=_RETRY, **config)
    except (ValueError, exceptions.BaseError) as exc:
        raise ConfigError(f"{url}: {_first_line(exc)}") from exc
    return BucketStore(url, opened)


def _first_line(exc: Exception) -> str:
    """Return what went wrong, without the client's traces."""
    text = str(exc).partition("\n")[0].strip()
    return text[:300] or type(exc).__name__
