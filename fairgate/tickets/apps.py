from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "fairgate.tickets"
    default_auto_field = "django.db.models.BigAutoField"
