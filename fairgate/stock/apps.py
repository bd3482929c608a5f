from django.apps import AppConfig


class StockConfig(AppConfig):
    name = "fairgate.stock"
    default_auto_field = "django.db.models.BigAutoField"
