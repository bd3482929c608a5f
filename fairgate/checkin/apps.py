from django.apps import AppConfig


class CheckinConfig(AppConfig):
    name = "fairgate.checkin"
    default_auto_field = "django.db.models.BigAutoField"
