from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "fairgate.core"

    def ready(self) -> None:
        from fairgate.core import statements as _statements  # noqa: F401 (connects itself, once there are apps)
