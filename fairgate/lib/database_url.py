"""A database's URL in its parts. Of several servers in one, as libpq takes them, urlsplit refuses IPv6 addresses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True)
class DatabaseUrl:
    """As it is written, nothing decoded. `hosts` is HOST:PORT, or several with commas between them."""

    scheme: str
    login: str
    hosts: str
    path: str
    options: str

    @property
    def ports(self) -> list[str]:
        return [host.rpartition("]")[2].partition(":")[2] for host in self.hosts.split(",")]

    @property
    def password(self) -> str | None:
        """From before the hosts or from among the options."""
        _user, has_password, password = self.login.partition(":")
        return unquote(password) if has_password else self.option("password")

    def option(self, name: str) -> str | None:
        """The last one counts."""
        return dict(parse_qsl(self.options)).get(name)

    def __str__(self) -> str:
        login = f"{self.login}@" if self.login else ""
        options = f"?{self.options}" if self.options else ""
        return f"{self.scheme}://{login}{self.hosts}{self.path}{options}"


def parse(url: str) -> DatabaseUrl:
    scheme, _, rest = url.partition("://")
    rest, _, options = rest.partition("?")
    place, slash, name = rest.partition("/")
    login, _, hosts = place.rpartition("@")
    return DatabaseUrl(scheme.lower(), login, hosts, slash + name, options)


def without_password(url: str) -> str:
    """libpq takes a password among the options too."""
    parts = parse(url)
    options = [option for option in parts.options.split("&") if not option.partition("=")[0].endswith("password")]
    return str(replace(parts, login=parts.login.partition(":")[0], options="&".join(options)))
