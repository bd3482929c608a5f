"""Line icons on a grid of 24, drawn in the color of the text beside them. Alone they carry a label."""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

PATHS = {
    "alert": "M12 3 2.5 20h19L12 3Zm0 7v4.5m0 3v.1",
    "arrow-left": "M20 12H4m6-6-6 6 6 6",
    "arrow-right": "M4 12h16m-6-6 6 6-6 6",
    "calendar": "M4 6h16v14H4V6Zm0 5h16M8 3v5m8-5v5",
    "card": "M3 6h18v12H3V6Zm0 4h18M7 15h3",
    "chart": "M4 20h16M7 20v-7m5 7V5m5 15v-10",
    "check": "m4.5 12.5 5 5 10-11",
    "chevron": "m9 5 7 7-7 7",
    "circle-check": "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm-4 9.5 3 3 5.5-6.5",
    "clock": "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm0 4.5V12l3 2.5",
    "close": "M6 6l12 12M18 6 6 18",
    "copy": "M9 9h11v11H9V9Zm-4 6H4V4h11v1",
    "download": "M12 4v11m-5-4.5 5 5 5-5M4 20h16",
    "edit": "m4 20 1-4L16.5 4.5l3 3L8 19l-4 1Z",
    "gate": "M4 21V5l8-2 8 2v16M9 21v-8h6v8M2 21h20",
    "help": "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm-2.5 6.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7m0 3v.1",
    "home": "m3 11 9-8 9 8M6 9v11h12V9",
    "info": "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm0 8v5.5m0-9v.1",
    "list": "M8 6h12M8 12h12M8 18h12M4 6h.1M4 12h.1M4 18h.1",
    "lock": "M6 11h12v9H6v-9Zm2.5 0V8a3.5 3.5 0 0 1 7 0v3",
    "mail": "M3 6h18v13H3V6Zm0 1 9 7 9-7",
    "minus": "M5 12h14",
    "person": "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM4 21a8 8 0 0 1 16 0",
    "people": "M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7ZM2.5 20a6.5 6.5 0 0 1 13 0M15.5 5.3a3.5 3.5 0 0 1 0 6.4"
    "M18 15a6.5 6.5 0 0 1 3.5 5",
    "pin": "M12 21s7-6.2 7-11.3A7 7 0 0 0 5 9.7C5 14.8 12 21 12 21Zm0-8.8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
    "plus": "M12 5v14M5 12h14",
    "print": "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7v-6Z",
    "search": "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Zm5 11.5L20 20",
    "settings": "M4 7h9m5 0h2M4 17h2m5 0h9M13 4.5v5m-7 5v5",
    "ticket": "M3 7h18v3.5a1.8 1.8 0 0 0 0 3.5V17H3v-3a1.8 1.8 0 0 0 0-3.5V7Zm11 0v2m0 2v2m0 2v2",
}


@cache
def icon(name: str, label: str = "") -> Markup:
    naming = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {}><path d="{}"/></svg>'
    ).format(naming, PATHS[name])
