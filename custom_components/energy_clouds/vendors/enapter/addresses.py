"""What a person may type as the address, and where the API is then.

Sources: Enapter HTTP API, "API Base URL" and "Gateway". The cloud's paths begin with `/v3`, a gateway's with `/api/v3`.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from yarl import URL

from ..http import service_address

CLOUD: Final = "https://api.enapter.com"
_DOMAIN: Final = "enapter.com"
_API_HOST: Final = f"api.{_DOMAIN}"
_GATEWAY_PART: Final = "api"
_VERSION_PART: Final = "v3"
_LOCAL: Final = (".local", ".localhost", ".localdomain", ".lan", ".home", ".internal", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the API is: at one of `bases`, which is to be found out where there are several."""

    bases: tuple[URL, ...]
    is_gateway: bool

    @property
    def is_open(self) -> bool:
        """Whether what was typed leaves open where the API is."""
        return len(self.bases) > 1


def place_of(text: str) -> Place:
    """The place that an address is of, in whatever spelling. Raises `InvalidAddress`.

    A host of Enapter's is the cloud, and always HTTPS. Elsewhere the path tells: what leads up to `/api` is a
    gateway's, what leads up to `/v3` alone is laid out like the cloud, and an address that says neither is a gateway's,
    since there is only one cloud. A gateway without a scheme is looked for over HTTPS first, then over HTTP; but only
    over HTTPS where the way to it may lead through the internet.
    """
    address = service_address(text or CLOUD)
    host = (address.host or "").lower().rstrip(".")
    if host == _DOMAIN or host.endswith(f".{_DOMAIN}"):
        # The pages of the cloud and of its documents are not the API.
        host = host if host.startswith("api") else _API_HOST
        return Place((URL.build(scheme="https", host=host),), is_gateway=False)
    parts = [part for part in address.raw_path.split("/") if part]
    known = next((part for part in parts if part in (_GATEWAY_PART, _VERSION_PART)), None)
    before = parts[: parts.index(known)] if known is not None else []
    is_gateway = known != _VERSION_PART
    base = address.with_path("/".join(["", *before, *([_GATEWAY_PART] if is_gateway else [])]), encoded=True)
    if is_gateway and "://" not in text and _is_local(host):
        return Place((base, base.with_scheme("http")), is_gateway=True)
    return Place((base,), is_gateway=is_gateway)


def _is_local(host: str) -> bool:
    """Whether a host, by its name, is in the network of whoever says so."""
    try:
        return not ip_address(host.partition("%")[0]).is_global
    except ValueError:
        return "." not in host or host.endswith(_LOCAL)
