"""The pictures of events, out of the storage; the door and browsers keep them.

They come through here also from S3, rather than by a redirect: the bucket can stay closed, the content policy stays at
'self', no page that is kept carries an address that ends, and a storage that is slow can take two threads and no more.
"""

from __future__ import annotations

import threading

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse

from fairgate.files.encoding import is_whole_webp
from fairgate.files.errors import StorageAway
from fairgate.files.models import file_name
from fairgate.lib import logs
from fairgate.shop.access import read_only

# The address says the content.
KEPT = "public, max-age=31536000, immutable"
AT_A_TIME = 2
PATIENCE_S = 2
_turns = threading.BoundedSemaphore(AT_A_TIME)


@read_only
def picture(request: HttpRequest, key: str, width: str) -> HttpResponse:
    if request.META.get("QUERY_STRING"):
        raise Http404  # One picture has one address, so that nobody fills the door's cache with it.
    if not _turns.acquire(timeout=PATIENCE_S):
        return _away("busy")
    try:
        with default_storage.open(file_name(key, int(width))) as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404 from error
    except StorageAway as error:
        return _away(str(error))
    finally:
        _turns.release()
    if not is_whole_webp(content):
        return _away("no whole picture")
    return HttpResponse(content, content_type="image/webp", headers={"Cache-Control": KEPT})


def _away(reason: str) -> HttpResponse:
    """The page around it shows its words instead."""
    logs.log.warning("picture_not_shown", error=reason)
    return HttpResponse(status=503, headers={"Retry-After": "5"})
