from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from fairgate.console.words import lazy_gettext as _
from fairgate.events.models import Event
from fairgate.files.encoding import MOST_BYTES, Encoded, encode
from fairgate.files.errors import BadPicture

TOO_LARGE = _("This file is larger than 8 MB. Make it smaller, then choose it again.")


class PictureInput(forms.FileInput):
    def __init__(self) -> None:
        # Phones turn what they keep in another format into one of these.
        super().__init__({"accept": "image/jpeg,image/png,image/webp", "data-most-bytes": MOST_BYTES})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, {**(attrs or {}), "data-too-large": str(TOO_LARGE)})


class PictureForm(forms.Form):
    picture = forms.FileField(
        label=_("Picture"), allow_empty_file=True, widget=PictureInput,
        error_messages={"required": _("Choose a picture.")},
        help_text=_(
            "JPEG, PNG or WebP, up to 8 MB. Pages cut it to fit, so what matters belongs in the middle. Where and with "
            "what it was taken is not passed on."
        ),
    )  # fmt: skip
    alt = forms.CharField(
        label=_("What it shows, in words"), max_length=300, required=False,
        help_text=_(
            "For people who do not see it, such as “The band on the stage of the town hall”. Left empty, it counts as "
            "decoration."
        ),
    )  # fmt: skip

    def __init__(self, data: Any = None, files: Any = None, *, event: Event) -> None:
        shown = event.picture
        super().__init__(data, files, initial={"alt": shown.alt if shown else ""})
        if shown:
            self.fields["picture"].required = False
            self.fields["picture"].label = _("Another picture")

    def clean_picture(self) -> Encoded | None:
        """None: only the words change."""
        file: UploadedFile | None = self.cleaned_data["picture"]
        if file is None:
            return None
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        try:
            return encode(file)
        except BadPicture as error:
            raise forms.ValidationError(error.message) from error
