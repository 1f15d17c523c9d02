"""What a checkout may not decide: where the key goes, which key counts, and what may be spent.

A repository that somebody clones can name a server, bring a key and state a budget. None of that
counts without the user's own word: the environment, a flag, or what was trusted (see `trust`).
Under `CI=true` only environment and flags are a word: nobody sits there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ..core.errors import UsageError
from ..core.loopback import is_loopback
from ..storage import trust
from . import dotenv, project_settings
from .project_settings import ServiceChoice, Settings, Shared

_VENDOR = urlsplit(project_settings.PIXEL_ENGINE_URL).hostname


def is_ci(environment: Mapping[str, str]) -> bool:
    """Tell whether a machine runs this, and no person who could have said anything before."""
    return environment.get("CI", "").lower() in ("1", "true", "yes")


def key(root: Path, state: Path, environment: Mapping[str, str]) -> tuple[str | None, str]:
    """Find the API key in the environment or the project's `.env`, if that file counts.

    Returns the key, which is never kept in a record, and why a key in `.env` does not count, or
    is not read.
    """
    if (found := project_settings.api_key(environment, None)) is not None:
        return found, ""
    beside = dotenv.look(root)
    written = project_settings.api_key({}, beside.text)
    if written is None:
        return None, beside.trouble
    refusal = _refusal(root, state, environment)
    return (None if refusal else written), refusal


def service(
    settings: Settings, root: Path, state: Path, environment: Mapping[str, str]
) -> tuple[ServiceChoice, str]:
    """Return the service that is meant, with why it may not be contacted, if it may not.

    Also returns why the key in `.env` does not count, if it does not.
    """
    found, key_refusal = key(root, state, environment)
    choice = project_settings.service(settings, found is not None)
    trusted = trust.of(state, root)
    refusal = _host_refusal(settings, choice, trusted, state, environment)
    plain_by = ""
    if not refusal:
        plain_by, refusal = _plain(settings, choice, trusted, environment)
    return msgspec.structs.replace(choice, refusal=refusal, plain_by=plain_by), key_refusal


def shared(settings: Settings, root: Path, state: Path, environment: Mapping[str, str]) -> Shared:
    """Return the shared store that is meant, with why it may not be asked, if it may not."""
    chosen = settings.shared
    if not chosen.url or not settings.is_from_file("shared.url"):
        return chosen
    named = trust.store_name(chosen.url, root)
    if "://" not in chosen.url and _is_open_folder(Path(named), root.resolve()):
        return chosen
    is_machine = is_ci(environment)
    if not is_machine and named in trust.of(state, root).stores:
        return chosen
    ways = f"set PIXELPIPE_SHARED={chosen.url}"
    if not is_machine:
        ways = f"`pixelpipe trust --store {chosen.url}` allows it for this project, or {ways}"
    return msgspec.structs.replace(
        chosen,
        refusal=(
            f"{settings.origin('shared.url')}: names the shared store {chosen.url}, and you have "
            f"not said that it may be asked: nothing was contacted. If it is yours, {ways}; "
            "`--unshared` does without it"
        ),
    )


def _is_open_folder(folder: Path, root: Path) -> bool:
    """Tell whether a folder lies in the project, and not in one such as `.git`."""
    if not folder.is_relative_to(root):
        return False
    return not any(part.startswith(".") for part in folder.relative_to(root).parts)


def trusted_budget(state: Path, root: Path, environment: Mapping[str, str]) -> int | None:
    """Return the credits that a run may spend here without asking, if the user has said so."""
    return None if is_ci(environment) else trust.of(state, root).budget


def _host_refusal(
    settings: Settings,
    choice: ServiceChoice,
    trusted: trust.Trust,
    state: Path,
    environment: Mapping[str, str],
) -> str:
    """Say why the key may not go to a server; "" when it may."""
    url = choice.base_url
    if url is None or not settings.is_from_file("service") or settings.service != url:
        return ""
    try:
        host, port = trust.address(url)
    except UsageError as exc:
        return f"{settings.origin('service')}: {exc}"
    if urlsplit(url).scheme == "https" and (host, port) == (_VENDOR, 443):
        return ""
    is_machine = is_ci(environment)
    if not is_machine and (trusted.allows(url) or trust.is_served(state, url)):
        return ""
    named = trust.named(url) if urlsplit(url).port else host
    ways = f"set PIXELPIPE_SERVICE={url}"
    if not is_machine:
        ways = f"`pixelpipe trust {named}` allows it for this project, or {ways}"
    return (
        f"{settings.origin('service')}: names the service {named}, and you have not said that your "
        f"key and sprites may go there: nothing was sent. If it is yours, {ways}"
    )


def _plain(
    settings: Settings,
    choice: ServiceChoice,
    trusted: trust.Trust,
    environment: Mapping[str, str],
) -> tuple[str, str]:
    """Return what allows http to a host that is not this machine, or why it is not spoken to."""
    url = choice.base_url
    if url is None or urlsplit(url).scheme != "http":
        return "", ""
    if is_loopback(urlsplit(url).hostname or ""):
        return "", ""
    variable = project_settings.ALLOW_HTTP
    try:
        if trust.is_same(environment.get(variable, "").strip(), url):
            return variable, ""
    except UsageError as exc:
        return "", f"{variable}: {exc}"
    is_machine = is_ci(environment)
    if not is_machine and trusted.allows_http(url):
        return "pixelpipe trust --http", ""
    named = trust.named(url)
    ways = f"set {variable}={named}"
    if not is_machine:
        ways = f"`pixelpipe trust --http {named}` allows it for this project, or {ways}"
    name = "api_base" if choice.identity == project_settings.PIXEL_ENGINE else "service"
    return "", (
        f"{settings.origin(name)}: {url} is not https: your key and sprites could be read on the "
        f"way, so nothing was sent. If that way is yours, such as to a container beside, {ways}"
    )


def _refusal(root: Path, state: Path, environment: Mapping[str, str]) -> str:
    """Say why the key in the project's `.env` does not count; "" when it does."""
    from ..storage import version_control
    from ..storage.version_control import Standing

    standing = version_control.standing(root, ".env")
    if standing is Standing.IGNORED:
        return ""
    if standing is Standing.CARRIED:
        return (
            ".env: its key does not count, since git carries the file: whoever wrote the "
            "repository chose it. `git rm --cached .env` takes it out; a key of yours that was "
            "pushed must be revoked"
        )
    if trust.of(state, root).env and not is_ci(environment):
        return ""
    if standing is Standing.LOOSE:
        return (
            ".env: its key does not count, since git does not ignore the file and may have brought "
            "it. Add the line `.env` to .gitignore, or say `pixelpipe trust --env`"
        )
    return (
        ".env: its key does not count, since nothing here says that the file is yours (it lies in "
        "no git checkout). If it is, say `pixelpipe trust --env`, or set PIXEL_ENGINE_API_KEY"
    )
