"""What OpenTelemetry's own variables say about traces. Where spans go is read by its exporter itself."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL, SAMPLER = "http/protobuf", "parentbased_traceidratio"
SHARE, EXPORTER = "0.01", "opentelemetry.exporter.otlp.proto.http"


def share(environ: Mapping[str, str]) -> float:
    """Of all requests, those that are traced; 0: none are. Raises ValueError with a sentence for the operator."""
    endpoint = next((name for name in ENDPOINTS if environ.get(name)), None)
    if endpoint is None or _is_off(environ):
        return 0.0
    if urlsplit(environ[endpoint]).scheme not in ("http", "https"):
        raise ValueError(f"{endpoint} must be a URL starting with http:// or https://.")
    protocol = next((name for name in PROTOCOLS if environ.get(name)), None)
    if protocol and environ[protocol] != PROTOCOL:
        raise ValueError(f"{protocol} must be {PROTOCOL}, the one in which Fairgate sends its traces.")
    if environ.get("OTEL_TRACES_SAMPLER", SAMPLER) != SAMPLER:
        raise ValueError(f"OTEL_TRACES_SAMPLER must be {SAMPLER}; OTEL_TRACES_SAMPLER_ARG says which share is traced.")
    found = _fraction(environ.get("OTEL_TRACES_SAMPLER_ARG") or SHARE)
    if found and not _is_installed():
        raise ValueError(f"{endpoint} is set, but the package that sends traces is missing; install fairgate[otel].")
    return found


def _is_off(environ: Mapping[str, str]) -> bool:
    return environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"


def _fraction(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ValueError("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, such as 0.01 for one in a hundred.")
    return found


def _is_installed() -> bool:
    try:
        return find_spec(EXPORTER) is not None and find_spec("opentelemetry.sdk.trace") is not None
    except ModuleNotFoundError:
        return False
