from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from fairgate.rehearsal.copies import Copy, make_copy
from fairgate.testing.cast import Concert


@pytest.fixture
def copy(concert: Concert) -> Copy:
    return make_copy(concert.event)


def rows_of_all_tables() -> dict[str, Any]:
    """How many there are, and what they say, so that a changed row is seen too."""
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor))
        found = {}
        for table in tables:
            cursor.execute(f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
            found[table] = cursor.fetchone()
    return found
