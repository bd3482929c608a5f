from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "fairgate.events"
    default_auto_field = "django.db.models.BigAutoField"
