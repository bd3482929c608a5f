"""What each role may do. Every page of the console asks for one of these."""

from __future__ import annotations

from enum import Enum, auto

from fairgate.organizers.models import Role


class Permission(Enum):
    SEE_SALES = auto()
    EDIT_EVENTS = auto()
    SEE_ORDERS = auto()
    CHANGE_ORDERS = auto()
    OPEN_GATE = auto()
    REVOKE_GATES = auto()
    MANAGE_TEAM = auto()


SALES = frozenset({Permission.SEE_SALES, Permission.SEE_ORDERS, Permission.CHANGE_ORDERS})

GRANTED: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MANAGER: SALES | {Permission.EDIT_EVENTS, Permission.OPEN_GATE, Permission.REVOKE_GATES},
    Role.FINANCE: SALES,
    Role.GATE: frozenset({Permission.OPEN_GATE}),
}


def may(role: str, permission: Permission) -> bool:
    return permission in GRANTED[role]
