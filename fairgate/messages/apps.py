from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "fairgate.messages"
    label = "fairgate_messages"  # django.contrib.messages has the plain one
    default_auto_field = "django.db.models.BigAutoField"
