"""Operators add organizers with their first owner, and read who did what."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from fairgate.accounts.read_only import ReadOnlyAdmin
from fairgate.lib import addresses
from fairgate.lib.cache import scopes
from fairgate.organizers.models import AuditEntry, Membership, Organizer
from fairgate.outbox import generations


class OrganizerForm(forms.ModelForm[Organizer]):
    class Meta:
        model = Organizer
        fields = ("slug", "name", "email", "accent", "time_zone", "currency", "bank_details")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if addresses.is_reserved(slug):
            raise forms.ValidationError("Fairgate uses this address itself. Choose another one.")
        return slug


class MembershipInline(admin.TabularInline[Membership, Organizer]):
    model = Membership
    extra = 1
    fields = ("user", "role")
    raw_id_fields = ("user",)


@admin.register(Organizer)
class OrganizerAdmin(admin.ModelAdmin[Organizer]):
    form = OrganizerForm
    inlines = (MembershipInline,)
    list_display = ("name", "slug", "email", "created_at")
    search_fields = ("name", "slug", "email")
    ordering = ("name",)

    def save_model(self, request: HttpRequest, obj: Organizer, form: OrganizerForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for slug in {form.initial.get("slug", obj.slug), obj.slug}:
            generations.bump(*scopes.of_organizer(slug))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "action", "subject_type", "subject_id", "organizer", "by", "request_id")
    list_select_related = ("organizer", "by")
    list_filter = ("action",)
    ordering = ("-id",)
