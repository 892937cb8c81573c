"""The endpoints that read sites, devices and their latest telemetry (enapter.md B4 to B6)."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from .asking import asked_expansions, asked_page, asked_relevance, asked_telemetry, names
from .errors import answer, forbidden_device, unknown_device, unknown_site
from .inventory import Device, Site
from .latest import Latest
from .manipulations import Manipulations
from .shapes import Shapes
from .switches import EnapterSwitches
from .tokens import Access

type Endpoint = Callable[[web.Request, Access], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Readers:
    """Answers requests for what an account has."""

    account: Manipulations
    switches: EnapterSwitches
    shapes: Shapes
    gateway: bool

    def endpoints(self) -> Mapping[str, Endpoint]:
        """Return the endpoints by path, without the base; a gateway has no users, but one site."""
        switch, site = self.switches.gateway_sites, "/v3/sites/{site}"
        sites = {"/v3/sites": self.list_sites, site: self.get_site}
        one = {"/v3/site": self.get_only_site}
        if self.gateway:
            sites = {**(sites if switch in ("both", "list") else {}), **(one if switch in ("both", "site") else {})}
        else:
            sites["/v3/users/me/sites"] = self.list_sites
        return {
            **sites,
            **{
                f"{base}{path}": endpoint
                for base in ("/v3", site)
                for path, endpoint in {
                    "/devices": self.list_devices,
                    "/devices/{device}": self.get_device,
                    "/devices/{device}/manifest": self.get_manifest,
                }.items()
            },
            f"{site}/devices/{{device}}/telemetry": self.device_telemetry,
            "/v3/telemetry/latest": self.latest,
        }

    async def list_sites(self, request: web.Request, access: Access) -> web.Response:
        """Answer the list of sites."""
        name = request.query.get("name")
        sites = [self.shapes.site(site, access) for site in self._sites() if name is None or name in site.name]
        return self._listed(request, "sites", sites)

    async def get_site(self, request: web.Request, access: Access) -> web.Response:
        """Answer one site."""
        return answer({"site": self.shapes.site(self._site(request), access)})

    async def get_only_site(self, request: web.Request, access: Access) -> web.Response:
        """Answer the site of a gateway."""
        if not (sites := self._sites()):
            raise unknown_site()
        return answer({"site": self.shapes.site(sites[0], access)})

    async def list_devices(self, request: web.Request, access: Access) -> web.Response:
        """Answer the list of devices, of all sites or of one, ordered by id."""
        expand = asked_expansions(request, self.switches)
        page = asked_page(request, self.switches)
        site = self._site(request) if "site" in request.match_info else None
        devices = [device for device in self._devices() if site is None or device.site_id == site.id]
        # Only the page is written: manifests are large.
        written = [self._written(device, access, expand) for device in page.of(devices)]
        return answer({"devices": written, **self._count(devices)})

    async def get_device(self, request: web.Request, access: Access) -> web.Response:
        """Answer one device."""
        expand = asked_expansions(request, self.switches)
        return answer({"device": self._written(self._device(request), access, expand)})

    async def get_manifest(self, request: web.Request, access: Access) -> web.Response:
        """Answer the manifest of one device."""
        return answer({"manifest": self.shapes.manifest(self._device(request), access)})

    async def device_telemetry(self, request: web.Request, access: Access) -> web.Response:
        """Answer the latest telemetry of one device."""
        device = self._device(request)
        if device.id in self.account.forbidden:
            raise forbidden_device(device.id)
        asked = names(request.query.get("attribute.in", "")) or list(device.channels)
        return self._told(self._latest(request).of(device, asked, access) or {})

    async def latest(self, request: web.Request, access: Access) -> web.Response:
        """Answer the latest telemetry of any devices."""
        asked, latest = asked_telemetry(request), self._latest(request)
        known = {device.id: device for device in self._devices()}
        found = {device_id: self._readable(device_id, known) for device_id in asked}
        told = {
            device_id: entries
            for device_id, device in found.items()
            if device is not None and (entries := latest.of(device, asked[device_id], access)) is not None
        }
        return self._told(told)

    def _told(self, body: Mapping[str, Any]) -> web.Response:
        return answer({"telemetry": body} if self.switches.wrapper else body)

    def _latest(self, request: web.Request) -> Latest:
        return Latest(self.account.telemetry, self.switches, self.account.clock(), asked_relevance(request))

    def _readable(self, device_id: str, known: Mapping[str, Device]) -> Device | None:
        """Return a device whose telemetry may be read, and None for one to be left out; others refuse the call."""
        if device_id not in known:
            if self.switches.unknown_device == "absent":
                return None
            raise unknown_device(device_id, self.switches.unknown_device)
        if device_id in self.account.forbidden:
            if self.switches.forbidden_device == "absent":
                return None
            raise forbidden_device(device_id, self.switches.forbidden_device)
        return known[device_id]

    def _sites(self) -> list[Site]:
        if self.switches.old_sites_only:
            return []
        shown = (site for site in self.account.sites.values() if not site.archived or self._shows_archived)
        return sorted(shown, key=lambda site: site.id)

    @property
    def _shows_archived(self) -> bool:
        return self.switches.archived == "flagged"

    def _devices(self) -> list[Device]:
        if self.switches.old_sites_only:
            return []
        return sorted(self.account.devices.values(), key=lambda device: device.id)

    def _site(self, request: web.Request) -> Site:
        for site in self._sites():
            if site.id == request.match_info["site"]:
                return site
        raise unknown_site()

    def _device(self, request: web.Request) -> Device:
        device_id, site_id = request.match_info["device"], request.match_info.get("site")
        for device in self._devices():
            if device.id == device_id and site_id in (None, device.site_id):
                return device
        raise unknown_device(device_id)

    def _written(self, device: Device, access: Access, expand: tuple[str, ...]) -> dict[str, Any]:
        site = self.account.sites.get(device.site_id)
        return self.shapes.device(device, site, access, expand, self.account.clock())

    def _listed(self, request: web.Request, key: str, rows: list[Any]) -> web.Response:
        return answer({key: asked_page(request, self.switches).of(rows), **self._count(rows)})

    def _count(self, rows: Iterable[Any]) -> dict[str, int]:
        return {"total_count": len(list(rows))} if self.switches.total_count else {}
