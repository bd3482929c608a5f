from django.apps import AppConfig

from fairgate.console import recent_errors


class ConsoleConfig(AppConfig):
    name = "fairgate.console"

    def ready(self) -> None:
        recent_errors.listen()
