"""What a test does to a running Eniris service, and what it may know about it."""

from datetime import datetime, timedelta
from typing import Any

from ..misreadings import Misreading
from ..simulator import Simulator
from .accounts import USERNAME, User
from .fields import Value
from .house_names import DATABASE, GATEWAY, SITE
from .nodes import MINUTE, Installation, Node
from .offices import submeter
from .rows import Archive, Span
from .tokens import Tokens

_MICROSECOND = timedelta(microseconds=1)


class Manipulations(Simulator):
    """The controls of the Eniris simulator; devices are named by their `nodeId`."""

    users: dict[str, User]
    nodes: list[Node]
    archive: Archive
    tokens: Tokens

    def node(self, node_id: str) -> Node:
        """Return a device."""
        return next(node for node in self.nodes if node.node_id == node_id)

    def add_device(
        self,
        node_id: str = f"{GATEWAY}-Added-0000EXAMPLE0800",
        name: str = "New meter",
        *,
        node_type: str = "powerMeter",
        of: str = "kitchen",
        share: float = 0.25,
        parent: str = SITE,
    ) -> Node:
        """Install a power meter on a share of one of the office's loads."""
        place = Installation(DATABASE, GATEWAY, 1 + max(node.id for node in self.nodes), self._now())
        node = submeter(place, node_id, name, parent, self.world.submeter(node_id, of, share))
        node.properties["nodeType"] = node_type
        self.nodes.append(node)
        return node

    def remove_device(self, node_id: str) -> None:
        """Remove a device, and with it the right to read its rows."""
        self.nodes.remove(self.node(node_id))

    def rename(self, node_id: str, name: str) -> None:
        """Give a device another name."""
        self.set_property(node_id, "name", name)

    def set_property(self, node_id: str, name: str, value: Any) -> None:
        """Set any property of a device."""
        node = self.node(node_id)
        node.properties = node.properties | {name: value}
        node.updated = self._now()

    def hide(self, node_id: str, *properties: str) -> None:
        """Let the user not read these properties of a device any more."""
        self.node(node_id).hidden |= set(properties)

    def show(self, node_id: str, *properties: str) -> None:
        """Let the user read these properties of a device again."""
        self.node(node_id).hidden -= set(properties)

    def take_rights(self, node_id: str) -> None:
        """Let the user not read a device's rows any more; it is still listed."""
        self.node(node_id).readable = False

    def give_rights(self, node_id: str) -> None:
        """Let the user read a device's rows again."""
        self.node(node_id).readable = True

    def expel(self, username: str = USERNAME) -> None:
        """Take all roles from a user, whose every question to the API is then refused with 403."""
        self.users[username].member = False

    def admit(self, username: str = USERNAME) -> None:
        """Give a user their role again."""
        self.users[username].member = True

    def change_password(self, password: str, username: str = USERNAME) -> None:
        """Change a password; tokens are not touched."""
        self.users[username].password = password

    def revoke_refresh_tokens(self, username: str | None = None) -> None:
        """Revoke all refresh tokens (of a user); access tokens work until they expire, unless switched otherwise."""
        self.tokens.revoke_all("refresh", username)

    def revoke_access_tokens(self, username: str | None = None) -> None:
        """Revoke all access tokens (of a user)."""
        self.tokens.revoke_all("access", username)

    def silence(self, node_id: str, since: datetime | None = None) -> None:
        """Let a device write no more rows."""
        self.node(node_id).changes.silent_since = since or self.clock()

    def resume(self, node_id: str) -> None:
        """End a device's silence: the rows of that time are there too, as if they had been kept back."""
        self.node(node_id).changes.silent_since = None

    def lose_rows(self, node_id: str, start: datetime, end: datetime) -> None:
        """Let the rows in [start, end) never arrive."""
        self.node(node_id).changes.missing.append((start, end))

    def delay_rows(self, node_id: str, start: datetime, end: datetime, until: datetime) -> None:
        """Let the rows in [start, end) arrive only at `until`."""
        self.node(node_id).changes.late.append((start, end, until))

    def double_rows(self, node_id: str, start: datetime, end: datetime) -> None:
        """Let the rows in [start, end) be there twice."""
        self.node(node_id).changes.doubled.append((start, end))

    def correct(self, node_id: str, field: str, time: datetime, value: Value) -> None:
        """Give a field another value in the row (of all policies) at this time."""
        self.node(node_id).changes.corrected[field, time] = value

    def misread(self, node_id: str, field: str, misreading: Misreading) -> None:
        """Let a field be wrong for a while in some rows (of all policies)."""
        self.node(node_id).changes.misread.append((field, misreading))

    def reset_registers(self, node_id: str, at: datetime | None = None) -> None:
        """Let a device's registers begin at 0 again, as a new meter's do; its deltas go on."""
        self.node(node_id).changes.resets.append(at or self.clock())

    def say(self, node_id: str, field: str, value: Value, since: datetime | None = None) -> None:
        """Let a field, for instance a status text, have this value from now on."""
        self.node(node_id).changes.said.append((field, since or self.clock(), value))

    def newest(self, node_id: str, field: str, policy: str = MINUTE) -> tuple[datetime, Value] | None:
        """Return the time and value of a field's newest row that the service has now."""
        node = self.node(node_id)
        for series in node.series or ():
            if series.policy == policy and field in series.fields:
                rows = self.archive.rows(node, series, [field], Span(self.clock()), descending=True)
                row = next(rows, None)
                if row is not None:
                    microseconds = row.time // 1_000
                    return datetime.fromtimestamp(0, self.world.epoch.tzinfo) + microseconds * _MICROSECOND, row.values[
                        0
                    ]
        return None

    def _now(self) -> datetime:
        return self.clock().replace(microsecond=0)
