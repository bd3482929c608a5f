"""Why there is no rehearsal: a sentence for whoever asked for it."""

from __future__ import annotations


class CannotRehearse(Exception):
    pass


class UnknownEvent(CannotRehearse):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no event {name}; write ORGANIZER/EVENT as in its address, such as riverside/rush.")


class NothingOnSale(CannotRehearse):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no ticket type with places; add one before you rehearse its sale.")


class NoDatabase(CannotRehearse):
    def __init__(self, error: Exception) -> None:
        reason = str(error).partition("\n")[0]
        super().__init__(f"The installation's database cannot be reached ({reason}); look at FAIRGATE_DATABASE_URL.")


class OneAtATime(CannotRehearse):
    def __init__(self) -> None:
        super().__init__("Another rehearsal runs here; wait until it has ended, or stop it.")
